// Answers that no proxy should give, or that something in between gives: each ends the sync with an
// error that says what was wrong, changes nothing, and the next sync makes it good.
#include "base/limits.h"
#include "lib/sync/fixture.h"

namespace offsync::test {
namespace {

constexpr const char* kCount = R"({"inc":{"sold":1}})";

struct World : OneClient {
  World() {
    proxy.append("stock/1", kCount);
    REQUIRE_FALSE(a.sync().error.has_value());
    proxy.append("stock/1", kCount);
  }
  // What a sync makes of that answer; then another one with the proxy's own.
  SyncReport meets(const std::string& on, Answer answer) {
    Fault fault{on, Fault::Kind::answer};
    fault.answer = std::move(answer);
    a.transport.on(fault);
    const std::string queue = a.queue();
    SyncReport report = a.sync();
    if (report.error) CHECK(a.queue() == queue);
    CHECK_FALSE(a.sync().error.has_value());
    CHECK(a.confirmed() == proxy.state());
    return report;
  }
  Error error(const std::string& on, Answer answer) {
    SyncReport report = meets(on, std::move(answer));
    REQUIRE(report.error.has_value());
    return *report.error;
  }
};

using Headers = std::vector<std::pair<std::string, std::string>>;
Headers of_log(const std::string& epoch, const std::string& head, const std::string& cursor) {
  return {{"offsync-epoch", epoch}, {"offsync-head", head}, {"offsync-cursor", cursor}};
}

}  // namespace

TEST_CASE("hostile: a page that does not say where it ends", "[sync][hostile]") {
  for (const Headers& headers : {of_log("e1", "", "e1-1"), of_log("e1", "x", "e1-1"),
                                 of_log("e1", "2", ""), of_log("e1", "2", "e1-x")}) {
    World w;
    const Error error = w.error("page", {200, headers, ""});
    CHECK(error.kind == Errc::protocol);
    CHECK(error.code == "bad_answer");
  }
}

TEST_CASE("hostile: a page that says it reaches further than it does", "[sync][hostile]") {
  for (const Headers& headers : {of_log("e1", "2", "e1-2"), of_log("e1", "2", "e9-1")}) {
    World w;
    const Error error = w.error("page", {200, headers, ""});
    CHECK(error.code == "bad_answer");
    CHECK(error.detail.find("as it says") != std::string::npos);
  }
}

TEST_CASE("hostile: a page of another log", "[sync][hostile]") {
  World w;
  const SyncReport report = w.meets("page", {200, of_log("e9", "5", "e9-5"), "{}\n"});
  CHECK_FALSE(report.error.has_value());
  CHECK(report.snapshots == 1);  // it looked for that log, and found the old one
}

TEST_CASE("hostile: lines longer than any can be", "[sync][hostile]") {
  SECTION("in a page") {
    World w;
    const std::string line(limits::kPieceBytes + limits::kLineBytes, ' ');
    const Error error = w.error("page", {200, of_log("e1", "2", "e1-2"), line});
    CHECK(error.kind == Errc::protocol);
    CHECK(error.code == "too_large");
  }
  SECTION("in a snapshot") {
    World w;
    w.proxy.begin_anew("e2");
    const std::string line(limits::kSnapshotLineBytes + 2 * limits::kPieceBytes, ' ');
    const Error error = w.error("state", {200, of_log("e2", "0", ""), line});
    CHECK(error.code == "too_large");
    CHECK(error.detail.find(std::to_string(limits::kSnapshotLineBytes)) != std::string::npos);
  }
  SECTION("in the answer to a push") {
    World w;
    w.a.emit("todo/1", "n", "1");
    const std::string line(limits::kBodyBytes + 2 * limits::kPieceBytes, ' ');
    CHECK(w.error("push", {200, of_log("e1", "", ""), line}).code == "too_large");
  }
}

TEST_CASE("hostile: a snapshot that is none, in pieces", "[sync][hostile]") {
  for (const char* begin :
       {"{}\n", "nonsense\n", R"({"cursor":"e2-0","entities":9,"conflicts":0})"}) {
    World w;
    w.proxy.begin_anew("e2");
    const std::string line = std::string(1000, ' ') + "\n";
    std::string body(begin);
    while (body.size() < 3 * limits::kPieceBytes) body += line;
    const Error error = w.error("state", {200, of_log("e2", "0", ""), body});
    CHECK(error.kind == Errc::protocol);
  }
}

namespace {

std::string record(const std::string& subject, int fields) {
  const std::string write =
      R"("stamp":"019ab1c0d000-0000-00000000000000ff","id":"x","source":"/s"}})";
  std::string line = R"({"subject":")" + subject + R"(","fields":{)";
  for (int i = 0; i < fields; ++i) {
    line +=
        (i > 0 ? R"(,"f)" : R"("f)") + std::to_string(i) + R"(":{"register":{"value":1,)" + write;
  }
  return line + "}}\n";
}

std::string conflict(const std::string& id, const std::string& sequence) {
  return R"({"specversion":"1.0","id":")" + id +
         R"(","source":"/proxy","type":"offsync.conflict","subject":"todo/1",)"
         R"("time":"2026-11-23T12:00:00.000Z","stamp":"019ab1c0d000-0000-00000000000000ff",)"
         R"("data":{"conflict":{"current":{"id":"a","source":"/s","stamp":"s"},"field":"f",)"
         R"("incoming":{"id":"b","source":"/s","stamp":"s"},"rule":"last-write",)"
         R"("winner":"current"}})" +
         (sequence.empty() ? "" : R"(,"sequence":")" + sequence + R"(")") + "}\n";
}

std::string header(const std::string& cursor, int entities, int conflicts) {
  return R"({"cursor":")" + cursor + R"(","entities":)" + std::to_string(entities) +
         R"(,"conflicts":)" + std::to_string(conflicts) + "}\n";
}

}  // namespace

TEST_CASE("hostile: a snapshot that no proxy could have written", "[sync][hostile]") {
  const std::string two_kinds =
      R"({"subject":"todo/1","fields":{"f":{"counter":{"increments":[{"by":1,)"
      R"("stamp":"019ab1c0d000-0000-00000000000000ff","id":"x","source":"/s"}],"source":"/s"},)"
      R"("register":{"value":1,"stamp":"019ab1c0d000-0000-00000000000000ff","id":"x",)"
      R"("source":"/s"}}}})"
      "\n";
  const std::pair<std::string, std::string> cases[] = {
      {header("e2-5", 1, 0) + record("todo/1", 513), "has 513 fields"},
      {header("e2-5", 1, 0) + two_kinds, "counter"},
      {header("e2-5", 1, 0) + record("todo/1", 0), "nothing"},
      {header("e2-6", 1, 0) + record("todo/1", 1), "beyond the head"},
      {header("e2-1", 2, 0) + record("todo/1", 1) + record("todo/2", 1), "more than its 1 event"},
      {header("e2-5", 0, 1) + conflict("c1", "6"), "sequence"},
      {header("e2-5", 0, 1) + conflict("c1", ""), "sequence"},
      {header("e2-5", 0, 2) + conflict("c1", "4") + conflict("c2", "4"), "sequence"},
  };
  for (const auto& [body, why] : cases) {
    INFO(why);
    World w;
    w.a.emit("todo/9", "n", "1");
    const auto before = w.a.confirmed();
    const std::string queue = w.a.queue();
    const ReplicaInfo info = w.a.info();
    w.proxy.begin_anew("e2");
    Fault fault{"state", Fault::Kind::answer};
    fault.answer = {200, of_log("e2", "5", ""), body};
    w.a.transport.on(fault);
    const SyncReport report = w.a.sync();
    REQUIRE(report.error.has_value());
    CHECK(report.error->kind == Errc::protocol);
    CHECK(report.error->code == "bad_snapshot");
    CHECK(report.error->detail.find(why) != std::string::npos);
    CHECK(w.a.confirmed() == before);
    CHECK(w.a.queue() == queue);
    CHECK(w.a.info().cursor == info.cursor);
    CHECK_FALSE(w.a.sync().error.has_value());
    CHECK(w.a.confirmed() == w.proxy.state());
  }
  World w;  // and what it can be at most
  w.proxy.begin_anew("e2");
  Fault fault{"state", Fault::Kind::answer};
  fault.answer = {
      200, of_log("e2", "5", ""),
      header("e2-3", 1, 2) + record("todo/1", 512) + conflict("c1", "2") + conflict("c2", "3")};
  w.a.transport.on(fault);
  CHECK(w.a.sync().snapshots > 0);
}

TEST_CASE("hostile: refusals say what is to be known", "[sync][hostile]") {
  const auto error = [](int status, const Headers& headers, const std::string& body) {
    World w;
    return w.error("page", {status, headers, body});
  };
  const std::string problem = "application/problem+json";
  CHECK(error(302, {{"location", "http://there/"}}, "").detail.find("(moved to http://there/)") !=
        std::string::npos);
  CHECK(error(304, {{"location", ""}}, "").detail.find("moved") == std::string::npos);
  CHECK(error(302, {}, "").hint.find("moved to") != std::string::npos);
  CHECK(error(304, {}, "").hint.find("moved") == std::string::npos);
  CHECK(error(404, {{"location", "http://there/"}}, "").detail.find("moved") == std::string::npos);
  CHECK(error(400, {{"content-type", problem}}, R"({"title":"No Way"})").detail.find(": No Way") !=
        std::string::npos);
  CHECK(error(400, {{"content-type", problem}}, R"({"title":"No","detail":"why"})")
            .detail.find(": why") != std::string::npos);
  for (const int status : {401, 403, 407}) CHECK(error(status, {}, "").kind == Errc::auth);
  for (const int status : {204, 400, 404, 405}) CHECK(error(status, {}, "").kind != Errc::auth);
  for (const int status : {408, 425, 429, 500, 503}) {
    INFO(status);
    CHECK(error(status, {}, "").kind == Errc::unreachable);
  }
  // However long it is, little of it is read.
  CHECK(error(500, {}, std::string(10 * limits::kProblemBytes, 'x')).detail.size() < 1000);
}

TEST_CASE("hostile: a proxy's time that is none leaves the offset as it was", "[sync][hostile]") {
  for (const char* time : {"", "x", "-5", "281474976710656", "99999999999999999999", "1e3", " 5"}) {
    World w;
    const std::int64_t before = w.a.info().clock_offset_ms;
    Headers headers = of_log("e1", "1", "e1-1");
    headers.emplace_back("offsync-time", time);
    w.meets("page", {200, headers, ""});
    INFO(time);
    CHECK(w.a.info().clock_offset_ms == before);
  }
}

TEST_CASE("hostile: a stream of nonsense", "[sync][hostile]") {
  const std::pair<const char*, const char*> cases[] = {
      {"data: {}\n\n", "bad_answer"},
      {"id: e9-1\ndata: {}\n\n", "bad_answer"},
      {"id: x\ndata: {}\n\n", "bad_answer"},
      {"event: hello\ndata: {}\n\n", ""},
      {"event: hello\ndata: x\n\n", ""},
      {"id: e1-3\ndata: {}\n\n", ""},
      {"", "stream_ended"},
      {"event: other\ndata: x\n\n", "stream_ended"},
  };
  for (const auto& [body, code] : cases) {
    INFO(body);
    World w;
    REQUIRE_FALSE(w.a.sync().error.has_value());
    Fault fault{"stream", Fault::Kind::answer};
    fault.answer = {200, {{"offsync-epoch", "e1"}, {"content-type", "text/event-stream"}}, body};
    w.a.transport.on(fault);
    w.a.watch();
    w.a.run_for(60'000);
    REQUIRE_FALSE(w.a.watcher.troubles.empty());
    if (*code != '\0') CHECK(w.a.watcher.troubles.front() == code);
    CHECK_FALSE(w.a.done());
    CHECK(w.a.watcher.connected > 0);  // it came back
    CHECK(w.a.confirmed() == w.proxy.state());
  }
}

}  // namespace offsync::test
