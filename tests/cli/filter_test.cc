#include "cli/input/filter.h"

#include <fmt/format.h>

#include <cstdlib>
#include <ctime>

#include "base/rfc3339.h"
#include "cli/input/duration.h"
#include "event/decoder.h"
#include "event/hybrid_clock.h"
#include "support/catch.h"

using namespace offsync;
using namespace offsync::cli;

namespace {

constexpr std::int64_t kNow = 1'795'435'200'000;  // 2026-11-23T12:00:00Z
constexpr const char* kStamp = "01a20a5b2a00-0002-0000000000000003";

// An event of sequence 42, at noon.
std::string event_line(const std::string& data = R"({"set":{"title":"Buy milk","n":1.0}})") {
  return fmt::format(
      R"({{"specversion":"1.0","id":"i","source":"/clients/till-3","type":"todo.created",)"
      R"("subject":"todo/1","time":"2026-11-23T12:00:00.000Z","stamp":"{}","data":{},)"
      R"("sequence":"42","recordedtime":"2026-11-23T12:00:01.000Z"}})",
      kStamp, data);
}

bool passes(const FilterOptions& options, const std::string& line = event_line()) {
  const auto filter = Filter::make(options, kNow);
  if (!filter) FAIL(filter.error().detail);
  Decoder decoder;
  const auto event = decoder.decode(line);
  if (!event) FAIL(event.error().detail);
  return filter->matches(**event);
}

bool passes_where(const std::string& where, const std::string& line = event_line()) {
  FilterOptions options;
  options.where = {where};
  return passes(options, line);
}

bool since(const std::string& point) {
  FilterOptions options;
  options.since = point;
  return passes(options);
}
bool until(const std::string& point) {
  FilterOptions options;
  options.until = point;
  return passes(options);
}

}  // namespace

TEST_CASE("filter: points are sequences, times, so long ago, and stamps") {
  CHECK(std::get<std::uint64_t>(parse_point("42", kNow).value()) == 42);
  CHECK(std::get<std::uint64_t>(parse_point("2026", kNow).value()) == 2026);
  const auto ms = [](const char* text) {
    return std::get<std::int64_t>(parse_point(text, kNow).value());
  };
  CHECK(ms("2026-11-23T12:00:00Z") == kNow);
  CHECK(ms("2026-11-23T14:00:00+02:00") == kNow);
  CHECK(ms("2026-11-23") == kNow - 12 * 3'600'000);
  CHECK(ms("90s") == kNow - 90'000);
  CHECK(ms("10m") == kNow - 600'000);
  CHECK(ms("2h") == kNow - 7'200'000);
  CHECK(ms("3d") == kNow - 259'200'000);
  CHECK(ms("4000000000d") == 0);  // before all time
  CHECK(std::get<Stamp>(parse_point(kStamp, kNow).value()).text() == kStamp);
  for (const char* bad :
       {"", "x", "-1", "1.5", "h", "-2h", "2y", "4000000001s", "2026-02-30", "18446744073709551616",
        "2026-11-23T12", "2026-11-23 12:61", "tomorrow", "1w2"}) {
    INFO(bad);
    const auto point = parse_point(bad, kNow);
    REQUIRE_FALSE(point.ok());
    CHECK(point.error().kind == Errc::usage);
  }
}

class Zone {
 public:
  explicit Zone(const char* name) {
    if (const char* before = std::getenv("TZ")) before_ = before;
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  ~Zone() {
    before_ ? ::setenv("TZ", before_->c_str(), 1) : ::unsetenv("TZ");
    ::tzset();
  }

 private:
  std::optional<std::string> before_;
};

TEST_CASE("filter: a local time where the clock is set") {
  const Zone zone("CET-1CEST,M3.5.0,M10.5.0/3");
  const auto ms = [](const char* text, WallTime which) {
    return std::get<std::int64_t>(parse_point(text, kNow, which).value());
  };
  const auto utc = [](const char* text) { return parse_rfc3339(text).value(); };
  for (const WallTime which : {WallTime::first, WallTime::second}) {
    CHECK(ms("2026-03-29 01:59", which) == utc("2026-03-29T00:59:00Z"));
    // What was left out is when it was left out.
    CHECK(ms("2026-03-29 02:00", which) == utc("2026-03-29T01:00:00Z"));
    CHECK(ms("2026-03-29 02:30", which) == utc("2026-03-29T01:00:00Z"));
    CHECK(ms("2026-03-29 02:59:59", which) == utc("2026-03-29T01:00:00Z"));
    CHECK(ms("2026-03-29 03:00", which) == utc("2026-03-29T01:00:00Z"));
    CHECK(ms("2026-03-29 03:30", which) == utc("2026-03-29T01:30:00Z"));
    CHECK(ms("2026-10-25 01:59", which) == utc("2026-10-24T23:59:00Z"));
    CHECK(ms("2026-10-25 03:00", which) == utc("2026-10-25T02:00:00Z"));
  }
  CHECK(ms("2026-10-25 02:30", WallTime::first) == utc("2026-10-25T00:30:00Z"));
  CHECK(ms("2026-10-25 02:30", WallTime::second) == utc("2026-10-25T01:30:00Z"));
  // Of --since and --until each takes the one that leaves nothing out.
  FilterOptions options;
  options.since = options.until = "2026-10-25 02:30";
  const Filter filter = Filter::make(options, kNow).value();
  const auto matches = [&](const char* time) {
    EventView event;
    event.time = time;
    event.time_ms = utc(time);
    return filter.matches(event);
  };
  CHECK(matches("2026-10-25T00:30:00Z"));
  CHECK(matches("2026-10-25T01:30:00Z"));
  CHECK_FALSE(matches("2026-10-25T00:29:59Z"));
  CHECK_FALSE(matches("2026-10-25T01:30:01Z"));
}

TEST_CASE("filter: a time without a zone is local") {
  const auto ms = [](const char* text) {
    return std::get<std::int64_t>(parse_point(text, kNow).value());
  };
  const Zone zone("JST-9");  // nine hours ahead of UTC: 21:00 there
  CHECK(ms("2026-11-23 21:00") == kNow);
  CHECK(ms("2026-11-23T21:00") == kNow);
  CHECK(ms("2026-11-23 21:00:01") == kNow + 1000);
  CHECK(ms("2026-11-23 21:00:00.250") == kNow + 250);
  CHECK(ms("2026-11-23") == kNow - 21 * 3'600'000);
  CHECK(ms("today") == kNow - 21 * 3'600'000);
  CHECK(ms("yesterday") == kNow - 45 * 3'600'000);
  CHECK(ms("now") == kNow);
  CHECK(ms("1w") == kNow - 7 * 86'400'000);
  CHECK(ms("2026-11-23T12:00:00Z") == kNow);
}

TEST_CASE("timeouts are seconds, or have a unit") {
  CHECK(parse_timeout_ms("1.5") == 1500);
  CHECK(parse_timeout_ms("90") == 90'000);
  CHECK(parse_timeout_ms("90s") == 90'000);
  CHECK(parse_timeout_ms("5m") == 300'000);
  CHECK(parse_timeout_ms("2h") == 7'200'000);
  CHECK(parse_timeout_ms("1w") == 604'800'000);
  CHECK(parse_timeout_ms("0.0001") == 1);
  for (const char* bad :
       {"", "0", "-1", "0s", "x", "m", "inf", "nan", "1e300", "5 m", "1.5m", "4000000000w"}) {
    INFO(bad);
    CHECK_FALSE(parse_timeout_ms(bad).has_value());
    CHECK_FALSE(timeout(bad).empty());
  }
}

TEST_CASE("filter: --since and --until are inclusive, whatever they name") {
  CHECK(since("42"));
  CHECK(since("41"));
  CHECK_FALSE(since("43"));
  CHECK(until("42"));
  CHECK_FALSE(until("41"));
  CHECK(since("2026-11-23T12:00:00Z"));
  CHECK_FALSE(since("2026-11-23T12:00:00.001Z"));
  CHECK(until("2026-11-23T12:00:00Z"));
  CHECK_FALSE(until("2026-11-23T11:59:59.999Z"));
  CHECK(since("0s"));
  CHECK(since(kStamp));
  CHECK(until(kStamp));
  CHECK_FALSE(since("01a20a5b2a00-0003-0000000000000000"));
  CHECK_FALSE(until("01a20a5b2a00-0001-ffffffffffffffff"));
}

TEST_CASE("filter: an event that is not in the log yet is behind every sequence") {
  const std::string queued =
      R"({"specversion":"1.0","id":"i","source":"/c","type":"t","subject":"k/1","data":{}})";
  FilterOptions options;
  options.since = "1000";
  CHECK(passes(options, queued));
  options.until = "2000";
  CHECK_FALSE(passes(options, queued));
}

TEST_CASE("filter: an event without a time is of its stamp's") {
  const std::string stamped =
      R"({"specversion":"1.0","id":"i","source":"/c","type":"t","subject":"k/1",)"
      R"("stamp":"019aafbb2a00-0000-0000000000000000","data":{"set":{"x":1}}})";
  const auto between = [&](const std::string& since, const std::string& until) {
    FilterOptions options;
    options.since = since;
    options.until = until;
    return passes(options, stamped);
  };
  CHECK(between("2025-11-22T00:00:00Z", "2025-11-25T00:00:00Z"));
  CHECK_FALSE(between("", "2020-01-01"));
  CHECK_FALSE(between("2099-01-01", ""));
}

TEST_CASE("filter: one glob of each list must match") {
  FilterOptions options;
  options.types = {"note.*", "todo.*"};
  CHECK(passes(options));
  options.subjects = {"todo/?"};
  CHECK(passes(options));
  options.sources = {"/clients/till-4"};
  CHECK_FALSE(passes(options));
  options.sources = {"/clients/till-4", "/clients/*"};
  CHECK(passes(options));
  options.types = {"todo"};  // the whole of it
  CHECK_FALSE(passes(options));
}

TEST_CASE("filter: --where compares what is written, as text or exactly") {
  CHECK(passes_where("title=Buy milk"));
  CHECK(passes_where("title:=\"Buy milk\""));
  CHECK_FALSE(passes_where("title=Buy"));
  CHECK_FALSE(passes_where("title:=\"buy milk\""));
  CHECK(passes_where("n=1.0"));
  CHECK(passes_where("n:=1.0"));
  CHECK(passes_where("n:=1"));
  CHECK(passes_where("n:=10e-1"));
  CHECK_FALSE(passes_where("n:=1.01"));
  CHECK(passes_where("n=1"));
  CHECK(passes_where("n=10e-1"));
  CHECK_FALSE(passes_where("n=1.01"));
  CHECK_FALSE(passes_where("n=", event_line(R"({"set":{"n":0}})")));
  CHECK(passes_where("list:=[1.0, 2e0]", event_line(R"({"set":{"list":[1,2]}})")));
  CHECK(passes_where("big:=1e19", event_line(R"({"set":{"big":10000000000000000000}})")));
  CHECK_FALSE(passes_where("s=1.0", event_line(R"({"set":{"s":"1"}})")));
  CHECK_FALSE(passes_where("n:=\"1.0\""));
  for (const std::string word : {"1", "true", "null"}) {
    CHECK(passes_where("v=" + word, event_line(R"({"set":{"v":)" + word + "}}")));
    CHECK(passes_where("v=" + word, event_line(R"({"set":{"v":")" + word + "\"}}")));
    CHECK(passes_where("v:=" + word, event_line(R"({"set":{"v":)" + word + "}}")));
    CHECK_FALSE(passes_where("v:=" + word, event_line(R"({"set":{"v":")" + word + "\"}}")));
  }
  CHECK(passes_where("v:=0", event_line(R"({"set":{"v":0e10000000000000000}})")));
  CHECK_FALSE(passes_where("m=1"));
  CHECK_FALSE(passes_where("gone=", event_line(R"({"unset":["gone"]})")));
  CHECK(passes_where("empty=", event_line(R"({"set":{"empty":""}})")));
  CHECK(passes_where("a=b=c", event_line(R"({"set":{"a":"b=c"}})")));
  CHECK(passes_where("list:=[1, 2]", event_line(R"({"set":{"list":[1,2]}})")));
  CHECK(passes_where("n:=2", event_line(R"({"inc":{"n":2}})")));
  CHECK(passes_where("tags=b", event_line(R"({"add":{"tags":["a","b"]}})")));
  CHECK(passes_where("note=x", event_line(R"({"note":"x"})")));  // payload
  CHECK(passes_where("o:={\"a\":1}", event_line(R"({"o":{"a":1}})")));

  FilterOptions both;
  both.where = {"title=Buy milk", "n=2"};
  CHECK_FALSE(passes(both));
}

TEST_CASE("filter: what an option says wrong is a usage error that names it") {
  const auto error = [](FilterOptions options) {
    const auto filter = Filter::make(options, kNow);
    REQUIRE_FALSE(filter.ok());
    CHECK(filter.error().kind == Errc::usage);
    return filter.error().detail;
  };
  FilterOptions options;
  options.since = "x";
  CHECK(error(options).find("--since: 'x'") == 0);
  options = {};
  options.until = "x";
  CHECK(error(options).find("--until: 'x'") == 0);
  options = {};
  options.after = "e";
  CHECK(error(options).find("--after: 'e'") == 0);
  for (const char* where : {"", "title", "=x", ":=1", "n:=milk", "n:="}) {
    options = {};
    options.where = {where};
    CHECK(error(options).find("--where") == 0);
  }
}

TEST_CASE("filter: --after is a sequence, or one of a named log") {
  CHECK(parse_after("42").value() == Cursor{"", 42});
  CHECK(parse_after("epoch-42").value() == Cursor{"epoch", 42});
  for (const char* bad : {"", "-1", "epoch-", "epoch", "-", "1 ", "18446744073709551616"}) {
    CHECK_FALSE(parse_after(bad).ok());
  }
}

TEST_CASE("filter: whether a snapshot can answer it") {
  FilterOptions options;
  CHECK(Filter::make(options, kNow)->all());
  options.subjects = {"todo/*"};
  CHECK(Filter::make(options, kNow)->only_subjects_and_until(100));
  CHECK_FALSE(Filter::make(options, kNow)->all());
  options.until = "100";
  CHECK(Filter::make(options, kNow)->only_subjects_and_until(100));
  CHECK_FALSE(Filter::make(options, kNow)->only_subjects_and_until(101));
  options.until = "2026-11-23";  // a snapshot knows no times
  CHECK_FALSE(Filter::make(options, kNow)->only_subjects_and_until(100));
  options.until.clear();
  options.types = {"*"};
  CHECK_FALSE(Filter::make(options, kNow)->only_subjects_and_until(100));
}
