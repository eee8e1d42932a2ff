#include "state/state.h"

#include <algorithm>

namespace offsync {

void State::fold(const EventView& event) {
  if (event.stamp.none() || !event.writes()) return;
  auto it = entities_.find(event.subject);
  if (it == entities_.end()) it = entities_.emplace(event.subject, Entity{}).first;
  it->second.fold(event);
}

void State::put(std::string_view subject, const Entity& entity) {
  entities_[std::string(subject)].join(entity);
}

const Entity* State::find(std::string_view subject) const {
  const auto it = entities_.find(subject);
  return it == entities_.end() ? nullptr : &it->second;
}

std::vector<std::pair<std::string_view, const Entity*>> State::sorted() const {
  std::vector<std::pair<std::string_view, const Entity*>> out;
  out.reserve(entities_.size());
  for (const auto& [subject, entity] : entities_) out.emplace_back(subject, &entity);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace offsync
