// Decoder: the one gate through which every event comes, when it is emitted and when it is
// received. It parses, checks every limit and brings the event into canonical form.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "event/event.h"

namespace offsync {

// Bytes that must be readable behind a line given to decode_in_place().
inline constexpr std::size_t kDecodePadding = 64;

// Reusable; not thread-safe. Codes of its errors (all Errc::bad_data):
//   malformed        not JSON, not an object, bad UTF-8, trailing text, wrong type of an attribute
//   duplicate_name   a name twice in one object
//   too_large        a line, a name, an id or a value over its limit
//   too_deep         nesting over limits::kDepth
//   missing          a required attribute is absent (specversion id source type subject)
//   bad_attribute    an attribute has a value that it may not have (specversion not 1.0, a stamp or
//                    time that cannot be read, control characters, a subject not kind/id ...)
//   bad_number       a number that could not be kept exactly
//   bad_operation    operations that contradict each other (a field twice, create and delete ...)
class Decoder {
 public:
  Decoder();
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  // The event of `line`. The view is valid until the next call; it does not point into `line`.
  Result<const EventView*> decode(std::string_view line);

  // The same without a copy: kDecodePadding bytes behind the line must be readable, and `line`
  // must live as long as the view is used.
  Result<const EventView*> decode_in_place(std::string_view line);

  // decode() of a line that is still to be completed: specversion, id and source may be absent, and
  // are then empty.
  Result<const EventView*> decode_partial(std::string_view line);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// What an event must be, beyond what a Decoder takes, to come into a log. Earlier versions took
// more, and what is in a log stays readable; so whoever takes a new event asks this too, and nobody
// else.
//   reserved_type, reserved_source  which are the proxy's own (event/reserved.h)
//   bad_attribute   a character that CloudEvents forbids in an attribute (C0, C1, noncharacters); a
//                   time of :60 where no leap second can be
//   bad_operation   the same in a field's name; an element of a set in two spellings
Status check_new(const EventView& event);

// The checks of single attributes, for arguments on a command line. Same codes as above.
Status check_subject(std::string_view subject);
Status check_type(std::string_view type);
Status check_source(std::string_view source);
// For a name that we give ourselves: a URI reference (RFC 3986), and not the proxy's.
Status check_own_source(std::string_view source);
Status check_field_name(std::string_view name);

}  // namespace offsync
