#include "proxy/ingest/group_commit.h"

#include <fmt/format.h>

#include <exception>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "proxy/store/commit_check.h"

namespace offsync::proxy {
namespace {

constexpr int kTries = 20;  // to append where other proxies append, too

Error contended(const std::string& space) {
  return make_error(
      Errc::partial, "busy",
      fmt::format("other proxies appended to the space {} first, {} times", space, kTries),
      "send again");
}

Error half_done(const char* why) {
  return make_error(Errc::internal, "unknown", std::string("the commit was left half done: ") + why,
                    "send again: what was taken is recognised");
}

}  // namespace

Error partly(Error error, const Waiting& waiting) {
  if (waiting.next == 0) return error;
  error.kind = Errc::partial;
  error.code = "unknown";
  error.detail = fmt::format("after {} of {} events: {}", waiting.next,
                             waiting.request.candidates.size(), error.detail);
  error.hint = "send again: what was taken is recognised";
  return error;
}

GroupCommit::GroupCommit(LogStore& store, Clock& clock, PublishFn publish,
                         const IngestOptions& options, CommittedFn committed, MovedFn doubtful)
    : store_(store),
      clock_(clock),
      options_(options),
      committed_(std::move(committed)),
      doubtful_(std::move(doubtful)),
      logs_(store, std::move(publish), options) {}

void GroupCommit::commit(std::span<Waiting* const> waiting) noexcept {
  try {
    logs_.make_room();
    std::deque<Turn> turns = turns_of(waiting);
    commit(turns);
  } catch (const std::exception& thrown) {
    // Somebody must be served, or they wait for ever.
    if (!waiting.empty()) waiting.front()->error = half_done(thrown.what());
  }
}

std::deque<GroupCommit::Turn> GroupCommit::turns_of(std::span<Waiting* const> waiting) {
  std::deque<Turn> turns;
  std::unordered_map<std::string_view, std::size_t> by_space;
  std::size_t events = 0;
  std::size_t bytes = 0;
  for (Waiting* one : waiting) {
    auto& candidates = one->request.candidates;
    std::size_t end = one->next;
    while (end < candidates.size()) {
      const std::size_t more = candidates[end].event.content().size();
      if (events > 0 &&
          (events >= options_.commit_events || bytes + more > options_.commit_bytes)) {
        break;
      }
      ++events;
      bytes += more;
      ++end;
    }
    if (end == one->next) break;
    const auto [it, fresh] = by_space.emplace(one->request.space, turns.size());
    if (fresh) turns.push_back({&logs_.of(one->request.space), {}, {}});
    turns[it->second].parts.push_back({one, {&one->request, one->next, end}});
    if (end < candidates.size()) break;
  }
  return turns;
}

void GroupCommit::commit(std::deque<Turn>& turns) {
  std::vector<Turn*> writes;
  for (Turn& turn : turns) {
    try {
      prepare(turn);
    } catch (const std::exception& thrown) {
      leave_half_done(turn, thrown.what());
    }
    if (turn.decided && !turn.decided->nothing()) writes.push_back(&turn);
  }
  if (!writes.empty()) append(writes);
  for (Turn& turn : turns) {
    try {
      if (turn.decided) keep(turn);
    } catch (const std::exception& thrown) {
      leave_half_done(turn, thrown.what());
    }
  }
}

void GroupCommit::prepare(Turn& turn) {
  KnownLog& known = *turn.known;
  if (!known.current) {
    if (const Status read = logs_.catch_up(known); !read) return refuse(turn, read.error());
  }
  auto decided = decide(known.log, turn.parts);
  if (!decided) return refuse(turn, decided.error());
  turn.decided = std::move(*decided);
}

Result<Decided> GroupCommit::decide(const SpaceLog& log, const std::vector<Part>& parts) {
  std::vector<Slice> slices;
  slices.reserve(parts.size());
  for (const Part& part : parts) slices.push_back(part.slice);
  Decider decider(log, clock_.wall_ms(), slices, logs_.cache(), tools_);
  while (!decider.questions().empty()) {
    OFFSYNC_ASSIGN(Facts facts, store_.look(log.space, decider.questions()));
    if (facts.at.number != log.number) return behind(log.space, facts.at.number, log.number + 1);
    OFFSYNC_TRY(decider.take(std::move(facts)));
  }
  return decider.finish();
}

// What the store refuses is decided no more.
void GroupCommit::append(std::vector<Turn*>& turns) {
  std::vector<Commit> commits;
  commits.reserve(turns.size());
  for (Turn* turn : turns) commits.push_back(std::move(turn->decided->commit));
  // Commits are faster than the milliseconds of the Clock port.
  const auto begun = std::chrono::steady_clock::now();
  const std::vector<Status> statuses = store_.append(commits);
  const auto took = std::chrono::steady_clock::now() - begun;
  bool any = false;
  for (std::size_t i = 0; i < turns.size(); ++i) {
    any = any || statuses[i];
    turns[i]->decided->commit = std::move(commits[i]);
    if (!statuses[i]) turns[i]->decided.reset();
  }
  if (committed_) committed_(std::chrono::duration_cast<std::chrono::microseconds>(took), any);
  for (std::size_t i = 0; i < turns.size(); ++i) {
    if (!statuses[i]) refuse(*turns[i], statuses[i].error());
  }
}

void GroupCommit::keep(Turn& turn) {
  logs_.keep(*turn.known, std::move(*turn.decided));
  for (const Part& part : turn.parts) {
    part.waiting->next = part.slice.end;
    part.waiting->lost = 0;
    part.waiting->epoch = turn.known->log.epoch;
  }
}

void GroupCommit::refuse(Turn& turn, const Error& error) {
  const std::string& space = turn.known->log.space;
  turn.known->current = false;
  const bool raced = error.code == "behind";
  // If the commit is in the store all the same, nobody may ever send it again.
  if (error.code == "unknown" && !logs_.catch_up(*turn.known)) doubtful_(space);
  for (const Part& part : turn.parts) {
    Waiting& waiting = *part.waiting;
    if (raced && ++waiting.lost < kTries) continue;
    waiting.error = partly(raced ? contended(space) : error, waiting);
  }
}

void GroupCommit::leave_half_done(Turn& turn, const char* why) {
  turn.decided.reset();
  logs_.distrust(*turn.known);
  doubtful_(turn.known->log.space);
  for (const Part& part : turn.parts) part.waiting->error = half_done(why);
}

}  // namespace offsync::proxy
