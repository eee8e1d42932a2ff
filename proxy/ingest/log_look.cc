#include "proxy/ingest/log_look.h"

namespace offsync::proxy {
namespace {

std::string key_of(std::string_view space, const Stamp& stamp) {
  return stamp.text().append(space);
}

}  // namespace

void RecentEvents::note(std::string_view space, const EventView& event) {
  put(key_of(space, event.stamp), {std::string(event.source), std::string(event.id)});
}

void RecentEvents::note(RecentEvents&& others) {
  for (std::string& key : others.order_) {
    Identity& identity = others.by_key_.find(key)->second;
    put(std::move(key), std::move(identity));
  }
  others = RecentEvents(others.most_);
}

void RecentEvents::put(std::string key, Identity identity) {
  const auto [it, fresh] = by_key_.insert_or_assign(std::move(key), std::move(identity));
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
  if (left_-- <= 0) return nullptr;
  const std::optional<KnownEvent>* known = find_(source, id);
  // Of one that was compacted nobody knows any more what its author had seen.
  if (known == nullptr || !*known || (*known)->line.empty()) return nullptr;
  const auto event = decoder_.decode((*known)->line);
  return event ? *event : nullptr;
}

const EventView* StoredLook::event_at(const Stamp& stamp) {
  for (const RecentEvents* recent : recent_) {
    if (const auto* identity = recent->at(space_, stamp)) {
      return event_of(identity->source, identity->id);
    }
  }
  return nullptr;
}

}  // namespace offsync::proxy
