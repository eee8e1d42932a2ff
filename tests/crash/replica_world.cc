// The replica under power cuts: everything that writes to it, in any order.
#include "crash/replica_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "event/decoder.h"

namespace offsync::test {
namespace {

// A workload must not go wrong by itself.
template <class T>
T must(Result<T> result, const char* doing) {
  if (!result) {
    throw std::runtime_error(std::string(doing) + ": " + result.error().code + ": " +
                             result.error().message());
  }
  return std::move(*result);
}
void must(const Status& status, const char* doing) {
  if (status) return;
  throw std::runtime_error(std::string(doing) + ": " + status.error().code + ": " +
                           status.error().message());
}

// Events that a person may emit and that are refused: no workload stops there.
bool refused(const Error& error) {
  return error.kind == Errc::bad_data;
}

}  // namespace

ReplicaWorkload::ReplicaWorkload(SimDisk& disk, std::string file, std::uint64_t seed)
    : file_(std::move(file)), draws_{seed}, random_(seed), proxy_(clock_), recorder_(disk, [this] {
        return dump(file_, replica_queries(), false).text;
      }) {}

Recording ReplicaWorkload::run(std::size_t steps) {
  step(
      "create", [this] { create(); }, true);
  while (steps-- > 0) draw_step();
  step("close", [this] { replica_.reset(); });
  return recorder_.finish({.name = "idle", .last_stamp = last_stamp_});
}

void ReplicaWorkload::step(const char* name, const std::function<void()>& act, bool again) {
  clock_.advance(static_cast<std::int64_t>(draws_.below(50)));
  recorder_.step({.name = name, .again = again, .last_stamp = last_stamp_}, act);
}

void ReplicaWorkload::draw_step() {
  switch (draws_.below(20)) {
    case 0:
      return step("batch", [this] { emit(2 + draws_.below(12)); });
    case 1:
    case 2:
    case 3:
      return step("settle", [this] { push(); });
    case 4:
    case 5:
    case 6:
      step("apply", [this] { pull(); });
      return step("note", [this] { must(replica_->note_head(proxy_.head()), "note"); });
    case 7:
      return snapshot();
    case 8:
      return step("retry", [this] { retry(); });
    case 9:
      return step("drop", [this] { drop(); });
    case 10:
      return step("resolve", [this] { resolve(); });
    case 11:
      return step("note", [this] { note(); });
    case 12:
      return step("open", [this] { reopen(); });
    case 13:
      if (draws_.chance(20)) step("many", [this] { many(); });
      if (draws_.chance(20)) large();
      return;
    default:
      return step("emit", [this] { emit(1); });
  }
}

void ReplicaWorkload::create() {
  const Replica::CreateOptions options{"http://h/v1/spaces/shop", ""};
  replica_.emplace(must(Replica::create(file_, options, clock_, random_), "create"));
}

void ReplicaWorkload::reopen() {
  replica_.reset();
  if (draws_.chance(4)) clock_.set_wall(clock_.wall_ms() - 5'000);  // P9
  replica_.emplace(must(Replica::open(file_, clock_, random_), "open"));
}

void ReplicaWorkload::keep_stamp(const std::string& line) {
  Decoder decoder;
  last_stamp_ = std::max(last_stamp_, must(decoder.decode(line), "decode")->stamp.time);
}

void ReplicaWorkload::emit(std::uint64_t events) {
  auto batch = must(replica_->begin_batch(), "begin");
  std::vector<std::string> lines;
  for (; events > 0; --events) {
    const DrawnEvent event = draw_event(draws_);
    auto emitted = batch.add_line(
        fmt::format(R"({{"type":"t","subject":"{}","data":{}}})", event.subject, event.data));
    if (emitted) {
      lines.push_back(emitted->line);
    } else if (!refused(emitted.error())) {
      must(emitted.error(), "emit");
    }
  }
  must(batch.commit(), "commit");
  for (const std::string& line : lines) keep_stamp(line);
}

// Fills the WAL, so that there are checkpoints, and takes it back, so that the file stays small.
void ReplicaWorkload::large() {
  std::string id;
  const std::string line =
      fmt::format(R"({{"type":"t","subject":"large/{}","data":{{"set":{{"x":"{}"}}}}}})",
                  draws_.below(3), std::string(30'000 + draws_.below(25'000), 'x'));
  for (int i = 0; i < 14; ++i) {
    step("large", [&] {
      auto batch = must(replica_->begin_batch(), "begin");
      auto emitted = batch.add_line(line);
      if (!emitted && refused(emitted.error())) return;
      id = must(std::move(emitted), "large").id;
      must(batch.commit(), "commit");
      keep_stamp(*must(replica_->find_event(id), "find"));
    });
    if (!id.empty()) step("drop", [&] { must(replica_->drop(id), "drop"); });
  }
}

// From 500 events on the replica changes to other cache sizes and checkpoints, also on closing.
void ReplicaWorkload::many() {
  auto batch = must(replica_->begin_batch(), "begin");
  std::string last;
  for (int i = 0; i < 520; ++i) {
    const auto line =
        fmt::format(R"({{"type":"t","subject":"many/1","data":{{"set":{{"x":{}}}}}}})", i);
    auto emitted = batch.add_line(line);
    if (!emitted && refused(emitted.error())) return;
    last = must(std::move(emitted), "many").line;
  }
  must(batch.commit(), "commit");
  keep_stamp(last);
}

void ReplicaWorkload::push() {
  const auto events = must(replica_->to_push(0, 1 + draws_.below(600), 1 << 20), "to_push");
  if (events.empty()) return;
  std::vector<std::string> lines;
  for (const PendingEvent& event : events) lines.push_back(event.line);
  const std::vector<Outcome> outcomes = proxy_.submit(std::move(lines));
  if (draws_.chance(8)) return;  // the answer got lost
  const auto settled = replica_->settle(proxy_.epoch(), outcomes);
  if (!settled && settled.error().code != "epoch_changed") must(settled.error(), "settle");
}

void ReplicaWorkload::pull() {
  if (draws_.chance(2)) proxy_.submit_foreign(draws_);
  const ReplicaInfo info = must(replica_->info(), "info");
  if (info.cursor && info.cursor->epoch != proxy_.epoch()) return;
  const std::uint64_t after = info.cursor ? info.cursor->sequence : 0;
  const auto lines = proxy_.read(after, 1 + draws_.below(600));
  const auto applied = replica_->apply(proxy_.epoch(), lines);
  if (!applied && applied.error().code != "epoch_changed") must(applied.error(), "apply");
}

void ReplicaWorkload::snapshot() {
  if (draws_.chance(4)) {
    proxy_.begin_epoch();
    proxy_.submit_foreign(draws_);
  }
  const std::string text = proxy_.snapshot();
  const std::size_t middle = text.find('\n', draws_.below(text.size())) + 1;
  step("begin_snapshot", [&] { must(replica_->begin_snapshot(), "begin_snapshot"); });
  const auto stage = [&](std::string_view part) {
    if (part.empty()) return;
    step("stage_snapshot", [&] { must(replica_->stage_snapshot(part), "stage"); });
  };
  stage(std::string_view(text).substr(0, middle));
  if (draws_.chance(6)) return;  // given up
  stage(std::string_view(text).substr(middle));
  step("install_snapshot", [&] { must(replica_->install_snapshot(), "install"); });
}

// A rejected event, if there is one.
std::string ReplicaWorkload::draw_pending(PendingState state) {
  std::vector<std::string> ids;
  must(replica_->for_each_pending([&](const PendingEvent& event) {
    if (event.state == state) ids.push_back(event.id);
    return true;
  }),
       "pending");
  return ids.empty() ? std::string() : ids[draws_.below(ids.size())];
}

void ReplicaWorkload::retry() {
  const std::string id = draw_pending(PendingState::rejected);
  if (id.empty()) return;
  const auto emitted = replica_->retry(id);
  if (!emitted && refused(emitted.error())) return;
  for (const Emitted& event : must(emitted, "retry")) keep_stamp(event.line);
}

void ReplicaWorkload::drop() {
  const std::string id =
      draw_pending(draws_.chance(2) ? PendingState::queued : PendingState::rejected);
  if (!id.empty()) must(replica_->drop(id), "drop");
}

void ReplicaWorkload::resolve() {
  const auto open = must(replica_->conflicts(false), "conflicts");
  if (open.empty()) return;
  const auto emitted = replica_->resolve(open[draws_.below(open.size())], "\"resolved\"");
  if (!emitted && refused(emitted.error())) return;
  keep_stamp(must(emitted, "resolve").line);
}

void ReplicaWorkload::note() {
  switch (draws_.below(3)) {
    case 0:
      return must(replica_->note_clock_offset(static_cast<std::int64_t>(draws_.below(100))),
                  "note");
    case 1:
      return must(replica_->note_synced(), "note");
    default:
      return must(replica_->set_remote(fmt::format("http://h{}", draws_.below(9))), "note");
  }
}

}  // namespace offsync::test
