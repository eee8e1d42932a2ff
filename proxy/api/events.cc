// GET and POST of events, and the stream.
#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "event/checks.h"
#include "event/json_check.h"
#include "proxy/api/log_source.h"
#include "proxy/api/parts.h"
#include "proxy/http/problems.h"
#include "wire/cursor.h"
#include "wire/line_mark.h"
#include "wire/sse.h"

namespace offsync::proxy {
namespace {

constexpr std::size_t kPageBytes = 4 * 1024 * 1024;
// A page with a filter looks at no more events than these, and says with its cursor where it is.
constexpr std::size_t kScanEvents = 10 * limits::kPageEvents;

std::variant<std::size_t, Problem> limit_of(const Target& target) {
  const auto limit = parse_number(target.parameter("limit").value_or(""));
  if (!limit || *limit == 0 || *limit > limits::kPageEvents) {
    return problem_of(
        kBadRequest,
        fmt::format("limit is not a number from 1 to {}; to get more events, go on from "
                    "the Offsync-Cursor of a page, or leave limit out",
                    limits::kPageEvents));
  }
  return static_cast<std::size_t>(*limit);
}

std::variant<EventFilter, Problem> filter_of(const Target& target) {
  for (const char* name : {"type", "subject"}) {
    if (target.parameter(name) != std::string_view()) continue;
    return problem_of(kBadRequest, fmt::format("{} is empty, which nothing matches: leave it out "
                                               "to get all, or give a glob",
                                               name));
  }
  EventFilter filter{std::string(target.parameter("type").value_or("")),
                     std::string(target.parameter("subject").value_or(""))};
  if (filter.type.size() > limits::kTypeBytes || filter.subject.size() > limits::kSubjectBytes) {
    return problem_of(kBadRequest, "a filter is longer than what it could match");
  }
  return filter;
}

bool is_object(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  return begin != text.npos && text[begin] == '{' && check_json(text).ok();
}

// What the sender of a push has seen must be in the log. A log that began anew, or was put back to
// an earlier place, may lack events that the sender will queue again, and these go first.
std::optional<Problem> lost_place(const ApiRequest& request, const SpaceState& at) {
  const auto text = request.header("Offsync-Cursor");
  if (text.empty()) return std::nullopt;
  const auto seen = Cursor::parse(text);
  if (!seen) {
    return problem_of(kBadCursor, "Offsync-Cursor is not EPOCH-SEQUENCE");
  }
  if (seen->epoch == at.epoch && seen->sequence <= at.head) {
    // Who has read nothing yet has nothing that could be another's.
    if (seen->sequence == 0 || seen->sequence + 1 >= at.oldest) return std::nullopt;
    return history_gone(seen->sequence, at.oldest);  // and so nobody can compare
  }
  return problem_of(kExpired,
                    fmt::format("the log is at {}, and its sender has seen {}; nothing was taken: "
                                "fetch the state, then push again",
                                Cursor{at.epoch, at.head}.text(), seen->text()));
}

}  // namespace

Problem history_gone(std::uint64_t after, std::uint64_t oldest) {
  return problem_of(
      kExpired,
      fmt::format("events right behind sequence {} are not kept any more, the oldest is {}; "
                  "fetch the state and go on from its cursor",
                  after, oldest));
}

std::variant<std::uint64_t, Problem> position_of(std::string_view after, const SpaceState& at) {
  if (after == "now") return at.head;
  auto sequence = parse_sequence(after);
  if (!sequence) {
    const auto cursor = Cursor::parse(after);
    if (!cursor) {
      return problem_of(kBadCursor, "the cursor is neither EPOCH-SEQUENCE nor a sequence");
    }
    if (cursor->epoch != at.epoch) {
      return problem_of(kExpired,
                        "the cursor is of another log; fetch the state and go on from its cursor");
    }
    sequence = cursor->sequence;
  }
  if (*sequence > at.head) {
    return problem_of(
        kExpired, fmt::format("the cursor is at {}, but the log ends at {}; fetch the state and "
                              "go on from its cursor",
                              *sequence, at.head));
  }
  if (*sequence + 1 < at.oldest) return history_gone(*sequence, at.oldest);
  return *sequence;
}

std::optional<ApiAnswer> Api::other_line(const Call& call, std::uint64_t sequence) {
  const auto mark = call.request.header("Offsync-Line");
  const auto name = call.request.header("Offsync-Event");
  if ((!mark.empty() && !is_mark(mark)) || (!name.empty() && !is_mark(name))) {
    return answer_of(problem_of(
        kBadRequest, "Offsync-Line and Offsync-Event are marks: 16 hexadecimal digits, a-f small"));
  }
  if (mark.empty() && name.empty()) return std::nullopt;
  if (sequence == 0) {
    return answer_of(problem_of(kBadRequest,
                                "Offsync-Line and Offsync-Event say what stands at the cursor, "
                                "and there is none, or it is at the beginning"));
  }
  const auto entries = store_.read(call.space, sequence - 1, 1, 0);
  if (!entries) return store_failed("read", entries.error());
  bool known = true, same = false;
  if (!entries->empty() && entries->front().sequence == sequence) {
    const LogEntry& there = entries->front();
    same = (mark.empty() || mark == line_mark(there.line)) &&
           (name.empty() || name == name_mark(there.source, there.id));
  } else {
    const auto at = store_.space(call.space);  // it may have been compacted just now
    if (!at) return store_failed("read", at.error());
    if (at->oldest != sequence + 1) return answer_of(history_gone(sequence, at->oldest));
    known = !at->gone_line.empty();
    same = (mark.empty() || mark == at->gone_line) && (name.empty() || name == at->gone_event);
  }
  if (same) return std::nullopt;
  // What cannot be compared is not trusted.
  const std::string what =
      known ? fmt::format(
                  "the log has another event at {} than its client: it was put back, and "
                  "has grown since",
                  sequence)
            : fmt::format("the log does not know any more what it had at {}", sequence);
  return answer_of(problem_of(kExpired, what + "; fetch the state and go on from its cursor"));
}

std::optional<ApiAnswer> Api::post_events(const Call& call, const AnswerFn& answered) {
  if (const auto lost = lost_place(call.request, call.at)) return answer_of(*lost);
  const auto seen = Cursor::parse(call.request.header("Offsync-Cursor"));
  if (auto other = other_line(call, seen ? seen->sequence : 0)) return std::move(*other);
  const auto taken = std::make_shared<TakenBytes>(bytes_);
  auto events = posted(call.request, *taken);
  if (const auto* problem = std::get_if<Problem>(&events)) return answer_of(*problem);
  const auto& lines = std::get<Posted>(events).lines;
  // Of one event there is nothing to answer for but the body as a whole.
  const bool no_json = std::get<Posted>(events).one && lines.size() == 1 && !is_object(lines[0]);
  ingest_.submit(call.space, std::move(std::get<Posted>(events).lines),
                 call.request.header("Offsync-Source"),
                 [this, &request = call.request, at = call.at, taken, no_json,
                  answered](const Result<Ingest::Answer>& done) {
                   ApiAnswer answer;
                   try {
                     answer = answer_to_events(done, no_json);
                     name_log(at, answer);
                     finish(request, answer);
                   } catch (const std::exception& thrown) {
                     answer = failed(request, thrown);
                   }
                   taken->give_back();  // whoever hears the answer may send as much again
                   answered(std::move(answer));
                 });
  return std::nullopt;
}

ApiAnswer Api::answer_to_events(const Result<Ingest::Answer>& done, bool no_json) {
  ApiAnswer answer;
  if (!done) {
    answer = done.error().code == "stopping"
                 ? answer_of(problem_of(kNotReady, "the proxy is stopping"))
                 : store_failed("written", done.error());
    answer.route = "events";
    return answer;
  }
  const auto& outcomes = done->outcomes;
  if (no_json && outcomes.size() == 1 && outcomes[0].code == "malformed") {
    answer = answer_of(problem_of(kBadRequest, outcomes[0].detail));
    answer.route = "events";
    return answer;
  }
  answer.route = "events";
  answer.content_type = kNdjson;
  for (const auto& outcome : outcomes) {
    answer.body += encode_outcome(outcome);
    answer.body += '\n';
    if (outcome.kind == OutcomeKind::accepted) metrics_.accepted++;
    if (outcome.kind == OutcomeKind::duplicate) metrics_.duplicate++;
    if (outcome.kind == OutcomeKind::rejected) metrics_.rejected++;
    if (outcome.kind == OutcomeKind::held) metrics_.held++;
    metrics_.conflicts += outcome.conflicts;
  }
  answer.headers.emplace_back("Offsync-Epoch", done->epoch);
  return answer;
}

ApiAnswer Api::get_events(const Call& call) {
  if (wants_stream(call.request)) return stream(call);
  const auto after = position_of(call.target.parameter("after").value_or("0"), call.at);
  if (const auto* problem = std::get_if<Problem>(&after)) return answer_of(*problem);
  if (auto other = other_line(call, std::get<std::uint64_t>(after))) return std::move(*other);
  if (!call.target.parameter("limit")) return whole_log(call, std::get<std::uint64_t>(after));
  return page(call, std::get<std::uint64_t>(after));
}

ApiAnswer Api::page(const Call& call, std::uint64_t after) {
  const auto limit = limit_of(call.target);
  if (const auto* problem = std::get_if<Problem>(&limit)) return answer_of(*problem);
  const auto filter = filter_of(call.target);
  if (const auto* problem = std::get_if<Problem>(&filter)) return answer_of(*problem);
  const auto& wanted = std::get<EventFilter>(filter);
  ApiAnswer answer;
  answer.content_type = kNdjson;
  std::size_t found = 0, scanned = 0;
  while (found < std::get<std::size_t>(limit) && scanned < kScanEvents &&
         answer.body.size() < kPageBytes) {
    const auto ask = wanted.all() ? std::get<std::size_t>(limit) - found : limits::kPageEvents;
    const auto entries = store_.read(call.space, after, ask, kPageBytes - answer.body.size());
    if (!entries) return store_failed("read", entries.error());
    if (entries->empty()) break;
    if (entries->front().sequence != after + 1) {
      return answer_of(history_gone(after, entries->front().sequence));
    }
    for (const auto& entry : *entries) {
      if (found == std::get<std::size_t>(limit)) break;
      after = entry.sequence;
      ++scanned;
      if (!wanted.all() && !wanted.matches(event_keys(entry.line))) continue;
      answer.body += entry.line;
      answer.body += '\n';
      ++found;
    }
  }
  answer.headers.emplace_back("Offsync-Cursor", Cursor{call.at.epoch, after}.text());
  answer.headers.emplace_back("Offsync-Head", std::to_string(std::max(call.at.head, after)));
  return answer;
}

// Everything up to the head of this moment, however much that is. It is read while it is written,
// and nothing of the store is held in between.
ApiAnswer Api::whole_log(const Call& call, std::uint64_t after) {
  const auto filter = filter_of(call.target);
  if (const auto* problem = std::get_if<Problem>(&filter)) return answer_of(*problem);
  ApiAnswer answer;
  answer.content_type = kNdjson;
  answer.source = std::make_unique<LogSource>(store_, call.space, after, call.at,
                                              std::get<EventFilter>(filter));
  answer.headers.emplace_back("Offsync-Cursor", Cursor{call.at.epoch, call.at.head}.text());
  answer.headers.emplace_back("Offsync-Head", std::to_string(call.at.head));
  return answer;
}

// Last-Event-ID goes before `after`: a client that reconnects sends the same address again. Where a
// page has an EventSource of its own making, that may have to put it into the address.
ApiAnswer Api::stream(const Call& call) {
  if (call.target.parameter("limit")) {
    return answer_of(problem_of(kBadRequest, "a stream has no end, and so no limit: leave it out"));
  }
  const auto filter = filter_of(call.target);
  if (const auto* problem = std::get_if<Problem>(&filter)) return answer_of(*problem);
  auto from = call.request.header("Last-Event-ID");
  if (from.empty()) from = call.target.parameter("lastEventId").value_or("");
  if (from.empty()) from = call.target.parameter("after").value_or("0");
  const auto after = position_of(from, call.at);

  ApiAnswer answer;
  answer.route = "stream";
  answer.content_type = kEventStream;
  answer.close = true;
  answer.headers.emplace_back("Cache-Control", "no-store");
  answer.headers.emplace_back("X-Accel-Buffering", "no");
  append_sse_retry(answer.body, options_.retry_ms);
  const auto hello = encode_hello({call.at.epoch, call.at.head});
  if (const auto* problem = std::get_if<Problem>(&after)) {
    if (problem->status != 410) return answer_of(*problem);
    append_sse(answer.body, {}, "hello", hello);
    append_sse(answer.body, {}, "reset", encode_problem(*problem));
    return answer;
  }
  if (auto other = other_line(call, std::get<std::uint64_t>(after))) {
    if (other->status != 410) return std::move(*other);
    append_sse(answer.body, {}, "hello", hello);
    append_sse(answer.body, {}, "reset", other->body);
    return answer;
  }
  // With an id the starting point is fixed: who is cut before an event came comes back to the same
  // one, whatever `after` says.
  append_sse(answer.body, Cursor{call.at.epoch, std::get<std::uint64_t>(after)}.text(), "hello",
             hello);
  answer.stream = SubscribeRequest{call.space, call.at.epoch, std::get<std::uint64_t>(after),
                                   std::get<EventFilter>(filter), std::move(answer.body)};
  answer.body.clear();
  return answer;
}

}  // namespace offsync::proxy
