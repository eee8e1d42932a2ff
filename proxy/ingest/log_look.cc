#include "proxy/ingest/log_look.h"

namespace offsync::proxy {
namespace {

std::string key_of(std::string_view space, const Stamp& stamp) {
  return stamp.text().append(space);
}

}  // namespace

void RecentEvents::note(std::string_view space, const EventView& event) {
  const auto [it, fresh] = by_key_.try_emplace(key_of(space, event.stamp));
  it->second = {std::string(event.source), std::string(event.id)};
  if (!fresh) return;
  order_.push_back(it->first);
  if (order_.size() <= most_) return;
  by_key_.erase(order_.front());
  order_.pop_front();
}

const RecentEvents::Identity* RecentEvents::at(std::string_view space, const Stamp& stamp) const {
  const auto it = by_key_.find(key_of(space, stamp));
  return it == by_key_.end() ? nullptr : &it->second;
}

const EventView* StoredLook::event_of(std::string_view source, std::string_view id) {
  if (!status_ || left_-- <= 0) return nullptr;
  const auto known = find_(source, id);
  if (!known) {
    status_ = known.error();
    return nullptr;
  }
  // Of one that was compacted nobody knows any more what its author had seen.
  if (!*known || (*known)->line.empty()) return nullptr;
  const auto event = decoder_.decode((*known)->line);
  return event ? *event : nullptr;
}

const EventView* StoredLook::event_at(const Stamp& stamp) {
  const RecentEvents::Identity* identity = recent_.at(space_, stamp);
  return identity == nullptr ? nullptr : event_of(identity->source, identity->id);
}

}  // namespace offsync::proxy
