#include "sync/push_session.h"

#include <algorithm>

#include "base/counted.h"
#include "wire/compress.h"
#include "wire/outcome.h"

namespace offsync {
namespace {

// Below, a header more costs as much as compression saves.
constexpr std::size_t kCompressFrom = 1024;
// A slow uplink gets its time: 8 bytes a ms are 64 kbit/s.
constexpr std::size_t kUploadBytesPerMs = 8;
// Whose events are none of a push that comes in no order.
constexpr const char* kNobody = "/nobody";

std::string body_of(const std::vector<PendingEvent>& events) {
  std::string body;
  for (const PendingEvent& event : events) body.append(event.line).push_back('\n');
  return body;
}

std::int64_t time_for(const std::vector<PendingEvent>& events, std::int64_t idle_ms) {
  std::size_t bytes = 0;
  for (const PendingEvent& event : events) bytes += event.line.size();
  return idle_ms + static_cast<std::int64_t>(bytes / kUploadBytesPerMs);
}

}  // namespace

LogSession::LogSession(SyncContext& context)
    : Session(context, "the look at the log", context.options.request_timeout_ms,
              limits::kLineBytes) {
  HttpRequest request;
  request.target = context.base;
  request.headers = {{"Accept", "application/json"}};
  begin(std::move(request));
}

// It is small, and counts as a whole.
Status LogSession::consume(bool /*last*/) {
  return {};
}

// What the replica is bound to is said twice, by the head and by the space.
Status LogSession::finish() {
  OFFSYNC_ASSIGN(const SpaceInfo space, parse_space_info(body_));
  if (space.epoch != epoch_) {
    return protocol_error("bad_answer",
                          "it is of the log " + space.epoch + ", and the answer of " + epoch_);
  }
  LogPlace there = there_;
  if (!space.log.empty() && space.log != there.log) {
    return protocol_error("bad_answer", "it is of a log of the name " + space.log +
                                            ", and the answer of " +
                                            (there.log.empty() ? "none" : there.log));
  }
  there.sure = there.sure || !space.log.empty();
  OFFSYNC_ASSIGN(const ReplicaInfo info, context_.replica.info());
  if (info.cursor) {
    const std::uint64_t at = info.cursor->sequence;
    lost_ = info.cursor->epoch != space.epoch || at > space.head || at + 1 < space.oldest;
  }
  return context_.replica.bind_log(epoch_, there);
}

ProbeSession::ProbeSession(SyncContext& context)
    : Session(context, "the push of nothing", context.options.request_timeout_ms,
              limits::kLineBytes) {
  HttpRequest request;
  request.method = "POST";
  request.target = context.base + "/events";
  request.headers = {{"Content-Type", "application/x-ndjson"}, {"Accept", "application/x-ndjson"}};
  begin(std::move(request));
}

Status ProbeSession::consume(bool /*last*/) {
  body_.clear();
  return {};
}

PushSession::PushSession(SyncContext& context, const ReplicaInfo& info,
                         std::vector<PendingEvent> events)
    : Session(context, "the push of " + counted(events.size(), "event"),
              time_for(events, context.options.request_timeout_ms), limits::kBodyBytes),
      events_(std::move(events)),
      log_after_(info.log_after),
      source_(events_.front().out_of_order() ? "" : info.source) {
  HttpRequest request;
  request.method = "POST";
  request.target = context.base + "/events";
  request.headers = {{"Content-Type", "application/x-ndjson"}, {"Accept", "application/x-ndjson"}};
  last_ = context.add_place(request, info);
  request.headers.emplace_back("Offsync-Source", source_.empty() ? kNobody : source_);
  request.body = body_of(events_);
  request.timeout_ms = time_for(events_, context.options.request_timeout_ms);
  if (request.body.size() > kCompressFrom) {
    request.body = compress(request.body, Coding::gzip);
    request.headers.emplace_back("Content-Encoding", "gzip");
  }
  begin(std::move(request));
}

bool PushSession::answers_next(Outcome& outcome) const {
  const std::size_t answered = outcomes_.size();
  if (answered >= events_.size()) return false;
  const PendingEvent& event = events_[answered];
  if (outcome.line != 0 && outcome.line != answered + 1) return false;
  // By its place, a line of which the proxy could not read the id is answered too. Else it would
  // stay at the head of the queue for ever.
  if (outcome.id.empty() && outcome.line != 0) outcome.id = event.id;
  outcome.source = event.source;
  return outcome.id == event.id;
}

// Why a proxy cannot have said so of the next event: it decides in order, behind what the push
// named as seen. An event that is believed to stand elsewhere would be lost without a word.
std::string PushSession::objection(const Outcome& outcome) {
  const PendingEvent& event = events_[outcomes_.size()];
  if (outcome.kind == OutcomeKind::rejected) refused_.insert(event.subject);
  if (is_namesakes(outcome) && context_.report.renamed == source_) {
    return "says that the numbers of " + source_ + ", a name just made, were given before";
  }
  if (outcome.kind == OutcomeKind::held && !refused_.contains(event.subject)) {
    return "holds an event though none of its entity was rejected before it";
  }
  if (outcome.kind != OutcomeKind::accepted || last_.epoch != epoch_) return {};
  if (outcome.sequence <= last_.sequence) {
    return "accepts at sequence " + std::to_string(outcome.sequence) + ", but the log had " +
           std::to_string(last_.sequence) + " before";
  }
  last_.sequence = outcome.sequence;
  return {};
}

// The replica sends it again under another name.
bool PushSession::is_namesakes(const Outcome& outcome) const {
  return outcome.kind == OutcomeKind::rejected &&
         offsync::is_namesakes(outcome.code, outcome.source, source_);
}

// Counts what was answered, not what settle() found to do: an event may have come back by the
// stream before its answer, and has left the queue then. What the replica sends again under another
// name is not counted before it is answered then; so are the events held behind that.
void PushSession::report(const std::vector<Outcome>& outcomes) {
  SyncReport& report = context_.report;
  const bool parts = std::any_of(outcomes.begin(), outcomes.end(),
                                 [&](const Outcome& outcome) { return is_namesakes(outcome); });
  for (const Outcome& outcome : outcomes) {
    if (is_namesakes(outcome)) continue;
    report.pushed += outcome.kind == OutcomeKind::accepted ? 1 : 0;
    report.duplicate += outcome.kind == OutcomeKind::duplicate ? 1 : 0;
    report.rejected += outcome.kind == OutcomeKind::rejected ? 1 : 0;
    report.held += outcome.kind == OutcomeKind::held && !parts ? 1 : 0;
    // With a pull, the records themselves are counted as they come.
    if (!context_.options.pull) report.conflicts += outcome.conflicts;
  }
  context_.observer.on_progress(report);
}

// Nothing of it counts before it is whole and right to its end: the events are sent again, and
// what was decided about them is told again.
Status PushSession::consume(bool last) {
  if (!last) return {};
  if (!complete()) {
    whole_lines_ = static_cast<std::size_t>(std::count(body_.begin(), body_.end(), '\n'));
    return {};
  }
  for (const std::string& line : take_lines(true)) {
    OFFSYNC_ASSIGN(Outcome outcome, parse_outcome(line));
    if (!answers_next(outcome)) {
      return protocol_error("bad_answer", "outcome " + std::to_string(outcomes_.size() + 1) +
                                              " of " + std::to_string(events_.size()) +
                                              " does not answer the event in its place");
    }
    if (const std::string why = objection(outcome); !why.empty()) {
      return protocol_error("bad_answer", "outcome " + std::to_string(outcomes_.size() + 1) +
                                              " of " + std::to_string(events_.size()) + " " + why);
    }
    outcomes_.push_back(std::move(outcome));
  }
  return {};
}

// That the log had an event before says no more than that it accepts it, where a snapshot came
// while the answer was under way: the log may have been put back in between.
Result<Replica::Settled> PushSession::note(const std::vector<Outcome>& outcomes) {
  const auto is_duplicate = [](const Outcome& o) { return o.kind == OutcomeKind::duplicate; };
  bool late = false;
  if (std::any_of(outcomes.begin(), outcomes.end(), is_duplicate)) {
    const auto info = context_.replica.info();
    late = !info || info->log_after != log_after_;
  }
  if (!late) return context_.replica.settle(epoch_, outcomes);
  std::vector<Outcome> doubted = outcomes;
  for (Outcome& outcome : doubted) {
    if (is_duplicate(outcome)) outcome.kind = OutcomeKind::accepted;
  }
  return context_.replica.settle(epoch_, doubted);
}

// What the proxy has decided is so even where we cannot note it.
Status PushSession::settle(const std::vector<Outcome>& outcomes) {
  const auto settled = note(outcomes);
  again_ = settled && settled->out_of_order;
  const bool wrong = !settled && settled.error().kind == Errc::protocol;
  if (wrong || (!settled && is_stale(settled.error()))) return settled.error();
  if (settled && !again_ && std::any_of(outcomes.begin(), outcomes.end(), [&](const Outcome& o) {
        return is_namesakes(o);
      })) {
    const auto info = context_.replica.info();
    if (info) context_.report.renamed = info->source;
  }
  report(outcomes);
  if (settled) return {};
  Error error = settled.error();
  error.detail = "the proxy has decided about " + counted(outcomes.size(), "event") +
                 ", but this replica could not note it: " + error.detail;
  error.hint = "they stay queued, and sending them again changes nothing; sync again";
  return error;
}

Status PushSession::finish() {
  if (outcomes_.size() == events_.size()) return settle(outcomes_);
  return protocol_error("bad_answer", "only " + std::to_string(outcomes_.size()) + " of " +
                                          counted(events_.size(), "event") +
                                          " were answered; nothing of it was taken");
}

}  // namespace offsync
