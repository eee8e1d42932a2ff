#include "sync/missing_session.h"

#include "wire/compress.h"

namespace offsync {
namespace {

std::string body_of(const std::vector<FormerEvent>& events) {
  std::string body;
  for (const FormerEvent& event : events) {
    body.append(encode_event_name(event.source, event.id)).push_back('\n');
  }
  return body;
}

// The question's own lines, and one in front of them.
std::size_t longest_answer(const std::vector<FormerEvent>& asked) {
  return limits::kProblemBytes + body_of(asked).size();
}

}  // namespace

MissingSession::MissingSession(SyncContext& context, const Cursor& seen,
                               std::vector<FormerEvent> asked)
    : Session(context, "the question what the log lacks", context.options.request_timeout_ms,
              longest_answer(asked)),
      seen_(seen),
      asked_(std::move(asked)) {
  HttpRequest request;
  request.method = "POST";
  request.target = context.base + "/missing";
  request.headers = {{"Content-Type", "application/x-ndjson"},
                     {"Accept", "application/x-ndjson"},
                     {"Content-Encoding", "gzip"}};
  request.body = compress(body_of(asked_), Coding::gzip);
  request.timeout_ms = context.options.request_timeout_ms;
  begin(std::move(request));
}

Status MissingSession::consume(bool last) {
  if (epoch_ != seen_.epoch) {
    end_began_anew(epoch_);
    return {};
  }
  if (!last) return {};
  for (const std::string& line : take_lines(complete())) {
    if (!header_) {
      OFFSYNC_ASSIGN(header_, parse_missing_header(line));
      continue;
    }
    OFFSYNC_ASSIGN(const EventName name, parse_event_name(line));
    const auto is_it = [&](const FormerEvent& event) {
      return event.id == name.id && event.source == name.source;
    };
    while (next_ < asked_.size() && !is_it(asked_[next_])) ++next_;
    if (next_ == asked_.size()) {
      return protocol_error("bad_answer", "it names an event that was not asked for");
    }
    missing_.push_back(asked_[next_++].n);
  }
  return {};
}

// What is not named is in the log: that counts only of an answer that is whole.
Status MissingSession::finish() {
  if (!header_ || header_->asked != asked_.size() || header_->missing != missing_.size()) {
    return protocol_error("bad_answer", "it was cut, or answers another question");
  }
  return settle(missing_);
}

Status MissingSession::take_all_as_missing() {
  std::vector<std::uint64_t> all;
  for (const FormerEvent& event : asked_) all.push_back(event.n);
  return settle(all);
}

Status MissingSession::settle(const std::vector<std::uint64_t>& missing) {
  OFFSYNC_ASSIGN(const Replica::Found found,
                 context_.replica.settle_doubtful(seen_.epoch, asked_, missing));
  context_.report.again += found.again;
  context_.report.lost += found.lost;
  context_.observer.on_progress(context_.report);
  return {};
}

}  // namespace offsync
