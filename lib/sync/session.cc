#include "sync/session.h"

#include <algorithm>
#include <cstdlib>

#include "event/checks.h"
#include "wire/answer_limits.h"
#include "wire/line_mark.h"
#include "wire/log_name.h"
#include "wire/media_type.h"
#include "wire/problem.h"
#include "wire/status_kind.h"

namespace offsync {
namespace {

constexpr int kOk = 200;
constexpr int kGone = 410;
// A clock that is off by less than this beyond the measurement's own error is not worth a write.
constexpr std::int64_t kOffsetSlackMs = 100;

bool is_transient(int status) {
  return kind_of_status(status) == Errc::unreachable;
}

std::string hint_of(int status, const std::string& detail,
                    std::optional<std::int64_t> retry_after_ms) {
  if (kind_of_status(status) == Errc::auth) return "check the credentials for this remote";
  const bool moved =
      status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
  if (moved) return "set the remote to the address that it moved to";
  if (status == 404) return "check the remote's URL";
  if (is_transient(status)) return retry_hint(retry_after_ms, detail);
  return "check that the remote is an offsync proxy, and its version";
}

std::string seconds(std::int64_t ms) {
  std::string text = std::to_string(ms / 1000);
  if (ms % 1000 != 0) text += "." + std::to_string(1000 + ms % 1000).substr(1);
  return text;
}

}  // namespace

bool is_stale(const Error& error) {
  return error.code == "gap" || error.code == "epoch_changed" || error.code == "superseded";
}

Result<std::string> path_of(const std::string& remote) {
  if (remote.empty()) {
    return make_error(Errc::config, "no_remote", "this replica has no remote",
                      "give it one with: offsync remote set URL");
  }
  const std::size_t scheme = remote.find("://");
  const std::size_t begin =
      scheme == std::string::npos ? scheme : remote.find('/', scheme + std::string("://").size());
  const std::string path = begin == std::string::npos ? "" : remote.substr(begin);
  const std::size_t last = path.find_last_not_of('/');
  if (last == std::string::npos || path.find_first_of("?# ") != std::string::npos) {
    return make_error(Errc::config, "bad_remote", "the remote \"" + remote + "\" names no space",
                      "it looks like http://host:8080/v1/spaces/NAME");
  }
  return path.substr(0, last + 1);
}

Status SyncContext::apply(std::string_view epoch, std::span<const std::string> lines,
                          std::uint64_t reaches) {
  OFFSYNC_ASSIGN(const Replica::Applied applied, replica.apply(epoch, lines, reaches));
  report.pulled += applied.events;
  report.conflicts += applied.conflicts;
  note_again(applied.again);
  OFFSYNC_ASSIGN(const ReplicaInfo info, replica.info());
  if (info.cursor) observer.on_applied(*info.cursor);
  observer.on_progress(report);
  return {};
}

void SyncContext::add_line_mark(HttpRequest& request, const Cursor& at) {
  // A replica that cannot be read says so where it must be read.
  const auto mark = replica.mark_at(at);
  if (mark && !mark->empty()) request.headers.emplace_back("Offsync-Line", *mark);
}

Cursor SyncContext::add_place(HttpRequest& request, const ReplicaInfo& info) {
  Cursor seen = info.cursor.value_or(Cursor{info.epoch, 0});
  const auto last = replica.last_accepted();
  const bool beyond = last && *last && (*last)->sequence > seen.sequence;
  if (beyond) seen.sequence = (*last)->sequence;
  request.headers.emplace_back("Offsync-Cursor", seen.text());
  if (beyond) {
    request.headers.emplace_back("Offsync-Event", name_mark((*last)->source, (*last)->id));
  } else {
    add_line_mark(request, seen);
  }
  return seen;
}

std::uint64_t SyncContext::accepted_upto() {
  const auto last = replica.last_accepted();
  return last && *last ? (*last)->sequence : 0;
}

Status SyncContext::note_end(std::string_view epoch, std::uint64_t head, std::uint64_t upto) {
  // Mostly all of them have come back meanwhile: then nobody need wait for the lock.
  if (upto == 0 || accepted_upto() == 0) return {};
  OFFSYNC_ASSIGN(const std::uint64_t again, replica.give_up_accepted(epoch, head, upto));
  note_again(again);
  return {};
}

void SyncContext::note_again(std::uint64_t events) {
  if (events == 0) return;
  report.again += events;
  queued_again = true;
  observer.on_progress(report);
}

Status SyncContext::check_log(std::string_view epoch, LogPlace& there) {
  OFFSYNC_ASSIGN(const ReplicaInfo info, replica.info());
  OFFSYNC_TRY(check_same_log(info, epoch, there));
  if (!there.log.empty()) {
    there.sure = there.log == epoch || (said_epoch == epoch && said_log == there.log);
    said_epoch = epoch;
    said_log = there.log;
  }
  // A replica that is busy is told by the next answer.
  if (Status noted = replica.note_place(epoch, there); !noted && noted.error().code != "busy")
    return noted;
  return {};
}

Session::Session(SyncContext& context, std::string what, std::int64_t idle_ms,
                 std::size_t max_bytes)
    : context_(context), what_(std::move(what)), idle_ms_(idle_ms), max_bytes_(max_bytes) {}

Session::~Session() {
  cancel();
}

void Session::cancel() {
  if (active_) context_.transport.cancel(id_);
  active_ = false;
}

void Session::begin(HttpRequest request) {
  if (!context_.options.authorization.empty()) {
    request.headers.emplace_back("Authorization", context_.options.authorization);
  }
  for (const auto& [name, value] : request.headers) {
    if (name == "Accept") accept_ = value;
  }
  request.max_bytes = max_bytes_;
  begun_ms_ = last_byte_ms_ = context_.clock.steady_ms();
  active_ = true;
  id_ = context_.transport.start(std::move(request), *this);
}

std::int64_t Session::deadline() const {
  return std::min(last_byte_ms_ + idle_ms_, own_deadline());
}

std::int64_t Session::own_deadline() const {
  const auto slowest = static_cast<std::int64_t>(bytes_ / limits::kAnswerBytesPerMs);
  return begun_ms_ + credited_ms_ + idle_ms_ + slowest;
}

void Session::on_head(const HttpHead& head) {
  head_ = head;
  head_ms_ = last_byte_ms_ = context_.clock.steady_ms();
  head_wall_ms_ = context_.clock.wall_ms();
  work_ = true;
}

void Session::on_data(std::string_view bytes) {
  last_byte_ms_ = context_.clock.steady_ms();
  work_ = true;
  bytes_ += bytes.size();
  if (head_.status != kOk) bytes = bytes.substr(0, limits::kProblemBytes - body_.size());
  body_.append(bytes);
}

void Session::on_done(const Status& result) {
  active_ = false;
  work_ = true;
  result_ = result;
}

void Session::advance() {
  if (end_ != End::running) return;
  work_ = false;
  if (head_.status != 0 && !head_seen_) look_at_head();
  const bool ok = head_.status == kOk;
  if (end_ == End::running && ok && bytes_ > max_bytes_) {
    fail(protocol_error("too_large",
                        "the answer is longer than " + std::to_string(max_bytes_) + " bytes"),
         true);
  }
  if (end_ == End::running && ok) end_by(consume(result_.has_value()));
  // Of a refusal nobody needs the rest.
  const bool told = head_seen_ && !ok && body_.size() >= limits::kProblemBytes;
  if (end_ == End::running && (result_ || told)) conclude();
  if (end_ == End::running && context_.clock.steady_ms() >= deadline()) give_up();
  if (end_ != End::running) cancel();
}

void Session::give_up() {
  if (head_seen_ && head_.status != kOk) return conclude();
  const bool silent = context_.clock.steady_ms() >= last_byte_ms_ + idle_ms_;
  fail(make_error(Errc::unreachable, "timeout",
                  silent ? what_ + " got no byte from the proxy for " + seconds(idle_ms_) + " s" +
                               of_silence()
                         : what_ + " came too slowly: " + std::to_string(bytes_) + " bytes in " +
                               seconds(context_.clock.steady_ms() - begun_ms_) + " s",
                  "try again later"),
       true);
}

void Session::look_at_head() {
  head_seen_ = true;
  log_head_ = parse_sequence(head_.header("offsync-head"));
  epoch_ = head_.header("offsync-epoch");
  there_.url = context_.place;
  auto name = log_name(head_);
  if (name) there_.log = *name;
  answered_cursor_ = Cursor::parse(head_.header("offsync-cursor"));
  retry_after_ms_ = offsync::retry_after_ms(head_, head_wall_ms_);
  if (!name && head_.status == kOk) {
    fail(protocol_error(name.error().code, name.error().detail), true);
  } else if (is_epoch(epoch_)) {
    // Before anything of the answer counts.
    if (const Status ours = context_.check_log(epoch_, there_); !ours) {
      fail(ours.error(), false);
    } else {
      context_.observer.on_answer();
    }
  } else if (head_.status == kOk) {
    fail(protocol_error("not_offsync", "the answer bears no epoch of a log"), true);
  }
  if (end_ == End::running && head_.status == kOk && !is_asked_for(content_type(), accept_)) {
    fail(protocol_error("bad_answer", "the answer is of the type " + media_type(content_type()) +
                                          ", and not " + accept_),
         true);
  }
}

// Only of an answer that was taken whole: what else bears a time may be anybody's.
void Session::note_time() {
  const auto proxy_ms = parse_sequence(head_.header("offsync-time"));
  if (!proxy_ms || *proxy_ms < limits::kFirstProxyMs || *proxy_ms > limits::kLastProxyMs) return;
  const std::int64_t half = (head_ms_ - begun_ms_) / 2;  // the error of the measurement, too
  if (half > limits::kClockGuardMs) return;
  const std::int64_t offset = static_cast<std::int64_t>(*proxy_ms) - (head_wall_ms_ - half);
  const auto info = context_.replica.info();
  if (!info || (info->cursor && info->cursor->epoch != epoch_)) return;
  const bool known = std::abs(offset - info->clock_offset_ms) <= half + kOffsetSlackMs;
  if (known && info->clock_offset_holds) return;
  // A replica that is busy must not end the session for it: the next answer tells it again.
  (void)context_.replica.note_clock_offset(offset);
}

void Session::conclude() {
  const bool by_status = head_.status >= 200 && head_.status != kOk;
  if (result_ && !result_->ok() && !by_status) {
    const Error& why = result_->error();
    Error error = why;
    error.detail = what_ + " did not come through: " + why.detail;
    // What is wanting here (a descriptor, memory) does not come by itself, as a network does.
    const bool theirs = why.kind != Errc::config && why.kind != Errc::io;
    fail(std::move(error), theirs);
  } else if (head_.status == kGone) {
    const Problem problem = parse_problem(kGone, content_type(), body_);
    end_expired(protocol_error(problem.code, problem.detail));
  } else if (head_.status != kOk) {
    refused();
  } else {
    end_by(finish());
    if (end_ != End::running) return;
    note_time();
    end_ = End::done;
  }
}

void Session::refused() {
  const int status = head_.status;
  const Problem problem = parse_problem(status, content_type(), body_);
  std::string detail = what_ + " was answered with status " + std::to_string(status);
  if (const auto to = head_.header("location"); status >= 300 && status < 400 && !to.empty()) {
    detail.append(" (moved to ").append(to).append(")");
  }
  if (!problem.detail.empty() || !problem.title.empty()) {
    detail.append(": ").append(problem.detail.empty() ? problem.title : problem.detail);
  }
  // What is neither a 200 nor an error may come from something in between (a hotel's login page).
  const bool odd = status < 400 && status != 204;
  std::string hint = hint_of(status, detail, retry_after_ms_);
  fail(make_error(kind_of_status(status), problem.code, std::move(detail), std::move(hint)),
       odd || is_transient(status));
}

bool Session::refused_on_the_way() const {
  const int status = head_.status;
  if (end_ != End::failed || status < 400 || status == 401 || status == 407) return false;
  if (is_transient(status) || is_epoch(epoch_)) return false;
  return head_.header("offsync-time").empty() && error_.code == "http_" + std::to_string(status);
}

void Session::end_by(const Status& status) {
  if (status.ok() || end_ != End::running) return;
  Error error = status.error();
  if (is_stale(error)) {
    const bool ours = error.kind == Errc::partial;
    return end_stale(ours ? std::move(error) : protocol_error(error.code, error.detail));
  }
  const bool from_proxy = error.kind == Errc::bad_data;
  if (from_proxy) error = protocol_error(error.code, error.detail);
  const bool worth_retrying = error.kind == Errc::protocol || error.code == "busy";
  fail(std::move(error), worth_retrying);
}

void Session::fail(Error error, bool worth_retrying) {
  end_ = End::failed;
  error_ = std::move(error);
  worth_retrying_ = worth_retrying;
}

void Session::end_stale(Error error) {
  end_ = End::stale;
  error_ = std::move(error);
}

void Session::end_expired(Error error) {
  end_ = End::expired;
  error_ = std::move(error);
}

void Session::end_began_anew(const std::string& epoch) {
  end_expired(protocol_error(kCursorExpired, "the log began anew as " + epoch));
}

Error Session::protocol_error(std::string code, const std::string& why) const {
  // A refusal may come without a word.
  const std::string said = why.empty() ? "the proxy gave no reason (" + code + ")" : why;
  return make_error(Errc::protocol, std::move(code), what_ + " cannot go on: " + said,
                    "check that the remote is an offsync proxy, and its version");
}

std::vector<std::string> Session::take_lines(bool rest) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  while (begin < body_.size()) {
    std::size_t end = body_.find('\n', begin);
    if (end == std::string::npos) {
      if (!rest) break;
      end = body_.size();
    }
    if (end > begin) lines.emplace_back(body_, begin, end - begin);
    begin = end + 1;
  }
  body_.erase(0, begin);
  return lines;
}

}  // namespace offsync
