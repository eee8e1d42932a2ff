// A LogTail, its replica, and a proxy's log behind a transport that answers at once.
#pragma once

#include <fmt/format.h>

#include <functional>
#include <map>

#include "base/rfc3339.h"
#include "cli/remote/log_tail.h"
#include "support/catch.h"
#include "support/failing_sql.h"
#include "support/ports.h"
#include "support/temp_dir.h"
#include "wire/line_mark.h"

namespace offsync::test::tail {

using cli::LogTail;
using cli::Remote;
using cli::TailStart;
using From = cli::TailStart::From;

inline std::string event_line(std::uint64_t sequence, const std::string& id,
                              const std::string& taken = "2026-11-23T12:00:00.000Z") {
  return fmt::format(
      R"({{"specversion":"1.0","id":"{}","source":"/s","type":"t.set","subject":"t/1",)"
      R"("time":"2026-11-23T12:00:00.000Z","stamp":"019ab1c0d000-0000-00000000000000ff",)"
      R"("data":{{"set":{{"v":{}}}}},"sequence":"{}",)"
      R"("recordedtime":"{}"}})",
      id, sequence, sequence, taken);
}

// The proxy's log, behind a transport that answers at once.
struct Log {
  std::string epoch = "one";
  std::uint64_t head = 0, oldest = 1;
  bool reachable = true;
  int pages = 0;
  // Since it was put back, those behind are other ones; some of the former come again later.
  std::uint64_t kept = UINT64_MAX;
  std::map<std::uint64_t, std::uint64_t> again = {};
  std::string time = {};                                 // Offsync-Time; empty: it is not said
  std::function<std::string(std::uint64_t)> taken = {};  // recordedtime

  std::string line(std::uint64_t sequence) const {
    const auto it = again.find(sequence);
    if (it != again.end()) return event_line(sequence, fmt::format("e{}", it->second));
    const std::string id = fmt::format("{}{}", sequence > kept ? "f" : "e", sequence);
    return taken ? event_line(sequence, id, taken(sequence)) : event_line(sequence, id);
  }
  void put_back(std::uint64_t to, std::uint64_t grown_to) {
    kept = to;
    head = grown_to;
  }
};

class LogTransport final : public Transport {
 public:
  explicit LogTransport(Log& log) : log_(log) {}
  Id start(HttpRequest request, HttpHandler& handler) override {
    waiting_[++last_] = {std::move(request), &handler};
    return last_;
  }
  void cancel(Id id) override { waiting_.erase(id); }
  void poll(std::int64_t) override {
    const auto now = std::move(waiting_);
    waiting_.clear();
    for (const auto& [id, exchange] : now) answer(exchange.first, *exchange.second);
  }

 private:
  void answer(const HttpRequest& request, HttpHandler& handler) {
    const std::string& target = request.target;
    if (!log_.reachable) return handler.on_done(make_error(Errc::unreachable, "connect", "no"));
    const auto after = target.find("after=");
    if (after == std::string::npos) return send(handler, 200, space());
    const auto cursor = Cursor::parse(target.substr(after + 6));
    REQUIRE(cursor);
    ++log_.pages;
    bool lost = cursor->epoch != log_.epoch || cursor->sequence + 1 < log_.oldest ||
                cursor->sequence > log_.head;
    for (const auto& [name, value] : request.headers) {
      lost = lost || (name == "Offsync-Line" && value != line_mark(log_.line(cursor->sequence)));
    }
    if (lost) {
      return send(handler, 410, R"({"status":410,"code":"cursor_expired"})");
    }
    std::string body;
    const std::size_t limit = std::stoull(target.substr(target.find("limit=") + 6));
    const std::size_t most = std::min<std::size_t>(limit, 3);  // small pages
    const std::uint64_t upto = std::min(log_.head, cursor->sequence + most);
    for (auto n = cursor->sequence + 1; n <= upto; ++n) body += log_.line(n) + "\n";
    send(handler, 200, body, fmt::format("{}-{}", log_.epoch, upto));
  }
  std::string space() const {
    return encode_space_info({"s", log_.epoch, "", log_.head, log_.oldest, log_.head});
  }
  void send(HttpHandler& handler, int status, const std::string& body,
            const std::string& cursor = "") const {
    HttpHead head;
    head.status = status;
    head.headers = {
        {"content-type", status == 200 ? "application/x-ndjson" : "application/problem+json"},
        {"offsync-epoch", log_.epoch},
        {"offsync-cursor", cursor},
        {"offsync-time", log_.time},
        {"offsync-head", std::to_string(log_.head)}};
    handler.on_head(head);
    handler.on_data(body);
    handler.on_done({});
  }

  Log& log_;
  Id last_ = 0;
  std::map<Id, std::pair<HttpRequest, HttpHandler*>> waiting_;
};

struct Fixture {
  Fixture() {
    auto made =
        Replica::create(folder.file("replica.db"), {"http://h/v1/spaces/s", ""}, clock, random);
    REQUIRE(made.ok());
    replica.emplace(std::move(made).value());
  }
  // What a sync does: the snapshot at `sequence`, or the log up to it.
  void bootstrap(std::uint64_t sequence) {
    REQUIRE(replica->begin_snapshot().ok());
    REQUIRE(replica
                ->stage_snapshot(fmt::format("{{\"cursor\":\"{}-{}\",\"entities\":0,"
                                             "\"conflicts\":0}}\n",
                                             log.epoch, sequence))
                .ok());
    REQUIRE(replica->install_snapshot().ok());
  }
  void pull(std::uint64_t upto) {
    const auto info = replica->info();
    std::vector<std::string> lines;
    for (auto n = info->cursor->sequence + 1; n <= upto; ++n) lines.push_back(log.line(n));
    REQUIRE(replica->apply(log.epoch, lines).ok());
  }

  LogTail tail(TailStart start) {
    return LogTail(
        *replica, clock, random, std::move(start),
        [this] {
          cli::Settings settings;
          cli::Context context{clock, random, {}, 0, nullptr};
          context.network = [this](const std::string&,
                                   const cli::Settings&) -> Result<std::unique_ptr<Transport>> {
            return std::unique_ptr<Transport>(std::make_unique<LogTransport>(log));
          };
          return Remote::open(context, settings, "http://h/v1/spaces/s", Remote::Ask::silently);
        },
        [this](std::string_view, const EventView& event) {
          seen.push_back(event.sequence);
          if (seen.size() >= limit) return LogTail::Next::end;
          return pausing ? LogTail::Next::pause : LogTail::Next::more;
        },
        [this](const std::string& text) { notices.push_back(text); });
  }
  // Until there is nothing more; what was new.
  std::vector<std::uint64_t> run(LogTail& tail) {
    seen.clear();
    for (auto more = tail.pump();; more = tail.pump()) {
      REQUIRE(more.ok());
      if (!*more) return seen;
    }
  }

  using Sequences = std::vector<std::uint64_t>;
  test::ManualClock clock;
  test::SeededRandom random{7};
  test::TempDir folder;
  Log log;
  std::optional<Replica> replica;
  Sequences seen;
  std::vector<std::string> notices;
  std::size_t limit = SIZE_MAX;
  bool pausing = false;
};

using Sequences = Fixture::Sequences;

}  // namespace offsync::test::tail
