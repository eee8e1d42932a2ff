#include "sim/model.h"

#include <nlohmann/json.hpp>

namespace offsync::sim {
namespace {

using nlohmann::json;

std::string text_of(const json& object, const char* name) {
  const auto it = object.find(name);
  return it == object.end() ? "" : it->get<std::string>();
}

void read_operations(const json& data, Event& event) {
  const auto each = [&](const char* name, auto&& fn) {
    const auto it = data.find(name);
    if (it == data.end() || !it->is_object()) return;
    for (const auto& [field, value] : it->items()) fn(field, value);
  };
  event.create = data.value("create", false);
  event.del = data.value("delete", false);
  event.has_base = data.contains("base");
  each("set", [&](const std::string& f, const json& value) { event.set[f] = value.dump(); });
  each("inc", [&](const std::string& f, const json& by) { event.inc[f] = by.get<std::int64_t>(); });
  each("add", [&](const std::string& f, const json& values) {
    for (const json& value : values) event.add[f].insert(value.dump());
  });
  each("remove", [&](const std::string& f, const json& values) {
    for (const json& value : values) event.remove[f].insert(value.dump());
  });
  if (const auto it = data.find("unset"); it != data.end()) {
    for (const json& field : *it) event.unset.insert(field.get<std::string>());
  }
  if (const auto it = data.find("conflict"); it != data.end() && event.is_conflict()) {
    event.field = text_of(*it, "field");
    if (it->contains("element")) event.element = (*it)["element"].dump();
    event.winner = text_of(*it, "winner");
  }
}

}  // namespace

std::int64_t Event::stamp_ms() const {
  return std::stoll(stamp.substr(0, 12), nullptr, 16);
}

std::set<Target> Event::targets() const {
  std::set<Target> all;
  for (const auto& [name, value] : set) all.insert({name, ""});
  for (const std::string& name : unset) all.insert({name, ""});
  for (const auto* operation : {&add, &remove}) {
    for (const auto& [name, values] : *operation) {
      for (const std::string& value : values) all.insert({name, value});
    }
  }
  return all;
}

namespace {

bool has(const std::map<std::string, std::set<std::string>>& operation, const Target& target) {
  const auto it = operation.find(target.field);
  return it != operation.end() && it->second.contains(target.element);
}

}  // namespace

bool Event::writes(const Target& target) const {
  if (!target.element.empty()) return has(add, target) || has(remove, target);
  return set.contains(target.field) || unset.contains(target.field);
}

std::string Event::value_of(const Target& target) const {
  if (!target.element.empty()) return has(add, target) ? target.element : "";
  const auto it = set.find(target.field);
  return it == set.end() ? "" : it->second;
}

std::string Event::content() const {
  const std::size_t at = line.rfind(",\"sequence\":\"");
  return sequence == 0 || at == std::string::npos ? line : line.substr(0, at) + "}";
}

EventPtr parse_event(const std::string& line) {
  const json object = json::parse(line);
  auto event = std::make_shared<Event>();
  event->line = line;
  event->id = text_of(object, "id");
  event->source = text_of(object, "source");
  event->type = text_of(object, "type");
  event->subject = text_of(object, "subject");
  event->time = text_of(object, "time");
  event->stamp = text_of(object, "stamp");
  event->causation = text_of(object, "causationid");
  event->recordedtime = text_of(object, "recordedtime");
  if (object.contains("sequence")) event->sequence = std::stoull(text_of(object, "sequence"));
  if (object.contains("clientseq")) event->clientseq = std::stoull(text_of(object, "clientseq"));
  read_operations(object.value("data", json::object()), *event);
  return event;
}

void History::add(EventPtr event) {
  if (event->is_conflict() || !identities_.insert(event->identity()).second) return;
  events_.push_back(std::move(event));
}

EventPtr History::deleter() const {
  EventPtr latest;
  for (const EventPtr& event : events_) {
    if (event->del && (!latest || event->stamp > latest->stamp)) latest = event;
  }
  return latest;
}

std::string History::latest_delete() const {
  const EventPtr latest = deleter();
  return latest ? latest->stamp : "";
}

std::set<Target> History::targets() const {
  std::set<Target> all;
  for (const EventPtr& event : events_) all.merge(event->targets());
  return all;
}

std::string History::latest_create() const {
  std::string latest;
  for (const EventPtr& event : events_) {
    if (event->create) latest = std::max(latest, event->stamp);
  }
  return latest;
}

bool History::lives() const {
  const std::string deleted = latest_delete();
  return deleted.empty() || latest_create() > deleted;
}

EventPtr History::writer(const Target& target) const {
  EventPtr best;
  const std::string deleted = latest_delete();
  for (const EventPtr& event : events_) {
    if (!event->writes(target) || event->stamp <= deleted) continue;
    if (!best || event->order() > best->order()) best = event;
  }
  return best;
}

EventPtr History::counted(const std::string& field) const {
  EventPtr best;
  const std::string deleted = latest_delete();
  for (const EventPtr& event : events_) {
    if (!event->inc.contains(field) || event->stamp <= deleted) continue;
    if (!best || event->order() > best->order()) best = event;
  }
  return best;
}

std::string History::register_value(const std::string& field) const {
  const EventPtr best = writer({field, ""});
  return best ? best->value_of({field, ""}) : "";
}

std::optional<std::int64_t> History::counter(const std::string& field) const {
  std::optional<std::int64_t> sum;
  const std::string deleted = latest_delete();
  for (const EventPtr& event : events_) {
    const auto it = event->inc.find(field);
    if (it == event->inc.end() || event->stamp <= deleted) continue;
    sum = sum.value_or(0) + it->second;
  }
  return sum;
}

std::set<std::string> History::elements(const std::string& field) const {
  struct Latest {
    std::array<std::string, 3> by;
    bool present = false;
  };
  std::map<std::string, Latest> latest;
  const std::string deleted = latest_delete();
  const auto take = [&](const Event& event, const auto& operations, bool present) {
    const auto it = operations.find(field);
    if (it == operations.end() || event.stamp <= deleted) return;
    for (const std::string& value : it->second) {
      Latest& now = latest[value];
      const std::array by = event.order();
      if (by > now.by) now = {by, present};
    }
  };
  for (const EventPtr& event : events_) {
    take(*event, event->add, true);
    take(*event, event->remove, false);
  }
  std::set<std::string> present;
  for (const auto& [value, now] : latest) {
    if (now.present) present.insert(value);
  }
  return present;
}

std::set<std::string> History::counters() const {
  std::set<std::string> names;
  for (const EventPtr& event : events_) {
    for (const auto& [field, by] : event->inc) {
      if (counter(field)) names.insert(field);
    }
  }
  return names;
}

std::set<std::string> History::registers() const {
  std::set<std::string> names;
  for (const EventPtr& event : events_) {
    for (const auto& [field, value] : event->set) names.insert(field);
    names.insert(event->unset.begin(), event->unset.end());
  }
  return names;
}

std::optional<std::string> History::shown() const {
  std::set<std::string> names = registers();
  bool written = !names.empty();
  for (const EventPtr& event : events_) {
    for (const auto& [field, by] : event->inc) names.insert(field);
    for (const auto& [field, values] : event->add) names.insert(field);
    for (const auto& [field, values] : event->remove) names.insert(field);
    written = written || event->create || event->del;
  }
  if ((!written && names.empty()) || !lives()) return std::nullopt;
  std::string fields;
  for (const std::string& name : names) {
    std::string text = register_value(name);
    if (text.empty()) {
      if (const auto sum = counter(name)) text = std::to_string(*sum);
    }
    if (text.empty()) {
      for (const std::string& value : elements(name)) text += (text.empty() ? "" : ",") + value;
      if (!text.empty()) text = "[" + text + "]";
    }
    if (text.empty()) continue;
    fields += (fields.empty() ? "\"" : ",\"") + name + "\":" + text;
  }
  return "{\"subject\":\"" + events_.front()->subject + "\",\"fields\":{" + fields + "}}";
}

History history_of(Log log, const std::string& subject, Log pending) {
  History history;
  for (const Log part : {log, pending}) {
    for (const EventPtr& event : part) {
      if (event->subject == subject && !event->is_conflict()) history.add(event);
    }
  }
  return history;
}

Entities state_of(Log log, Log pending) {
  std::map<std::string, History> histories;
  for (const Log part : {log, pending}) {
    for (const EventPtr& event : part) {
      if (!event->is_conflict()) histories[event->subject].add(event);
    }
  }
  Entities state;
  for (const auto& [subject, history] : histories) {
    if (auto line = history.shown()) state[subject] = std::move(*line);
  }
  return state;
}

std::set<std::string> open_conflicts_of(Log log) {
  std::set<std::string> open;
  for (const EventPtr& event : log) {
    if (event->is_conflict()) {
      open.insert(event->id);
    } else if (!event->causation.empty()) {
      open.erase(event->causation);
    }
  }
  return open;
}

}  // namespace offsync::sim
