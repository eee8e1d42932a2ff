// The meaning of events, written apart from lib/: an entity is the list of its events, and whatever
// is asked of it is worked out from all of them, every time.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace offsync::sim {

// What can be written and can conflict: a register, or one element (a JSON text) of a set.
struct Target {
  std::string field, element;
  friend auto operator<=>(const Target&, const Target&) = default;
  std::string text() const { return element.empty() ? field : field + "[" + element + "]"; }
};

struct Event {
  std::string line, id, source, type, subject, time, stamp, causation, recordedtime;
  std::uint64_t sequence = 0, clientseq = 0;
  bool create = false, del = false;
  std::map<std::string, std::string> set;  // JSON texts, here and below
  std::set<std::string> unset;
  std::map<std::string, std::int64_t> inc;
  std::map<std::string, std::set<std::string>> add, remove;
  bool has_base = false;
  // Of an offsync.conflict.
  std::string field, element, winner;

  // Two sources may use one id.
  std::string identity() const { return source + " " + id; }
  std::string node() const { return stamp.size() == 34 ? stamp.substr(18) : ""; }
  std::int64_t stamp_ms() const;
  // Of two writes the greater one wins.
  std::array<std::string, 3> order() const { return {stamp, id, source}; }
  bool is_conflict() const { return type == "offsync.conflict"; }
  std::set<Target> targets() const;
  bool writes(const Target& target) const;
  // The JSON text that the event gives the register, or the element if it adds it; empty: none.
  std::string value_of(const Target& target) const;
  // The line without what the proxy adds.
  std::string content() const;
};
using EventPtr = std::shared_ptr<const Event>;

// Throws std::exception where the line is none.
EventPtr parse_event(const std::string& line);

// Some events of one entity, each once.
class History {
 public:
  void add(EventPtr event);
  bool lives() const;
  // The entity as a person sees it, {"subject":…,"fields":{…}}; nothing where it does not live.
  std::optional<std::string> shown() const;
  // The write that counts, unless a delete hides it.
  EventPtr writer(const Target& target) const;
  // The latest increment that counts.
  EventPtr counted(const std::string& field) const;
  // Everything that some event writes.
  std::set<Target> targets() const;
  // The latest delete, if there is one.
  EventPtr deleter() const;
  std::string latest_create() const;  // its stamp; empty: none
  std::set<std::string> counters() const;
  // Every register that some event writes.
  std::set<std::string> registers() const;

 private:
  std::string latest_delete() const;
  std::string register_value(const std::string& field) const;
  std::optional<std::int64_t> counter(const std::string& field) const;
  std::set<std::string> elements(const std::string& field) const;

  std::vector<EventPtr> events_;
  std::set<std::string> identities_;
};

// The beginning of a log, or all of it.
using Log = std::span<const EventPtr>;
using Entities = std::map<std::string, std::string>;  // subject -> shown line

// What follows from the log, and from `pending` on top.
History history_of(Log log, const std::string& subject, Log pending);
Entities state_of(Log log, Log pending);
// Ids of the conflicts that are open at its end.
std::set<std::string> open_conflicts_of(Log log);

}  // namespace offsync::sim
