#include "cli/remote/remote.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/interrupt.h"
#include "cli/text/output.h"
#include "event/checks.h"
#include "wire/answer_limits.h"
#include "wire/log_name.h"
#include "wire/log_page.h"
#include "wire/media_type.h"
#include "wire/problem.h"
#include "wire/status_kind.h"

namespace offsync::cli {
namespace {

constexpr std::int64_t kPollMs = 1000;
constexpr const char* kAccept = "application/x-ndjson, application/json";
constexpr const char* kIsProxy = "is that an offsync proxy?";

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

Error not_ours(const std::string& where, const std::string& why = {}) {
  return make_error(Errc::protocol, "bad_answer",
                    fmt::format("{} answered what no offsync proxy does{}{}", where,
                                why.empty() ? "" : ": ", why),
                    "check the remote's URL");
}

// A line that cannot be read is bad data of theirs, not of the user's.
Error as_answer_error(Error error, const std::string& where) {
  const bool read_wrongly = error.kind == Errc::bad_data || error.kind == Errc::protocol;
  if (!read_wrongly || error.detail.find(where) != std::string::npos) return error;
  return not_ours(where, error.detail);
}

// The body of a 200 as it comes in. `last`: that was all of it.
using BodyFn = std::function<Status(std::string_view bytes, bool last)>;

// Cuts a body into its lines.
class LineCutter {
 public:
  LineCutter(const Remote::LineFn& fn, const std::string& where) : fn_(fn), where_(where) {}

  Status operator()(std::string_view bytes, bool last) {
    for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
      rest_ += bytes.substr(0, end);
      bytes.remove_prefix(end + 1);
      OFFSYNC_TRY(fn_(rest_));
      rest_.clear();
    }
    rest_ += bytes;
    if (rest_.size() > limits::kSnapshotLineBytes) {
      return make_error(Errc::protocol, "too_large",
                        where_ + " answered with a line of over 64 MiB", kIsProxy);
    }
    // A JSON document needs no newline at its end.
    return last && !rest_.empty() ? fn_(rest_) : Status();
  }

 private:
  const Remote::LineFn& fn_;
  const std::string& where_;
  std::string rest_;
};

// One answer as it comes in; the body of a problem as a whole.
class Answer final : public HttpHandler {
 public:
  Answer(BodyFn body, Clock& clock, const std::string& where)
      : body_fn_(std::move(body)),
        clock_(clock),
        where_(where),
        begun_ms_(clock.steady_ms()),
        last_ms_(begun_ms_) {}

  void on_head(const HttpHead& head) override {
    head_ = head;
    touch();
    if (head.status != 200) return;
    const auto type = head.header("content-type");
    const bool asked_for = is_asked_for(type, kAccept);
    if (asked_for && is_epoch(head.header("offsync-epoch"))) return;
    Error error = not_ours(where_);
    if (!asked_for) error.detail += ": the type " + media_type(type);
    failure_ = std::move(error);
  }
  void on_data(std::string_view bytes) override {
    touch();
    bytes_ += bytes.size();
    if (!failure_.ok()) return;
    if (head_.status == 200) {
      failure_ = body_fn_(bytes, false);
    } else {
      body_ += bytes.substr(0, limits::kProblemBytes - body_.size());
    }
  }
  void on_done(const Status& result) override {
    done_ = true;
    if (refused()) return;  // what the status says counts, whole or not
    if (failure_.ok()) failure_ = result;
    if (failure_.ok() && head_.status == 200) failure_ = body_fn_({}, true);
  }

  bool over() const {
    return done_ || !failure_.ok() || (refused() && body_.size() >= limits::kProblemBytes);
  }
  bool done() const { return done_; }
  bool refused() const { return head_.status >= 200 && head_.status != 200; }
  bool silent_for(std::int64_t ms) const { return clock_.steady_ms() - last_ms_ > ms; }
  // After `ms` it came at less than the slowest rate.
  bool too_slow_after(std::int64_t ms) const {
    const auto slowest = static_cast<std::int64_t>(bytes_ / limits::kAnswerBytesPerMs);
    return clock_.steady_ms() - begun_ms_ > ms + slowest;
  }
  std::int64_t waited_ms() const { return clock_.steady_ms() - begun_ms_; }
  const Status& failure() const { return failure_; }
  const HttpHead& head() const { return head_; }
  const std::string& body() const { return body_; }

 private:
  void touch() { last_ms_ = clock_.steady_ms(); }

  BodyFn body_fn_;
  Clock& clock_;
  const std::string& where_;
  HttpHead head_;
  std::string body_;
  Status failure_;
  bool done_ = false;
  std::size_t bytes_ = 0;
  std::int64_t begun_ms_;
  std::int64_t last_ms_;
};

Error error_of_answer(const Answer& answer, std::int64_t wall_ms, const std::string& where) {
  const int status = answer.head().status;
  const Problem problem =
      parse_problem(status, answer.head().header("content-type"), answer.body());
  std::string why = problem.detail.empty() ? problem.title : problem.detail;
  if (!why.empty()) why = ": " + why;
  const std::string detail = fmt::format("{} answered {} ({}){}", where, status, problem.code, why);
  const Errc kind = kind_of_status(status);
  if (kind == Errc::auth) {
    return make_error(kind, problem.code, detail, "check OFFSYNC_TOKEN or token_file");
  }
  if (kind == Errc::unreachable) {
    return make_error(kind, problem.code, detail,
                      retry_hint(retry_after_ms(answer.head(), wall_ms), why));
  }
  return make_error(kind, problem.code, detail, status == 410 ? "" : kIsProxy);
}

}  // namespace

struct Remote::Impl {
  RemoteUrl url;
  std::string authorization;
  std::string where;  // for messages
  Clock& clock;
  std::int64_t timeout_ms;
  Settings settings;
  bool told;
  std::unique_ptr<Transport> transport;
  std::optional<std::int64_t> offset;
  EntityDecoder decoder;
  std::optional<ReplicaInfo> replica;  // whose log it must be
  std::string url_place;               // of `url`
  std::string answered_epoch;          // by the latest answer
  std::string answered_log;            // the same

  Status check_log(const HttpHead& head) const {
    const std::string_view epoch = head.header("offsync-epoch");
    auto log = log_name(head);
    if (!log && head.status == 200) return as_answer_error(log.error(), where);
    if (!replica || epoch.empty()) return {};
    return check_same_log(*replica, epoch, {log ? std::move(*log) : "", url_place});
  }

  // The lines of a 200 go to `fn`.
  Result<HttpHead> get_lines(const std::string& path, std::size_t max_bytes, const LineFn& fn) {
    const std::string place = where + path;
    return get(path, max_bytes, LineCutter(fn, place));
  }

  // Asks for `path` below the space; the body of a 200, which has `max_bytes` at most, goes to
  // `body`. `mark`: see events().
  Result<HttpHead> get(const std::string& path, std::size_t max_bytes, const BodyFn& body,
                       std::string_view mark = {}) {
    HttpRequest request;
    request.target = url.path + path;
    request.headers.emplace_back("Accept", kAccept);
    if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
    if (!mark.empty()) request.headers.emplace_back("Offsync-Line", std::string(mark));
    request.max_bytes = max_bytes;
    const std::string place = where + path;
    Answer answer(body, clock, place);
    const Transport::Id id = transport->start(std::move(request), answer);
    wait_for(answer);
    if (!answer.done()) transport->cancel(id);
    OFFSYNC_TRY(check_log(answer.head()));
    answered_epoch = answer.head().header("offsync-epoch");
    answered_log = answer.head().header("offsync-log");
    if (!answer.failure().ok()) return as_answer_error(answer.failure().error(), place);
    if (answer.refused()) return error_of_answer(answer, clock.wall_ms(), place);
    if (interrupted()) return make_error(Errc::unreachable, "interrupted", "interrupted");
    if (!answer.done()) return timed_out(answer, place);
    note_time(answer);
    return answer.head();
  }

  Result<SpaceInfo> info() {
    std::string json;
    OFFSYNC_TRY(get_lines("", limits::kLineBytes, [&](std::string_view line) -> Status {
      json += line;
      return {};
    }));
    OFFSYNC_ASSIGN(SpaceInfo space, parse_space_info(json));
    OFFSYNC_TRY(check_epoch("", space.epoch));
    if (space.log.empty() || space.log == answered_log) return space;
    return not_ours(where, fmt::format("it is of a log of the name {}, and the answer of {}",
                                       space.log, answered_log.empty() ? "none" : answered_log));
  }

  // Whether an answer's body, which is of the log `of`, and its head agree.
  Status check_epoch(const std::string& path, const std::string& of) const {
    if (of == answered_epoch) return {};
    return not_ours(where + path,
                    fmt::format("it is of the log {}, and the answer of {}", of, answered_epoch));
  }

  // Of an answer whose body does not say which log it is of: one that is not the replica's counts
  // only where the space says the same of itself, as one does whose log began anew.
  Status confirm(const std::string& path) {
    if (!is_epoch(answered_epoch)) return not_ours(where + path, "it bears no epoch of a log");
    if (!replica || replica->epoch.empty() || replica->epoch == answered_epoch) return {};
    const std::string answered = answered_epoch;
    OFFSYNC_ASSIGN(const SpaceInfo space, info());
    if (space.epoch == answered) return {};
    return not_ours(where + path, fmt::format("it is of the log {}, and that of the space is {}",
                                              answered, space.epoch));
  }

  void wait_for(const Answer& answer) {
    while (!answer.over() && !answer.silent_for(timeout_ms) && !answer.too_slow_after(timeout_ms) &&
           !interrupted()) {
      if (!told && answer.waited_ms() > limits::kAskQuietMs) {
        say(settings, "asking " + where + " …");
        told = true;
      }
      transport->poll(std::min(told ? kPollMs : limits::kAskQuietMs / 4, timeout_ms));
    }
  }

  Error timed_out(const Answer& answer, const std::string& place) const {
    const double seconds = static_cast<double>(timeout_ms) / 1000;
    return make_error(Errc::unreachable, "timeout",
                      answer.silent_for(timeout_ms)
                          ? fmt::format("{} sent nothing for {:g} s", place, seconds)
                          : fmt::format("{} sends too slowly", place),
                      "try again");
  }

  // Only of an answer that was taken whole.
  void note_time(const Answer& answer) {
    const auto ms = parse_sequence(answer.head().header("offsync-time"));
    if (!ms || *ms < limits::kFirstProxyMs || *ms > limits::kLastProxyMs) return;
    offset = static_cast<std::int64_t>(*ms) - clock.wall_ms();
  }
};

Remote::Remote(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Remote::Remote(Remote&&) noexcept = default;
Remote& Remote::operator=(Remote&&) noexcept = default;
Remote::~Remote() = default;

Result<Remote> Remote::open(Context& context, const Settings& settings, const std::string& url,
                            Ask ask) {
  OFFSYNC_ASSIGN(RemoteUrl parts, parse_remote(url));
  OFFSYNC_ASSIGN(std::string token, cli::authorization(settings));
  OFFSYNC_ASSIGN(auto transport, context.network(parts.origin, settings));
  return Remote(std::unique_ptr<Impl>(
      new Impl{std::move(parts),
               std::move(token),
               printable_remote(url),
               context.clock,
               ask == Ask::briefly ? settings.ask_timeout_ms : settings.request_timeout_ms,
               settings,
               ask == Ask::silently,
               std::move(transport),
               {},
               {},
               {},
               place_of(url),
               {},
               {}}));
}

void Remote::must_be_of(const ReplicaInfo& replica) {
  impl_->replica = replica;
}

Result<SpaceInfo> Remote::info() {
  return impl_->info();
}

Result<std::optional<EntityRecord>> Remote::entity(std::string_view subject) {
  std::optional<EntityRecord> record;
  const std::string path = "/state?subject=" + percent_encoded(subject);
  const auto got =
      impl_->get_lines(path, limits::kSnapshotLineBytes + 1, [&](std::string_view line) {
        if (record) return Status(not_ours(impl_->where + "/state"));
        auto decoded = impl_->decoder.decode(line);
        if (!decoded) return Status(std::move(decoded).error());
        record = std::move(decoded).value();
        return Status();
      });
  const bool none = !got && got.error().code == "no_entity";
  if (!got && !none) return got.error();
  OFFSYNC_TRY(impl_->confirm("/state"));
  if (none) return std::optional<EntityRecord>();
  if (!record || record->subject != subject) return not_ours(impl_->where + "/state");
  return record;
}

Result<SnapshotHeader> Remote::state(const EntityFn& entity) {
  SnapshotReader reader("the proxy's state",
                        "check that the remote is an offsync proxy, and its version");
  const auto take = [&](std::string_view line) -> Status {
    OFFSYNC_ASSIGN(const auto part, reader.take(line));
    return part == SnapshotReader::Part::entity ? entity(reader.entity(), line) : Status();
  };
  OFFSYNC_TRY(impl_->get_lines("/state", limits::kSnapshotBytes, take));
  OFFSYNC_TRY(reader.end());
  const SnapshotHeader& head = *reader.header();
  OFFSYNC_TRY(impl_->check_epoch("/state", head.cursor.epoch));
  return head;
}

Status Remote::conflicts(const LineFn& conflict) {
  std::uint64_t seen = 0;
  const auto take = [&](std::string_view line) {
    ++seen;
    return conflict(line);
  };
  OFFSYNC_ASSIGN(const HttpHead answer,
                 impl_->get_lines("/conflicts", limits::kConflictsBytes, take));
  OFFSYNC_TRY(impl_->confirm("/conflicts"));
  const std::string_view count = answer.header("offsync-count");
  if (count.empty() || parse_sequence(count) == seen) return {};  // former versions say none
  return not_ours(impl_->where + "/conflicts",
                  fmt::format("it announced {} lines, and {} came", count, seen));
}

Result<Remote::Page> Remote::events(const std::optional<Cursor>& after, std::size_t limit,
                                    std::string_view mark) {
  const std::string path =
      fmt::format("/events?limit={}", limit) + (after ? "&after=" + after->text() : "");
  LogPage page(after.value_or(Cursor{}), limit);
  const auto take = [&](std::string_view bytes, bool /*last*/) { return page.take(bytes); };
  OFFSYNC_ASSIGN(const HttpHead head, impl_->get(path, LogPage::max_bytes(limit), take, mark));
  const LogPage::Place place{std::string(head.header("offsync-epoch")),
                             Cursor::parse(head.header("offsync-cursor")),
                             parse_sequence(head.header("offsync-head"))};
  auto lines = page.finish(place);
  if (!lines && lines.error().code == kCursorExpired) return named(lines.error(), impl_->where);
  if (!lines) return as_answer_error(lines.error(), impl_->where + path);
  return Page{*place.next, *place.head, std::move(lines).value()};
}

Error named(Error error, const std::string& remote) {
  const std::string name = printable_remote(remote);
  if (error.kind == Errc::unreachable || error.kind == Errc::protocol || error.kind == Errc::auth) {
    if (error.detail.find(name) == std::string::npos) error.detail = name + ": " + error.detail;
  }
  return error;
}

std::optional<std::int64_t> Remote::clock_offset_ms() const {
  return impl_->offset;
}

}  // namespace offsync::cli
