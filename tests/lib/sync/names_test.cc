// The name of a log is kept where two answers, or two places of one, say it.
#include <memory>

#include "lib/sync/fixture.h"

using namespace offsync;
using namespace offsync::test;

namespace {

// Gives the first answer to `kind` a wrong name.
void misname_once(OneClient& w, const std::string& kind, const std::string& name = "zzzz") {
  auto left = std::make_shared<int>(1);
  w.a.transport.between = [&w, kind, name, left](const HttpRequest& request) {
    const bool is = kind == "state" ? request.target.ends_with("/state")
                                    : kind == "page" && request.target.find("after=") != SIZE_MAX;
    if (!is || (*left)-- <= 0) return std::optional<Answer>();
    Answer answer = w.proxy.answer(request);
    for (auto& [header, value] : answer.headers) {
      if (header == "offsync-log") value = name;
    }
    return std::optional(std::move(answer));
  };
}

}  // namespace

TEST_CASE("sync: a name that only one answer says is not kept", "[sync]") {
  for (const std::string kind : {"state", "page"}) {
    for (const bool known : {true, false}) {
      CAPTURE(kind, known);
      OneClient w;
      if (known) REQUIRE_FALSE(w.a.sync().error.has_value());  // of a proxy that says no names
      w.proxy.log_name = "logofshop";
      if (known && kind == "state") w.proxy.begin_anew("e2");
      misname_once(w, kind);
      w.a.emit("todo/1", "n", "1");
      for (int i = 0; i < 3; ++i) {
        w.proxy.append("todo/2", R"({"set":{"n":1}})");
        // Where the name is known by then, such an answer is none.
        const bool refused = i == 0 && kind == "page" && !known;
        CHECK(w.a.sync().error.has_value() == refused);
        CHECK(w.a.info().log != "zzzz");
      }
      w.a.emit("todo/1", "n", "2");
      CHECK_FALSE(w.a.sync().error.has_value());
      CHECK(w.a.info().log == "logofshop");
      CHECK(w.a.queue() == kNothingQueued);
    }
  }
}

TEST_CASE("watch: a name that only one answer says is not kept", "[sync][watch]") {
  OneClient w;
  w.proxy.log_name = "logofshop";
  misname_once(w, "state");
  w.a.watch();
  w.a.run([&] { return w.a.watcher.connected == 1; });
  CHECK(w.a.info().log.empty());
  w.a.emit("todo/1", "n", "1");
  w.a.run([&] { return w.proxy.head() == 1 && w.a.queue() == kNothingQueued; });
  CHECK(w.a.info().log == "logofshop");
}

TEST_CASE("sync: the look at the log says its name twice, or it is none", "[sync]") {
  OneClient w;
  w.proxy.log_name = "logofshop";
  w.a.emit("todo/1", "n", "1");
  w.a.transport.between = [&](const HttpRequest& request) -> std::optional<Answer> {
    if (!request.target.ends_with("/shop")) return std::nullopt;
    Answer answer = w.proxy.answer(request);
    for (auto& [header, value] : answer.headers) {
      if (header == "offsync-log") value = "zzzz";
    }
    return answer;
  };
  SyncOptions push;
  push.pull = false;
  const SyncReport report = w.a.sync(push);
  REQUIRE(report.error.has_value());
  CHECK(report.error->kind == Errc::protocol);
  CHECK(report.error->detail.find("zzzz") != std::string::npos);
  CHECK(w.a.info().epoch.empty());
  w.a.transport.between = nullptr;
  CHECK_FALSE(w.a.sync(push).error.has_value());
  CHECK(w.a.info().log == "logofshop");
}

TEST_CASE("sync: the first name of a log, its epoch, needs no second answer", "[sync]") {
  OneClient w;
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.proxy.log_name = "e1";
  REQUIRE_FALSE(w.a.sync().error.has_value());
  CHECK(w.a.transport.seen.size() == 3);
  CHECK(w.a.info().log == "e1");
}

TEST_CASE("sync: an answer with what can be no name is none", "[sync]") {
  OneClient w;
  REQUIRE_FALSE(w.a.sync().error.has_value());
  w.proxy.log_name = "UPPER_X";
  const SyncReport report = w.a.sync();
  REQUIRE(report.error.has_value());
  CHECK(report.error->kind == Errc::protocol);
  w.proxy.log_name.clear();
  CHECK_FALSE(w.a.sync().error.has_value());
}
