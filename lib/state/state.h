// State: the fold of a whole log in memory. Grows with the entities, not with the events.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "state/entity.h"

namespace offsync {

class State {
 public:
  // Events without a stamp or a write do nothing.
  void fold(const EventView& event);
  // Joins the entity of a snapshot.
  void put(std::string_view subject, const Entity& entity);

  const Entity* find(std::string_view subject) const;
  std::size_t size() const { return entities_.size(); }
  // All entities, living or not, in byte order of subject.
  std::vector<std::pair<std::string_view, const Entity*>> sorted() const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::unordered_map<std::string, Entity, Hash, std::equal_to<>> entities_;
};

}  // namespace offsync
