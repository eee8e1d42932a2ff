#include "sim/oracle.h"

namespace offsync::sim {

const std::vector<EventPtr>& Oracle::log(const std::string& space) const {
  static const std::vector<EventPtr> none;
  const auto it = spaces_.find(space);
  return it == spaces_.end() ? none : it->second.log;
}

Log Oracle::log(const std::string& space, std::uint64_t life) const {
  if (life == this->life()) return log(space);
  const auto it = past_[life].find(space);
  return it == past_[life].end() ? Log() : it->second;
}

EventPtr Oracle::find(const std::string& space, const std::string& identity) const {
  const auto at = spaces_.find(space);
  if (at == spaces_.end()) return nullptr;
  const auto it = at->second.by_identity.find(identity);
  return it == at->second.by_identity.end() ? nullptr : it->second;
}

EventPtr Oracle::parse(const std::string& line) {
  EventPtr& event = parsed_[line];
  if (!event) event = parse_event(line);
  return event;
}

void Oracle::appended(const std::string& name, std::uint64_t sequence, const std::string& line,
                      std::optional<std::uint64_t> known_from) {
  Space& space = of(name);
  space.remembered_from = known_from.value_or(space.remembered_from);
  if (sequence != space.log.size() + 1) {
    world_.violated(8, "{}: sequence {} was appended behind {}", name, sequence, space.log.size());
    return;
  }
  const EventPtr event = parse(line);
  world_.require(8, event->sequence == sequence, "a line bears another sequence than its entry");
  if (!space.by_identity.emplace(event->identity(), event).second) {
    world_.violated(3, "{}: event {} is in the log twice", name, event->identity());
  } else if (!space.ids.insert(event->id).second) {
    world_.count("ids used by two sources");
  }
  // What a log before this one had may be sent again by anybody, in no order with its author's own.
  if (event->clientseq != 0 && !lost(event->identity())) {
    std::uint64_t& mark = space.marks[event->source];
    if (event->clientseq <= mark) {
      world_.violated(4, "{}: clientseq {} of {} came behind {}", name, event->clientseq,
                      event->source, mark);
    }
    mark = event->clientseq;
  }
  // By its equal times known from one that a client sends again, with the time it once got.
  if (event->source.starts_with("/timeless/") && event->time == event->recordedtime) {
    const std::string given = event->stamp.substr(0, 17);
    if (given <= space.given) {
      world_.violated(9, "{}: the proxy gave the time {} after {}", name, given, space.given);
    }
    space.given = given;
    world_.count("times given by the proxy");
  }
  if (event->is_conflict()) {
    take_conflict(space, event);
  } else {
    check_conflicts(space);
    expect_conflicts(space, event);
    space.by_subject[event->subject].push_back(event);
  }
  space.log.push_back(event);
  world_.trace("log {} {} {}", name, sequence, event->id);
}

namespace {

// A producer without a clock of ours: of its events in one millisecond each has the same stamp.
bool is_foreign(const Event& event) {
  return event.source.starts_with("/sensor/") || event.source.starts_with("/timeless/");
}

// Who has seen a write has seen what its author wrote there before.
bool goes_on(const Event& seen, const Event& event) {
  return seen.node() == event.node() && seen.stamp > event.stamp;
}

}  // namespace

// What the author of an event could say that it saw there. A delete names of a set what it shows.
EventPtr Oracle::stated(const Event& author, const Target& target) const {
  const Seen& seen = seen_.at(author.identity());
  const auto at = seen.find(target);
  if (at == seen.end() || !at->second) return nullptr;
  const bool removed = !target.element.empty() && at->second->value_of(target).empty();
  return author.del && removed ? nullptr : at->second;
}

// Whether the author of `event` wrote without knowing of `current`, which another wrote.
bool Oracle::unseen(const Event& event, const Target& target, const Event& current) const {
  if (current.node() == event.node()) return false;
  // A producer that says nothing of what it saw surely has not seen what is later.
  if (!event.has_base) return current.stamp > event.stamp;
  const EventPtr seen = stated(event, target);
  if (!seen) return true;
  // A base names stamps: two writes of one producer in one millisecond are one to it.
  if (seen->identity() == current.identity() || seen->stamp == current.stamp) return false;
  return !goes_on(*seen, current);
}

// Whether `author`, whose write of the target was in the log first, knew of the event all the same,
// or has written over what somebody wrote who did. Where the proxy may have forgotten it, or we do
// not know, the field is not checked.
bool Oracle::known_anyway(Space& space, const Event& event, const Target& target,
                          EventPtr author) const {
  while (author->has_base) {
    const bool forgotten = author->sequence <= space.compacted;
    if (forgotten || !author->causation.empty() || !seen_.contains(author->identity())) {
      space.unchecked.insert(target.field);
      return false;
    }
    const EventPtr seen = stated(*author, target);
    if (seen && goes_on(*seen, event)) return true;
    if (!event.del && seen && seen->stamp == event.stamp) return true;
    if (stated_all(*author, event)) return true;
    if (!seen || seen->stamp < event.stamp || seen->stamp >= author->stamp) return false;
    const auto there = space.by_identity.find(seen->identity());
    if (there == space.by_identity.end()) return false;
    author = there->second;
    if (author->sequence <= space.remembered_from) {
      space.unchecked.insert(target.field);
      return false;
    }
  }
  return false;
}

// Whether any write of the event was seen, and so all of it.
bool Oracle::stated_all(const Event& author, const Event& event) const {
  if (is_foreign(event)) return false;
  for (const auto& [target, ignored] : seen_.at(author.identity())) {
    const EventPtr seen = stated(author, target);
    if (seen && seen->identity() == event.identity()) return true;
  }
  return false;
}

void Oracle::expect_conflicts(Space& space, const EventPtr& event) {
  space.last = event;
  space.expected.clear();
  space.got.clear();
  space.unchecked.clear();
  space.exact = seen_.contains(event->identity()) || !event->has_base;
  if (!space.exact) return;
  History before;
  for (const EventPtr& earlier : space.by_subject[event->subject]) before.add(earlier);
  event->del ? expect_of_delete(space, *event, before) : expect_of_edit(space, *event, before);
}

// A write of a register, or of an element, meets one that its author had not seen, is not the
// author's own, and gives another value. Where somebody else's delete hides the event, it meets
// that.
void Oracle::expect_of_edit(Space& space, const Event& event, const History& before) {
  const EventPtr deleter = before.deleter();
  const bool shows = !deleter || ((before.lives() || event.create) && event.stamp > deleter->stamp);
  if (!shows && deleter->node() != event.node()) {
    std::set<Target> lost = event.targets();
    for (const auto& [field, by] : event.inc) lost.insert({field, ""});
    for (const Target& target : lost) {
      // A set is lost as a whole, also where its author did not see one element of it.
      if (!known_anyway(space, event, target, deleter)) {
        space.expected[{target.field, ""}] = "current";
      }
    }
    return;
  }
  std::set<Target> all = event.targets();
  for (const auto& [field, by] : event.inc) all.insert({field, ""});
  for (const Target& target : all) {
    if (overrules(event, target, before)) {
      if (!known_anyway(space, event, target, deleter)) {
        space.expected[{target.field, ""}] = "incoming";
      }
      continue;
    }
    const EventPtr current = before.writer(target);
    if (!current || !unseen(event, target, *current)) continue;
    if (current->value_of(target) == event.value_of(target)) continue;
    if (known_anyway(space, event, target, current)) continue;
    space.expected[target] = event.order() > current->order() ? "incoming" : "current";
  }
}

// A new beginning by somebody who names an older write, and so had not seen the delete.
bool Oracle::overrules(const Event& event, const Target& target, const History& before) const {
  const EventPtr deleter = before.deleter();
  if (!event.create || !event.has_base || !deleter || before.lives()) return false;
  if (deleter->node() == event.node()) return false;
  const EventPtr seen = stated(event, target);
  return seen && seen->stamp < deleter->stamp;
}

// A delete meets each field that shows something which its author had not seen. Of a counter it
// states only the latest increment, so that these are not looked at.
void Oracle::expect_of_delete(Space& space, const Event& event, const History& before) {
  const EventPtr deleter = before.deleter();
  if (!before.lives() || (deleter && event.stamp <= deleter->stamp)) return;
  const bool dies = event.stamp >= before.latest_create();
  space.unchecked = before.counters();
  for (const Target& target : before.targets()) {
    const EventPtr current = before.writer(target);
    if (!current || current->value_of(target).empty()) continue;
    if (!unseen(event, target, *current)) continue;
    if (known_anyway(space, event, target, current)) continue;
    std::string& winner = space.expected[{target.field, ""}];
    if (dies || current->stamp <= event.stamp) winner = "incoming";
    if (winner.empty()) winner = "current";
  }
}

void Oracle::take_conflict(Space& space, const EventPtr& event) {
  world_.count("conflicts");
  if (!space.last || event->causation != space.last->id || event->subject != space.last->subject) {
    world_.violated(7, "conflict {} does not stand behind the event that it cites", event->id);
    return;
  }
  if (!event->element.empty()) world_.count("conflicts of elements");
  if (space.last->del) world_.count("conflicts of deletes");
  const Target target{event->field, event->element};
  if (!space.got.emplace(target, event->winner).second) {
    world_.violated(7, "two conflicts of {} on {}", space.last->id, target.text());
  }
}

void Oracle::check_conflicts(Space& space) {
  if (!space.last || !space.exact) return;
  for (auto* side : {&space.expected, &space.got}) {
    std::erase_if(*side,
                  [&](const auto& one) { return space.unchecked.contains(one.first.field); });
  }
  if (space.expected == space.got) return;
  const auto join = [](const std::map<Target, std::string>& conflicts) {
    std::string text;
    for (const auto& [target, winner] : conflicts) text += " " + target.text() + ":" + winner;
    return text;
  };
  world_.violated(7, "event {} met conflicts on [{} ], expected were [{} ]", space.last->id,
                  join(space.got), join(space.expected));
}

void Oracle::accepted(const std::string& space, const std::string& identity,
                      std::uint64_t sequence) {
  const EventPtr event = find(space, identity);
  if (!event || event->sequence != sequence) {
    world_.violated(1, "{}: {} was said to be at {} and is not", space, identity, sequence);
  }
}

void Oracle::found(const std::string& name, std::uint64_t sequence, const std::string& line) {
  const Space& space = of(name);
  if (sequence > space.log.size()) {
    world_.count("unanswered commits kept");
    return appended(name, sequence, line);
  }
  if (space.log[sequence - 1]->line != line) {
    world_.violated(1, "{}: sequence {} is another event after a restart", name, sequence);
  }
}

void Oracle::found_end(const std::string& name, std::uint64_t head) {
  if (head < of(name).log.size()) {
    world_.violated(1, "{}: the log had {} events and has {} after a restart", name,
                    of(name).log.size(), head);
  }
}

void Oracle::restarted() {
  for (auto& [name, space] : spaces_) space.remembered_from = space.log.size();
}

void Oracle::compacted(const std::string& name, std::uint64_t upto) {
  Space& space = of(name);
  space.compacted = std::max(space.compacted, upto);
  compacted_[name] = std::max(compacted_[name], upto);
}

Oracle::Logs Oracle::logs() const {
  Logs logs;
  for (const auto& [name, space] : spaces_) logs[name] = space.log;
  return logs;
}

void Oracle::put_back(const Logs& logs) {
  past_.push_back(this->logs());
  for (auto& [name, space] : spaces_) {
    check_conflicts(space);
    const std::vector<EventPtr> before = std::move(space.log);
    space = Space();
    if (const auto kept = logs.find(name); kept != logs.end()) {
      space.log = kept->second;
      space.compacted = compacted_[name];  // in the copy, or not
    }
    for (const EventPtr& event : space.log) {
      space.by_identity.emplace(event->identity(), event);
      space.ids.insert(event->id);
      if (!event->is_conflict()) space.by_subject[event->subject].push_back(event);
    }
    for (const EventPtr& event : before) {
      if (!space.by_identity.contains(event->identity())) lost_.insert(event->identity());
    }
    for (const EventPtr& event : space.log) {
      if (event->clientseq == 0 || lost(event->identity())) continue;
      std::uint64_t& mark = space.marks[event->source];
      mark = std::max(mark, event->clientseq);
    }
  }
}

void Oracle::emitted(const Event& event) {
  std::string& last = last_stamp_[event.node()];
  if (event.stamp <= last) {
    world_.violated(9, "node {} gave the stamp {} after {}", event.node(), event.stamp, last);
  }
  last = event.stamp;
}

std::vector<std::string> Oracle::shuffled(const std::string& space, Dice& dice) const {
  std::vector<std::string> lines;
  for (const EventPtr& event : log(space)) {
    const std::int64_t copies = dice.chance(200) ? 2 : 1;
    for (std::int64_t i = 0; i < copies; ++i) {
      const auto at = dice.between(0, static_cast<std::int64_t>(lines.size()));
      lines.insert(lines.begin() + at, event->line);
    }
  }
  return lines;
}

void Oracle::finish() {
  for (auto& [name, space] : spaces_) check_conflicts(space);
}

}  // namespace offsync::sim
