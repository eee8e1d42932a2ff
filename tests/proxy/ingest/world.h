// Ingest over a store in memory, with authors that write events as clients do.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "event/decoder.h"
#include "event/draft.h"
#include "event/hybrid_clock.h"
#include "proxy/ingest/ingest.h"
#include "proxy/store/memory_log_store.h"
#include "proxy/store/space_epoch.h"
#include "state/entity_codec.h"
#include "state/state.h"
#include "support/catch.h"
#include "support/ports.h"

namespace offsync::test {

// A store that can be told to fail. All else goes through.
class FaultyStore final : public proxy::LogStore {
 public:
  explicit FaultyStore(proxy::LogStore& real) : real_(real) {}

  // Called before an append; an error is its answer, and nothing is kept.
  std::function<Status(const proxy::Commit&)> before_append;
  // Called after one that succeeded; an error is its answer, and all is kept.
  std::function<Status(const proxy::Commit&)> after_append;
  // Called before a look at a space; an error is its answer.
  std::function<Status()> before_space;
  // Called before a look; an error is its answer.
  std::function<Status(const proxy::Questions&)> before_look;
  int appends = 0;

  Result<proxy::SpaceState> space(std::string_view space) override {
    if (const auto hook = before_space) OFFSYNC_TRY(hook());
    return real_.space(space);
  }
  Result<std::vector<std::string>> spaces() override { return real_.spaces(); }
  // The hooks are asked about each commit, and refuse that one alone.
  std::vector<Status> append(std::span<const proxy::Commit> commits) override {
    ++appends;
    std::vector<Status> statuses(commits.size());
    std::vector<proxy::Commit> good;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < commits.size(); ++i) {
      // A copy: the hook may exchange itself.
      if (const auto hook = before_append) statuses[i] = hook(commits[i]);
      if (!statuses[i]) continue;
      good.push_back(commits[i]);
      places.push_back(i);
    }
    std::vector<Status> kept = real_.append(good);
    for (std::size_t i = 0; i < good.size(); ++i) {
      if (const auto hook = after_append; hook && kept[i]) kept[i] = hook(good[i]);
      statuses[places[i]] = std::move(kept[i]);
    }
    return statuses;
  }
  Result<std::vector<proxy::LogEntry>> read(std::string_view space, std::uint64_t after,
                                            std::size_t max_events,
                                            std::size_t max_bytes) override {
    return real_.read(space, after, max_events, max_bytes);
  }
  Result<proxy::Facts> look(std::string_view space, const proxy::Questions& questions) override {
    if (const auto hook = before_look) OFFSYNC_TRY(hook(questions));
    return real_.look(space, questions);
  }
  Status snapshot(std::string_view space, const proxy::SnapshotSink& sink) override {
    return real_.snapshot(space, sink);
  }
  Result<std::vector<proxy::OpenConflict>> open_conflicts(std::string_view space) override {
    return real_.open_conflicts(space);
  }
  Status set_applied(std::string_view space, std::uint64_t sequence) override {
    return real_.set_applied(space, sequence);
  }
  Status compact(std::string_view space, std::uint64_t upto) override {
    return real_.compact(space, upto);
  }
  void follow(proxy::MovedFn moved) override { real_.follow(std::move(moved)); }
  Status check() override { return real_.check(); }

 private:
  proxy::LogStore& real_;
};

// Writes events as a client does: own clock, own clientseq.
class Author {
 public:
  Author(std::string source, std::uint64_t node, Clock& clock)
      : source_(std::move(source)), clock_(clock), hlc_(node, 0) {}

  // A draft with everything but its operations; it has a base (nothing seen) unless taken away.
  EventDraft draft(const std::string& subject) {
    EventDraft event;
    event.id = source_.substr(1) + "-" + std::to_string(++clientseq_);
    event.source = source_;
    event.type = "todo.changed";
    event.subject = subject;
    event.stamp = hlc_.tick(clock_.wall_ms());
    event.clientseq = clientseq_;
    event.base_given = true;
    return event;
  }
  EventDraft setting(const std::string& subject, const std::string& field,
                     const std::string& json) {
    EventDraft event = draft(subject);
    event.set[field] = json;
    return event;
  }
  std::string set(const std::string& subject, const std::string& field, const std::string& json) {
    return setting(subject, field, json).line();
  }
  std::uint64_t clientseq() const { return clientseq_; }
  HybridClock& hlc() { return hlc_; }

 private:
  std::string source_;
  Clock& clock_;
  HybridClock hlc_;
  std::uint64_t clientseq_ = 0;
};

// The store with the proxy in front of it, and what it published.
struct IngestWorld {
  explicit IngestWorld(proxy::IngestOptions options = {})
      : ingest(store, clock,
               [this](const proxy::LogNews& news) {
                 CHECK(news.epoch == proxy::space_epoch("epoch1", news.space));
                 for (const auto& entry : news.entries) published[news.space].push_back(entry.line);
                 heads[news.space] = news.head;
               },
               options,
               {.wake = [this] { ++wakes; },
                .committed = [this](std::chrono::microseconds,
                                    bool done) { commits.push_back(done); }}) {}

  std::vector<Outcome> submit(std::vector<std::string> lines, const std::string& space = "shop") {
    auto answer = ingest.submit(space, std::move(lines));
    if (!answer) FAIL(answer.error().message());
    CHECK(answer->epoch == proxy::space_epoch("epoch1", space));
    return answer->outcomes;
  }
  Outcome submit_one(std::string line) { return submit({std::move(line)}).at(0); }

  std::vector<std::string> log(const std::string& space = "shop") {
    std::vector<std::string> lines;
    for (const auto& entry : *memory.read(space, 0, SIZE_MAX, SIZE_MAX)) {
      lines.push_back(entry.line);
    }
    return lines;
  }

  ManualClock clock;
  proxy::MemoryLogStore memory{"epoch1"};
  FaultyStore store{memory};
  std::map<std::string, std::vector<std::string>> published;  // lines by space
  std::map<std::string, std::uint64_t> heads;                 // as it was told last, by space
  std::atomic<int> wakes = 0;
  std::vector<bool> commits;  // whether each was taken
  proxy::Ingest ingest;
};

// The word for an outcome, with its code: "accepted", "rejected kind_mismatch".
inline std::string word(const Outcome& outcome) {
  std::string text(name_of(outcome.kind));
  return outcome.code.empty() ? text : text + " " + outcome.code;
}

inline std::vector<std::string> words(const std::vector<Outcome>& outcomes) {
  std::vector<std::string> out;
  for (const Outcome& outcome : outcomes) out.push_back(word(outcome));
  return out;
}

using Words = std::vector<std::string>;

// Everything that must hold of any log with its states: no gaps, canonical lines, recordedtime
// that does not go back, one id once, states = fold(log), open conflicts = those nobody cites.
// The first thing that is wrong, or "".
std::string audit(proxy::LogStore& store, const std::string& space);

}  // namespace offsync::test
