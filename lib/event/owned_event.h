// OwnedEvent: an event that outlives its decoder. What an EventView shows is copied once, and
// everything behind asks the same view: nothing has to be decoded again.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "event/event.h"

namespace offsync {

// Movable: views into it stay good, as long as it lives. To be read by any number of threads.
class OwnedEvent {
 public:
  OwnedEvent() = default;  // no event: content() is empty
  explicit OwnedEvent(const EventView& event);
  OwnedEvent(OwnedEvent&&) noexcept = default;
  OwnedEvent& operator=(OwnedEvent&&) noexcept = default;
  OwnedEvent(const OwnedEvent&) = delete;
  OwnedEvent& operator=(const OwnedEvent&) = delete;
  ~OwnedEvent() = default;

  const EventView& view() const { return view_; }
  const std::string& content() const { return content_; }  // encode_content(view())
  std::size_t bytes() const;                               // that it takes, about

  // Gives back what its operations, bases and extensions take, where that is more than its content
  // (512 operations of 7 bytes each): view() is then without them, and who asks for them decodes
  // content() again. So the room for many events is bounded by that of their contents.
  void economize();
  bool whole() const { return whole_; }

 private:
  std::size_t parts_bytes() const;
  // `data`: where what the views show now lies in the content's data as it is; empty: nowhere.
  void keep_texts(std::string_view data);
  std::string_view keep(std::string_view text, std::string_view data);

  std::string content_;
  std::vector<char> texts_;  // what does not stand in the content's data as it is
  std::vector<Op> ops_;
  std::vector<Base> bases_;
  std::vector<Extension> extensions_;
  EventView view_;
  bool whole_ = true;
};

}  // namespace offsync
