// The entities that were lately decided about, as the log's head has them. Bounded by the size of
// their records; the least recently used go first. Belongs to one thread.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "state/entity.h"

namespace offsync::proxy {

class EntityCache {
 public:
  struct Item {
    Entity entity;
    std::size_t bytes = 0;  // of its record
  };

  explicit EntityCache(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  // Takes it out: whoever changes an entity puts it back when the change is durable.
  std::optional<Item> take(std::string_view space, std::string_view subject);
  void put(std::string_view space, std::string_view subject, Item item);
  void drop(std::string_view space);
  void clear();

  std::size_t size() const { return by_key_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Slot {
    std::string key;
    Item item;
  };
  using Slots = std::list<Slot>;
  void erase(Slots::iterator slot);

  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  Slots slots_;                                                   // the most recently used first
  std::unordered_map<std::string_view, Slots::iterator> by_key_;  // views of Slot::key
};

}  // namespace offsync::proxy
