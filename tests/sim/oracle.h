// Oracle: what must be true of the spaces, kept from what the proxy made durable and from what the
// clients were promised. It knows the events only as lines, and lib/ not at all.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/dice.h"
#include "sim/model.h"
#include "sim/world.h"

namespace offsync::sim {

// Events are named by their identity wherever nothing else is said.
class Oracle {
 public:
  explicit Oracle(World& world) : world_(world) {}

  // --- the proxy --------------------------------------------------------------------------------
  // An event is durable in the log. `known_from`: the proxy that appended it remembers the events
  // behind that sequence; absent: those since restarted().
  void appended(const std::string& space, std::uint64_t sequence, const std::string& line,
                std::optional<std::uint64_t> known_from = {});
  // The proxy told somebody that the event is in the log there.
  void accepted(const std::string& space, const std::string& identity, std::uint64_t sequence);
  // What a proxy that starts finds in its store.
  void found(const std::string& space, std::uint64_t sequence, const std::string& line);
  void found_end(const std::string& space, std::uint64_t head);
  // A proxy has started, and remembers nothing but its store.
  void restarted();
  // Lines of the log up to there may be gone from the store.
  void compacted(const std::string& space, std::uint64_t upto);
  // Somebody threw the store away.
  void wiped() { put_back({}); }
  // The logs as they are; and that these are there again.
  using Logs = std::map<std::string, std::vector<EventPtr>>;
  Logs logs() const;
  void put_back(const Logs& logs);

  std::uint64_t head(const std::string& space) const { return log(space).size(); }
  const std::vector<EventPtr>& log(const std::string& space) const;
  EventPtr find(const std::string& space, const std::string& identity) const;
  // Each time the store is thrown away or put back, its logs have another life, whatever epoch they
  // bear then. A log of a former life is as it was at the end of that.
  std::uint64_t life() const { return past_.size(); }
  Log log(const std::string& space, std::uint64_t life) const;
  // Was in a log that is no more.
  bool lost(const std::string& identity) const { return lost_.contains(identity); }

  // --- the clients ------------------------------------------------------------------------------
  // What some client has must not get lost, unless a person gives it up.
  void given_up(const std::string& identity) { given_up_.insert(identity); }
  bool is_given_up(const std::string& identity) const { return given_up_.contains(identity); }
  // An event as its author's replica has it.
  void emitted(const Event& event);
  // For all that it writes, or deletes, the event whose value its author saw there (or none). Of a
  // counter that it deletes, the latest increment.
  using Seen = std::map<Target, EventPtr>;
  void saw(const Event& event, Seen seen) { seen_[event.identity()] = std::move(seen); }
  EventPtr parse(const std::string& line);

  // Lines of the log in another order and some of them twice: P6 has them give the same state.
  std::vector<std::string> shuffled(const std::string& space, Dice& dice) const;

  // At the end: what is expected of the last event.
  void finish();

 private:
  struct Space {
    std::vector<EventPtr> log;
    std::map<std::string, std::vector<EventPtr>> by_subject;
    std::unordered_map<std::string, EventPtr> by_identity;
    std::set<std::string> ids;
    std::map<std::string, std::uint64_t> marks;
    std::string given;  // the latest stamp that the proxy has given, without its node
    // Of the event that was appended last, its conflicts aside.
    EventPtr last;
    bool exact = false;
    std::map<Target, std::string> expected, got;  // who wins
    std::set<std::string> unchecked;              // fields
    std::uint64_t compacted = 0, remembered_from = 0;
  };
  void expect_conflicts(Space& space, const EventPtr& event);
  void expect_of_edit(Space& space, const Event& event, const History& before);
  void expect_of_delete(Space& space, const Event& event, const History& before);
  bool unseen(const Event& event, const Target& target, const Event& current) const;
  bool known_anyway(Space& space, const Event& event, const Target& target, EventPtr author) const;
  EventPtr stated(const Event& author, const Target& target) const;
  bool stated_all(const Event& author, const Event& event) const;
  bool overrules(const Event& event, const Target& target, const History& before) const;
  void check_conflicts(Space& space);
  void take_conflict(Space& space, const EventPtr& event);
  Space& of(const std::string& space) { return spaces_[space]; }

  World& world_;
  std::map<std::string, Space> spaces_;
  std::vector<Logs> past_;                          // by life
  std::map<std::string, std::uint64_t> compacted_;  // by space, in any life
  std::set<std::string> lost_, given_up_;
  std::unordered_map<std::string, Seen> seen_;  // by event
  std::unordered_map<std::string, EventPtr> parsed_;
  std::unordered_map<std::string, std::string> last_stamp_;  // by node
};

}  // namespace offsync::sim
