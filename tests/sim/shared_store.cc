#include "sim/shared_store.h"

namespace offsync::sim {

// Each call is a request over a network.
Status SharedStore::step() {
  if (faults_.dies_in > 0 && --faults_.dies_in == 0) faults_.dead = true;
  if (faults_.dead) return make_error(Errc::io, "io", "the proxy is dead");
  if (faults_.fails_in == 0 || --faults_.fails_in > 0) return {};
  hooks_.count("calls to a shared log failed");
  return make_error(Errc::io, "io", "the database does not answer");
}

std::vector<Status> SharedStore::append(std::span<const proxy::Commit> commits) {
  if (const Status alive = step(); !alive) return std::vector<Status>(commits.size(), alive);
  for (const proxy::Commit& commit : commits) hooks_.before_append(commit);
  std::vector<Status> statuses = real_.append(commits);
  bool any = false;
  for (std::size_t i = 0; i < commits.size(); ++i) {
    if (statuses[i]) {
      any = true;
      note_appended(commits[i]);
    } else if (statuses[i].error().code == "behind") {
      hooks_.count("races lost");
    }
  }
  if (!any) return statuses;
  if (commits.size() > 1) hooks_.count("commits of several spaces");
  const bool lost = std::exchange(faults_.loses_next_answer, false);
  if (!lost && step()) return statuses;
  hooks_.count("commits of unknown outcome");
  const Error unknown = make_error(Errc::io, "unknown", "the database does not answer");
  return std::vector<Status>(commits.size(), unknown);
}

void SharedStore::note_appended(const proxy::Commit& commit) {
  const auto known = first_look_.find(commit.space);
  hooks_.appended(commit, known == first_look_.end() ? commit.first - 1 : known->second);
}

Result<proxy::Facts> SharedStore::look(std::string_view space, const proxy::Questions& questions) {
  OFFSYNC_TRY(step());
  auto facts = real_.look(space, questions);
  if (facts) first_look_.try_emplace(std::string(space), facts->at.head);
  return facts;
}

Result<proxy::SpaceState> SharedStore::space(std::string_view space) {
  OFFSYNC_TRY(step());
  return real_.space(space);
}

Result<std::vector<std::string>> SharedStore::spaces() {
  OFFSYNC_TRY(step());
  return real_.spaces();
}

Result<std::vector<proxy::LogEntry>> SharedStore::read(std::string_view space, std::uint64_t after,
                                                       std::size_t max_events,
                                                       std::size_t max_bytes) {
  OFFSYNC_TRY(step());
  return real_.read(space, after, max_events, max_bytes);
}

Status SharedStore::snapshot(std::string_view space, const proxy::SnapshotSink& sink) {
  OFFSYNC_TRY(step());
  return real_.snapshot(space, sink);
}

Result<std::vector<proxy::OpenConflict>> SharedStore::open_conflicts(std::string_view space) {
  OFFSYNC_TRY(step());
  return real_.open_conflicts(space);
}

Status SharedStore::set_applied(std::string_view space, std::uint64_t sequence) {
  OFFSYNC_TRY(step());
  return real_.set_applied(space, sequence);
}

Status SharedStore::compact(std::string_view space, std::uint64_t upto) {
  OFFSYNC_TRY(step());
  return real_.compact(space, upto);
}

}  // namespace offsync::sim
