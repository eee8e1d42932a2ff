// Reads the `data` of an event: its operations, base and payload. Internal.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "event/canonical.h"
#include "event/event.h"

namespace offsync {

class Operations {
 public:
  void clear() {
    ops_.clear();
    bases_.clear();
  }
  // Fills ops, bases, create, del, base_given and data of `event`; its views are into the walker's
  // output, or into string buffers that live until the next read.
  bool read(canonical::Walker& walker, canonical::od::value data, EventView& event);

 private:
  bool read_object(canonical::od::object& object, EventView& event);
  bool read_member(std::string_view name, canonical::od::value value, EventView& event);
  bool read_flag(std::string_view name, canonical::od::value& value, bool& flag);
  bool read_fields(std::string_view what, canonical::od::value& value, OpKind kind);
  bool read_field(std::string_view field, canonical::od::value value, OpKind kind);
  bool read_elements(std::string_view field, canonical::od::value& value, OpKind kind);
  bool read_unset(canonical::od::value& value);
  bool read_base(std::string_view field, canonical::od::value value);
  bool read_element_bases(std::string_view field, canonical::od::value& value);
  bool bad_base(std::string_view field);
  bool sort_elements(std::size_t before);
  // Writes the array, and calls `each(element)` for the canonical text of each of its values.
  template <class Each>
  bool elements(canonical::od::array& array, int depth, const Each& each);
  // Runs `each(name, value)` over an object's members, writing names and punctuation.
  template <class Each>
  bool members(canonical::od::object& object, const Each& each);
  bool read_in_order(char* begin, EventView& event);
  bool check_name(std::string_view field);
  bool check(const EventView& event);

  canonical::Walker* walker_ = nullptr;
  std::vector<Op> ops_;
  std::vector<Base> bases_;
  std::vector<const Op*> by_field_;
  bool unordered_ = false;
  canonical::od::parser parser_;  // for data whose members came out of order
};

}  // namespace offsync
