// watch: where a stream brings nothing, pages do, and it is known why.
#include <algorithm>

#include "lib/sync/fixture.h"
#include "wire/problem.h"
#include "wire/sse.h"

namespace offsync::test {
namespace {

constexpr const char* kCount = R"({"inc":{"sold":1}})";

// A replica at 1 of 3 events, and what is answered to each of its streams.
struct Useless : OneClient {
  Useless() {
    proxy.append("stock/1", kCount);
    REQUIRE_FALSE(a.sync().error.has_value());
    proxy.append("stock/1", kCount);
    proxy.append("stock/1", kCount);
    a.transport.between = [this](const HttpRequest& request) -> std::optional<Answer> {
      const bool stream = std::any_of(
          request.headers.begin(), request.headers.end(),
          [](const auto& h) { return h.second.find("event-stream") != std::string::npos; });
      if (!stream) return std::nullopt;
      ++streams;
      return answered;
    };
    answered.headers = {{"offsync-epoch", "e1"}, {"content-type", "text/event-stream"}};
  }
  void hello(std::uint64_t head) {
    append_sse(answered.body, "", "hello", encode_hello({"e1", head}));
  }
  void event(const std::string& id, std::uint64_t sequence) {
    append_sse(answered.body, id, "", proxy.lines()[sequence - 1]);
  }
  std::size_t asked(const std::string& kind) const {
    const auto& seen = a.transport.seen;
    return static_cast<std::size_t>(std::count_if(
        seen.begin(), seen.end(), [&](const auto& one) { return one.starts_with(kind); }));
  }

  Answer answered;
  std::size_t streams = 0;
};

}  // namespace

TEST_CASE("watch: what a useless stream does not bring comes by pages", "[sync][watch]") {
  const std::vector<std::pair<std::string, std::function<void(Useless&)>>> streams = {
      {"no byte", [](Useless&) {}},
      {"only when to come again", [](Useless& w) { append_sse_retry(w.answered.body, 1000); }},
      {"a hello, and no more", [](Useless& w) { w.hello(3); }},
      {"one left out", [](Useless& w) { w.hello(3), w.event("e1-3", 3); }},
      {"in the wrong order",
       [](Useless& w) { w.hello(3), w.event("e1-3", 3), w.event("e1-2", 2); }},
      {"one twice", [](Useless& w) { w.hello(3), w.event("e1-2", 2), w.event("e1-2", 2); }},
      {"no ids", [](Useless& w) { w.hello(3), w.event("", 2); }},
      {"wrong ids", [](Useless& w) { w.hello(3), w.event("two", 2); }},
      {"no JSON", [](Useless& w) { w.hello(3), append_sse(w.answered.body, "e1-2", "", "?"); }},
      {"an error", [](Useless& w) { w.answered.status = 500; }},
      {"a type of people", [](Useless& w) { w.answered.headers[1].second = "text/html"; }},
  };
  for (const auto& [name, say] : streams) {
    CAPTURE(name);
    Useless w;
    say(w);
    w.a.watch();
    w.a.run([&] { return w.a.get("stock/1", "sold") == "3"; });
    CHECK(w.a.log() == std::vector<std::uint64_t>{2, 3});
    w.a.run_for(10 * 60'000);
    // When all has come, a hello that says so is not wrong.
    CHECK(w.a.report().streamed == (name == "a hello, and no more"));
    CHECK(w.a.report().stream_error.has_value() != w.a.report().streamed);
    CHECK(w.a.report().fetched);
    // In the end it waits 15 s in the mean.
    CHECK(w.streams < 150);
    CHECK(w.asked("page") <= w.streams + 1);
    CHECK(w.asked("state") == 1);
    CHECK_FALSE(w.a.done());
    w.a.transport.between = nullptr;
    w.proxy.append("stock/1", kCount);
    w.a.run([&] { return w.a.get("stock/1", "sold") == "4" && w.a.report().streamed; });
  }
}

TEST_CASE("watch: a stream behind whose hello nothing is to come is of use", "[sync][watch]") {
  Useless w;
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.hello(3);
  w.a.watch();
  w.a.transport.seen.clear();
  w.a.run_for(60'000);
  CHECK(w.a.report().streamed);
  CHECK(w.asked("page") == 0);

  w.event("e1-3", 3);  // which it has: that is no stream of a proxy
  w.a.watch();
  w.a.run_for(60'000);
  CHECK_FALSE(w.a.report().streamed);
  CHECK(w.asked("page") > 0);
}

TEST_CASE("watch: a head that a hello makes up holds until the next page", "[sync][watch]") {
  Useless w;
  w.hello(INT64_MAX);
  w.a.watch();
  w.a.run([&] { return w.asked("page") >= 3 && w.a.info().head == 3; });
}

TEST_CASE("watch: why a stream began anew each time is known", "[sync][watch]") {
  for (const bool by_status : {true, false}) {
    Useless w;
    const std::string why = encode_problem({410, "cursor_expired", "Gone", "it is gone"});
    if (by_status) {
      w.answered.status = 410;
      w.answered.headers[1].second = "application/problem+json";
      w.answered.body = why;
    } else {
      w.hello(3);
      append_sse(w.answered.body, "", "reset", why);
    }
    w.a.watch();
    w.a.run_for(60'000);
    CHECK(w.a.get("stock/1", "sold") == "3");
    CHECK_FALSE(w.a.report().streamed);
    REQUIRE(w.a.report().stream_error.has_value());
    CHECK(w.a.report().stream_error->detail.find("it is gone") != std::string::npos);
  }
}

TEST_CASE("sync: a push of nothing looks whether it could push", "[sync]") {
  OneClient w;
  SyncOptions push;
  push.pull = false;
  REQUIRE_FALSE(w.a.sync(push).error.has_value());
  CHECK(w.a.transport.seen == std::vector<std::string>{"space"});
  w.a.emit("todo/1", "n", "1");
  w.a.transport.seen.clear();
  CHECK(w.a.sync(push).pushed == 1);
  CHECK(w.a.transport.seen == std::vector<std::string>{"push"});
  w.a.transport.down = true;
  const SyncReport unreachable = w.a.sync(push);
  REQUIRE(unreachable.error.has_value());
  CHECK(unreachable.error->kind == Errc::unreachable);
  w.a.transport.down = false;

  Fault busy{"space", Fault::Kind::answer};
  busy.answer.status = 503;
  busy.answer.headers = {{"retry-after", "1"}};
  w.a.transport.on(busy);
  w.a.transport.seen.clear();
  CHECK_FALSE(w.a.sync(push).error.has_value());
  CHECK(w.a.transport.seen == std::vector<std::string>{"space", "space"});

  FakeProxy other{w.clock};
  other.begin_anew("e9");
  Client astray(other, w.clock, w.folder.file("a.db"), 5);
  push.remote = "http://proxy.test:8080/v1/spaces/shpo";
  const SyncReport elsewhere = astray.sync(push);
  REQUIRE(elsewhere.error.has_value());
  CHECK(elsewhere.error->code == "other_log");
}

}  // namespace offsync::test
