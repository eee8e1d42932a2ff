// State: the fold of a whole log in memory. Grows with the entities, not with the events.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "state/entity.h"

namespace offsync {

class State {
 public:
  // Events without a stamp or a write do nothing.
  void fold(const EventView& event) { fold(std::span(&event, 1)); }

  // The same for many events, in order. Folding is waiting for memory; a batch of 64 or more asks
  // for the memory of all its events before it uses that of the first.
  void fold(std::span<const EventView> events);

  // Joins the entity of a snapshot.
  void put(std::string_view subject, const Entity& entity);

  const Entity* find(std::string_view subject) const;
  std::size_t size() const { return nodes_.size(); }
  // All entities, living or not, in byte order of subject.
  std::vector<std::pair<std::string_view, const Entity*>> sorted() const;

 private:
  struct Node {
    std::string subject;
    Entity entity;
  };
  // Open addressing with linear probing (Knuth, TAOCP 3, 6.4, algorithm L), at most half full.
  struct Slot {
    std::size_t hash = 0;
    Node* node = nullptr;
  };
  static std::size_t hash_of(std::string_view subject) {
    return std::hash<std::string_view>{}(subject);
  }
  std::size_t slot_of(std::size_t hash, std::string_view subject) const;
  Entity& entity(std::size_t hash, std::string_view subject);
  void grow();

  std::deque<Node> nodes_;
  std::vector<Slot> slots_;
  std::vector<std::size_t> hashes_;  // of the batch
  std::vector<Entity*> targets_;
};

}  // namespace offsync
