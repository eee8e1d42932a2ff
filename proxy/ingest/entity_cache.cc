#include "proxy/ingest/entity_cache.h"

namespace offsync::proxy {
namespace {

constexpr std::size_t kSlotBytes = 256;  // what an entity costs beside its record, about

// A subject has no control characters, so this is one key for one pair.
std::string key_of(std::string_view space, std::string_view subject) {
  std::string key;
  key.reserve(space.size() + subject.size() + 1);
  return key.append(subject).append(1, '\n').append(space);
}

}  // namespace

std::optional<EntityCache::Item> EntityCache::take(std::string_view space,
                                                   std::string_view subject) {
  const auto it = by_key_.find(key_of(space, subject));
  if (it == by_key_.end()) return std::nullopt;
  std::optional<Item> item(std::move(it->second->item));
  erase(it->second);
  item->bytes -= kSlotBytes;
  return item;
}

void EntityCache::put(std::string_view space, std::string_view subject, Item item) {
  std::string key = key_of(space, subject);
  if (const auto it = by_key_.find(key); it != by_key_.end()) erase(it->second);
  item.bytes += kSlotBytes;
  bytes_ += item.bytes;
  slots_.push_front({std::move(key), std::move(item)});
  by_key_.emplace(slots_.front().key, slots_.begin());
  while (bytes_ > max_bytes_) erase(std::prev(slots_.end()));
}

void EntityCache::drop(std::string_view space) {
  for (auto slot = slots_.begin(); slot != slots_.end();) {
    const auto here = slot++;
    const std::string_view key = here->key;
    if (key.substr(key.find('\n') + 1) == space) erase(here);
  }
}

void EntityCache::clear() {
  by_key_.clear();
  slots_.clear();
  bytes_ = 0;
}

void EntityCache::erase(Slots::iterator slot) {
  bytes_ -= slot->item.bytes;
  by_key_.erase(slot->key);
  slots_.erase(slot);
}

}  // namespace offsync::proxy
