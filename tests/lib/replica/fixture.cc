#include "lib/replica/fixture.h"

#include "base/rfc3339.h"
#include "state/decision.h"
#include "state/entity_codec.h"
#include "state/state.h"
#include "wire/snapshot.h"

namespace offsync::test {
namespace {

constexpr std::int64_t kBegin = 1'700'000'000'000;  // of ManualClock

std::map<std::string, std::string> encoded(const State& state) {
  std::map<std::string, std::string> all;
  for (const auto& [subject, entity] : state.sorted()) {
    all.emplace(subject, encode_entity(subject, *entity));
  }
  return all;
}

}  // namespace

std::string FakeLog::snapshot(const std::vector<std::string>& conflicts) const {
  State state;
  Decoder decoder;
  for (const std::string& line : lines) state.fold(*must(decoder.decode(line)));
  SnapshotHeader header{{epoch, head()}, state.size(), conflicts.size()};
  std::string text = encode_snapshot_header(header) + "\n";
  for (const auto& [subject, line] : encoded(state)) text += line + "\n";
  std::uint64_t sequence = head() - conflicts.size();
  for (const std::string& line : conflicts) {
    const bool given = line.find(R"("sequence":)") != std::string::npos;
    text += (given ? line : with_sequence(line, ++sequence, "2023-11-14T22:13:20.000Z")) + "\n";
  }
  return text;
}

std::string foreign(const std::string& id, const std::string& subject, const std::string& data,
                    std::int64_t ms, const std::string& more) {
  return fmt::format(
      R"({{"specversion":"1.0","id":"{}","source":"/other","type":"t","subject":"{}",)"
      R"("stamp":"{}"{},"data":{}}})",
      id, subject, Stamp::make(kBegin + ms, 0, 99).text(), more, data);
}

std::string conflict_line(const std::string& id, const std::string& subject,
                          const std::string& field, bool of_delete, const std::string& element) {
  Conflict conflict;
  conflict.id = id;
  conflict.field = field;
  conflict.element = element;
  conflict.current = {Stamp::make(kBegin, 0, 1).text(), "a", "/a", "\"A\""};
  conflict.incoming = {Stamp::make(kBegin, 0, 2).text(), "b", "/b", "\"B\""};
  if (of_delete) {
    conflict.current.value.clear();
    conflict.current.deleted = true;
  }
  conflict.rule = of_delete ? "delete-wins" : "last-write";
  return fmt::format(
      R"({{"specversion":"1.0","id":"{}","source":"/proxy",)"
      R"("type":"offsync.conflict","subject":"{}","time":"2023-11-14T22:13:20.000Z",)"
      R"("stamp":"{}","causationid":"b","data":{}}})",
      id, subject, Stamp::make(kBegin, 0, foreign_node("/proxy")).text(), conflict_data(conflict));
}

Fixture::Fixture()
    : replica(must(
          Replica::create(dir.file("replica.db"), {"http://h/v1/spaces/s", ""}, clock, random))) {}

Replica Fixture::open_again() {
  return must(Replica::open(file(), clock, random));
}

Result<Emitted> Fixture::try_set(const std::string& subject, const std::string& field,
                                 const std::string& json) {
  EventDraft draft;
  draft.type = field;
  draft.subject = subject;
  draft.set[field] = json;
  return replica.emit(draft);
}

Emitted Fixture::set(const std::string& subject, const std::string& field,
                     const std::string& json) {
  return must(try_set(subject, field, json));
}

Result<Emitted> Fixture::add(const std::string& data, const std::string& subject) {
  auto batch = replica.begin_batch();
  if (!batch) return batch.error();
  auto emitted =
      batch->add_line(R"({"type":"t","subject":")" + subject + R"(","data":)" + data + "}");
  if (emitted) must(batch->commit());
  return emitted;
}

std::string Fixture::shown(const std::string& subject, Replica::View view) {
  const auto entity = must(replica.entity(subject, view));
  if (!entity) return "nothing";
  if (!entity->lives()) return "deleted";
  std::string text;
  for (const Field& field : entity->fields()) {
    if (!field.shows()) continue;
    if (!text.empty()) text += ' ';
    text += field.name() + "=" + field.shown();
  }
  return text;
}

std::string Fixture::queue() {
  std::string text;
  must(replica.for_each_pending([&](const PendingEvent& event) {
    if (!text.empty()) text += ' ';
    text += event.type + ":" + std::string(name_of(event.state));
    return true;
  }));
  return text;
}

void Fixture::push() {
  std::vector<Outcome> outcomes;
  for (const PendingEvent& event : must(replica.to_push(0, 1000, 1 << 20))) {
    Outcome outcome;
    outcome.id = event.id;
    outcome.kind = OutcomeKind::accepted;
    outcome.sequence = log.append(event.line);
    outcomes.push_back(outcome);
  }
  must(replica.settle(log.epoch, outcomes));
}

Replica::Applied Fixture::pull() {
  const auto info = must(replica.info());
  return must(replica.apply(log.epoch, log.after(info.cursor ? info.cursor->sequence : 0)));
}

Replica::Settled Fixture::reject(const std::string& id, const std::string& code) {
  Outcome outcome;
  outcome.id = id;
  outcome.kind = OutcomeKind::rejected;
  outcome.code = code;
  outcome.detail = "because";
  return must(replica.settle(log.epoch, std::vector{outcome}));
}

Seen seen(const std::string& line) {
  Decoder decoder;
  const EventView* event = must(decoder.decode(line));
  Seen all{std::string(event->id),   std::string(event->source),
           std::string(event->type), std::string(event->time),
           std::string(event->data), event->stamp,
           event->clientseq,         {},
           event->base_given};
  for (const Base& base : event->bases) {
    all.base[std::string(base.field) + std::string(base.element)] = base.stamp;
  }
  return all;
}

std::map<std::string, std::string> folded(Replica& replica) {
  State state;
  EntityDecoder entities;
  Decoder decoder;
  must(replica.for_each_base([&](std::string_view line) {
    const EntityRecord record = must(entities.decode(line));
    state.put(record.subject, record.entity);
    return true;
  }));
  must(replica.for_each_log({}, [&](std::uint64_t, std::string_view line) {
    state.fold(*must(decoder.decode(line)));
    return true;
  }));
  return encoded(state);
}

std::map<std::string, std::string> states(Replica& replica, Replica::View view) {
  std::map<std::string, std::string> all;
  must(replica.for_each_entity("", view, [&](std::string_view subject, const Entity& entity) {
    all.emplace(subject, encode_entity(subject, entity));
    return true;
  }));
  return all;
}

}  // namespace offsync::test
