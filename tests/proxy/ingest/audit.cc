#include <set>

#include "proxy/ingest/world.h"

namespace offsync::test {
namespace {

std::string audit_log(const std::vector<proxy::LogEntry>& log, State& state,
                      std::set<std::string>& open) {
  Decoder decoder;
  std::set<std::pair<std::string, std::string>> identities;
  std::map<std::string, std::uint64_t> clientseqs;
  std::string recorded;
  std::uint64_t next = 1;
  for (const auto& entry : log) {
    const std::string at = "sequence " + std::to_string(entry.sequence) + ": ";
    if (entry.sequence != next++) return at + "there is a gap before it";
    auto event = decoder.decode(entry.line);
    if (!event) return at + event.error().message() + " in " + entry.line;
    const EventView& view = **event;
    if (encode(view) != entry.line) return at + "not canonical: " + entry.line;
    if (view.sequence != entry.sequence) return at + "the line says otherwise";
    if (view.id != entry.id || view.source != entry.source) return at + "its identity";
    if (!identities.emplace(entry.source, entry.id).second) return at + "it is there twice";
    if (view.stamp.none()) return at + "it has no stamp";
    if (std::string(view.recordedtime) < recorded) return at + "recordedtime goes back";
    recorded = view.recordedtime;
    if (view.clientseq != 0) {
      std::uint64_t& last = clientseqs[std::string(view.source)];
      if (view.clientseq <= last) return at + "its author wrote it before another one";
      last = view.clientseq;
    }
    if (view.type == kConflictType) {
      open.emplace(view.id);
    } else {
      open.erase(std::string(view.causationid));
    }
    state.fold(view);
  }
  return {};
}

}  // namespace

std::string audit(proxy::LogStore& store, const std::string& space) {
  const auto log = store.read(space, 0, SIZE_MAX, SIZE_MAX);
  if (!log) return log.error().message();
  State state;
  std::set<std::string> open;
  if (std::string wrong = audit_log(*log, state, open); !wrong.empty()) return wrong;

  std::vector<std::string> folded;
  for (const auto& [subject, entity] : state.sorted()) {
    folded.push_back(encode_entity(subject, *entity));
  }
  std::vector<std::string> stored;
  proxy::SnapshotSink sink;
  std::uint64_t announced = 0;
  sink.begin = [&](const proxy::SpaceState&, std::uint64_t entities, std::uint64_t) {
    announced = entities;
    return true;
  };
  sink.entity = [&](std::string_view line) {
    stored.emplace_back(line);
    return true;
  };
  std::set<std::string> stored_open;
  sink.conflict = [](std::string_view) { return true; };
  if (const Status status = store.snapshot(space, sink); !status) return status.error().message();
  if (announced != stored.size()) return "the snapshot announces another number of entities";
  if (folded != stored) return "the stored states are not the fold of the log";
  for (const auto& conflict : *store.open_conflicts(space)) stored_open.insert(conflict.id);
  if (stored_open != open) return "the open conflicts are not those of the log";
  return {};
}

}  // namespace offsync::test
