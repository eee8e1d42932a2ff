#include "cli/remote.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "cli/interrupt.h"

namespace offsync::cli {
namespace {

constexpr std::size_t kProblemBytes = 64 * 1024;
constexpr std::size_t kAnswerLineBytes = 64 * 1024 * 1024;  // an entity with many counter entries
constexpr std::int64_t kPollMs = 1000;
constexpr const char* kIsProxy = "is that an offsync proxy?";

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return value;
}

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

Error not_ours(const std::string& where) {
  return make_error(Errc::protocol, "bad_answer",
                    fmt::format("{} answered what no offsync proxy does", where),
                    "check the remote's URL");
}

// A line that cannot be read is bad data of theirs, not of the user's.
Error as_answer_error(Error error, const std::string& where) {
  const bool read_wrongly = error.kind == Errc::bad_data || error.kind == Errc::protocol;
  if (!read_wrongly || error.detail.find(where) != std::string::npos) return error;
  Error answer = not_ours(where);
  answer.detail += ": " + error.detail;
  return answer;
}

// The lines of one answer as they come in; the body of a problem as a whole.
class Lines final : public HttpHandler {
 public:
  Lines(const Remote::LineFn& fn, Clock& clock, const std::string& where)
      : fn_(fn), clock_(clock), where_(where) {
    touch();
  }

  void on_head(const HttpHead& head) override {
    head_ = head;
    touch();
    if (head.status == 200 && head.header("offsync-epoch").empty()) failure_ = not_ours(where_);
  }
  void on_data(std::string_view bytes) override {
    touch();
    if (!failure_.ok()) return;
    if (head_.status != 200) {
      body_ += bytes.substr(0, kProblemBytes - std::min(kProblemBytes, body_.size()));
      return;
    }
    for (auto end = bytes.find('\n'); end != std::string_view::npos; end = bytes.find('\n')) {
      body_ += bytes.substr(0, end);
      bytes.remove_prefix(end + 1);
      failure_ = fn_(body_);
      body_.clear();
      if (!failure_.ok()) return;
    }
    body_ += bytes;
    if (body_.size() > kAnswerLineBytes) {
      failure_ =
          make_error(Errc::protocol, "too_large", "the answer has a line of over 64 MiB", kIsProxy);
    }
  }
  void on_done(const Status& result) override {
    done_ = true;
    if (failure_.ok()) failure_ = result;
    // A JSON document needs no newline at its end.
    if (failure_.ok() && head_.status == 200 && !body_.empty()) failure_ = fn_(body_);
  }

  bool over() const { return done_ || !failure_.ok(); }
  bool done() const { return done_; }
  bool silent_for(std::int64_t ms) const { return clock_.steady_ms() - last_ms_ > ms; }
  const Status& failure() const { return failure_; }
  const HttpHead& head() const { return head_; }
  const std::string& body() const { return body_; }

 private:
  void touch() { last_ms_ = clock_.steady_ms(); }

  const Remote::LineFn& fn_;
  Clock& clock_;
  const std::string& where_;
  HttpHead head_;
  std::string body_;
  Status failure_;
  bool done_ = false;
  std::int64_t last_ms_ = 0;
};

Error error_of_answer(const Lines& lines, const std::string& where) {
  const int status = lines.head().status;
  const Problem problem = parse_problem(status, lines.head().header("content-type"), lines.body());
  std::string why = problem.detail.empty() ? problem.title : problem.detail;
  if (!why.empty()) why = ": " + why;
  const std::string detail = fmt::format("{} answered {} ({}){}", where, status, problem.code, why);
  if (status == 401 || status == 403) {
    return make_error(Errc::auth, problem.code, detail, "check OFFSYNC_TOKEN or token_file");
  }
  if (status == 408 || status == 429 || status >= 500) {
    const bool said = why.find("try again") != std::string::npos;
    return make_error(Errc::unreachable, problem.code, detail, said ? "" : "try again later");
  }
  if (status == 410) return make_error(Errc::protocol, problem.code, detail);
  return make_error(Errc::protocol, problem.code, detail, kIsProxy);
}

}  // namespace

struct Remote::Impl {
  RemoteUrl url;
  std::string authorization;
  std::string where;  // for messages
  Clock& clock;
  std::int64_t timeout_ms;
  std::unique_ptr<Transport> transport;
  std::optional<std::int64_t> offset;
  EntityDecoder decoder;
  std::optional<ReplicaInfo> replica;  // whose log it must be
  std::string url_place;               // of `url`

  Status check_log(const HttpHead& head) const {
    const std::string_view epoch = head.header("offsync-epoch");
    if (!replica || epoch.empty()) return {};
    return check_same_log(*replica, epoch, {std::string(head.header("offsync-log")), url_place});
  }

  // Asks for `path` below the space; the lines of a 200 go to `fn`.
  Result<HttpHead> get(const std::string& path, const LineFn& fn) {
    HttpRequest request;
    request.target = url.path + path;
    request.headers.emplace_back("Accept", "application/x-ndjson, application/json");
    if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
    const std::string place = where + path;
    Lines lines(fn, clock, place);
    const Transport::Id id = transport->start(std::move(request), lines);
    while (!lines.over() && !lines.silent_for(timeout_ms) && !interrupted()) {
      transport->poll(std::min(kPollMs, timeout_ms));
    }
    if (!lines.done()) transport->cancel(id);
    if (const auto ms = number<std::int64_t>(lines.head().header("offsync-time"))) {
      offset = *ms - clock.wall_ms();
    }
    OFFSYNC_TRY(check_log(lines.head()));
    if (!lines.failure().ok()) return as_answer_error(lines.failure().error(), place);
    if (interrupted()) return make_error(Errc::unreachable, "interrupted", "interrupted");
    if (!lines.done()) {
      return make_error(
          Errc::unreachable, "timeout",
          fmt::format("{} sent nothing for {:g} s", place, static_cast<double>(timeout_ms) / 1000),
          "try again");
    }
    if (lines.head().status != 200) return error_of_answer(lines, place);
    return lines.head();
  }
};

Remote::Remote(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Remote::Remote(Remote&&) noexcept = default;
Remote& Remote::operator=(Remote&&) noexcept = default;
Remote::~Remote() = default;

Result<Remote> Remote::open(Context& context, const Settings& settings, const std::string& url) {
  OFFSYNC_ASSIGN(RemoteUrl parts, parse_remote(url));
  OFFSYNC_ASSIGN(std::string token, cli::authorization(settings));
  OFFSYNC_ASSIGN(auto transport, context.network(parts.origin, settings));
  return Remote(std::unique_ptr<Impl>(new Impl{std::move(parts),
                                               std::move(token),
                                               printable_remote(url),
                                               context.clock,
                                               settings.request_timeout_ms,
                                               std::move(transport),
                                               {},
                                               {},
                                               {},
                                               place_of(url)}));
}

void Remote::must_be_of(const ReplicaInfo& replica) {
  impl_->replica = replica;
}

Result<SpaceInfo> Remote::info() {
  std::string json;
  OFFSYNC_TRY(impl_->get("", [&](std::string_view line) -> Status {
    json += line;
    return {};
  }));
  return parse_space_info(json);
}

Result<std::optional<EntityRecord>> Remote::entity(std::string_view subject) {
  std::optional<EntityRecord> record;
  const auto got =
      impl_->get("/state?subject=" + percent_encoded(subject), [&](std::string_view line) {
        auto decoded = impl_->decoder.decode(line);
        if (!decoded) return Status(std::move(decoded).error());
        record = std::move(decoded).value();
        return Status();
      });
  if (!got && got.error().code == "no_entity") return std::optional<EntityRecord>();
  if (!got) return got.error();
  if (!record || record->subject != subject) return not_ours(impl_->where + "/state");
  return record;
}

Result<SnapshotHeader> Remote::state(const LineFn& entity, const LineFn& conflict) {
  std::optional<SnapshotHeader> head;
  std::uint64_t seen = 0;
  OFFSYNC_TRY(impl_->get("/state", [&](std::string_view line) -> Status {
    if (!head) {
      OFFSYNC_ASSIGN(head, parse_snapshot_header(line));
      return {};
    }
    ++seen;
    return seen <= head->entities ? entity(line) : conflict(line);
  }));
  if (!head || seen != head->entities + head->conflicts) return not_ours(impl_->where + "/state");
  return *head;
}

Status Remote::conflicts(const LineFn& conflict) {
  OFFSYNC_TRY(impl_->get("/conflicts", conflict));
  return {};
}

Result<Remote::Page> Remote::events(const std::optional<Cursor>& after, std::size_t limit) {
  Page page;
  std::string path = fmt::format("/events?limit={}", limit);
  if (after) path += "&after=" + after->text();
  OFFSYNC_ASSIGN(const HttpHead head, impl_->get(path, [&](std::string_view line) -> Status {
    page.lines.emplace_back(line);
    return {};
  }));
  const auto next = Cursor::parse(head.header("offsync-cursor"));
  const auto newest = number<std::uint64_t>(head.header("offsync-head"));
  if (!next || !newest) return not_ours(impl_->where + "/events");
  page.next = *next;
  page.head = *newest;
  return page;
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
