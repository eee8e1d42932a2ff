#include "state/state.h"

#include <algorithm>

namespace offsync {

// The slot that holds `subject`, or the free one where it belongs. Precondition: there are slots.
std::size_t State::slot_of(std::size_t hash, std::string_view subject) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.node == nullptr || (slot.hash == hash && slot.node->subject == subject)) return at;
  }
}

void State::grow() {
  constexpr std::size_t kFirst = 1024;
  std::vector<Slot> old(std::max(kFirst, slots_.size() * 2));
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.node == nullptr) continue;
    std::size_t at = slot.hash & mask;
    while (slots_[at].node != nullptr) at = (at + 1) & mask;
    slots_[at] = slot;
  }
}

Entity& State::entity(std::size_t hash, std::string_view subject) {
  Slot& slot = slots_[slot_of(hash, subject)];
  if (slot.node != nullptr) return slot.node->entity;
  Node& node = nodes_.emplace_back(Node{std::string(subject), Entity{}});
  slot = {hash, &node};
  return node.entity;
}

void State::fold(std::span<const EventView> events) {
  while ((nodes_.size() + events.size()) * 2 > slots_.size()) grow();
  const std::size_t mask = slots_.size() - 1;
  hashes_.clear();
  for (const EventView& event : events) {
    hashes_.push_back(hash_of(event.subject));
    __builtin_prefetch(&slots_[hashes_.back() & mask]);
  }
  for (const std::size_t hash : hashes_) __builtin_prefetch(slots_[hash & mask].node);
  targets_.clear();
  for (std::size_t i = 0; i < events.size(); ++i) {
    const bool nothing = events[i].stamp.none() || !events[i].writes();
    targets_.push_back(nothing ? nullptr : &entity(hashes_[i], events[i].subject));
    if (!nothing) targets_.back()->prefetch_fields();
  }
  for (const Entity* target : targets_) {
    if (target != nullptr) target->prefetch_texts();
  }
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (targets_[i] != nullptr) targets_[i]->fold(events[i]);
  }
}

void State::put(std::string_view subject, const Entity& record) {
  while ((nodes_.size() + 1) * 2 > slots_.size()) grow();
  entity(hash_of(subject), subject).join(record);
}

const Entity* State::find(std::string_view subject) const {
  if (slots_.empty()) return nullptr;
  const Slot& slot = slots_[slot_of(hash_of(subject), subject)];
  return slot.node == nullptr ? nullptr : &slot.node->entity;
}

std::vector<std::pair<std::string_view, const Entity*>> State::sorted() const {
  std::vector<std::pair<std::string_view, const Entity*>> out;
  out.reserve(nodes_.size());
  for (const Node& node : nodes_) out.emplace_back(node.subject, &node.entity);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace offsync
