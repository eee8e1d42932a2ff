// Own events that the log has lost and is beyond: one that was there between had them out of their
// order, as somebody else had sent them again.
#include <algorithm>

#include "lib/sync/fixture.h"

using namespace offsync;
using namespace offsync::test;

namespace {

// Of a's three events, whose numbers are known to the proxy, the log in their place has the second.
struct Beyond : TwoClients {
  Beyond() {
    proxy.keeps_marks = true;
    REQUIRE_FALSE(a.sync().error.has_value());
    for (const char* subject : {"todo/1", "todo/2", "todo/3"}) {
      events.push_back(a.emit(subject, "n", "1"));
    }
    REQUIRE_FALSE(a.sync().error.has_value());
    REQUIRE(proxy.head() == 3);
    source = a.info().source;
    lines = proxy.lines();
  }
  std::vector<std::string> ids() const {
    std::vector<std::string> ids;
    for (const std::string& line : proxy.lines()) {
      const std::size_t at = line.find("\"id\":\"") + 6;
      ids.push_back(line.substr(at, line.find('"', at) - at));
    }
    return ids;
  }
  // The source of each push that is said to be the sender's own.
  std::vector<std::string> senders() const {
    std::vector<std::string> said;
    for (const HttpRequest& request : a.transport.requests) {
      if (kind_of(request) == "push") said.push_back(header(request, "Offsync-Source"));
    }
    return said;
  }

  std::vector<Emitted> events;
  std::vector<std::string> lines;
  std::string source;
};

}  // namespace

TEST_CASE("sync: what a log had out of order is passed on, under its name", "[sync]") {
  const bool watch = GENERATE(false, true);
  const std::size_t at_a_time = GENERATE(1, 100);
  CAPTURE(watch, at_a_time);
  Beyond w;
  w.proxy.put_back("e2", {w.lines[1]});
  const Emitted fourth = w.a.emit("todo/1", "m", "4");
  SyncOptions options;
  options.push_events = at_a_time;
  if (watch) {
    w.a.watch(options);
    w.a.run([&] { return w.proxy.head() == 4 && w.a.queue() == kNothingQueued; });
    w.a.stop();
  } else {
    const SyncReport report = w.a.sync(options);
    REQUIRE_FALSE(report.error.has_value());
    CHECK(report.renamed.empty());
    CHECK(report.rejected == 0);
    CHECK(report.pushed == 3);
  }
  CHECK(w.a.info().source == w.source);
  CHECK(w.a.queue() == kNothingQueued);
  CHECK(w.ids() ==
        std::vector<std::string>{w.events[1].id, w.events[0].id, w.events[2].id, fourth.id});
  CHECK(w.a.confirmed() == w.proxy.state());
  CHECK(w.senders().back() == w.source);
}

TEST_CASE("sync: an older copy passes on what a log had, and is renamed for the rest", "[sync]") {
  Beyond w;
  std::string later = w.lines[1];  // of another life of a, which has given more numbers
  const std::size_t at = later.find("\"clientseq\":");
  REQUIRE(at != std::string::npos);
  later.replace(at, later.find(',', at) - at, "\"clientseq\":\"9\"");
  const std::size_t id = later.find("\"id\":\"") + 6;
  later.replace(id, later.find('"', id) - id, "of-another-life");
  w.proxy.put_back("e2", {later});
  const Emitted fourth = w.a.emit("todo/1", "m", "4");
  const SyncReport report = w.a.sync();
  REQUIRE_FALSE(report.error.has_value());
  CHECK(report.renamed == w.a.info().source);
  CHECK(report.renamed != w.source);
  CHECK(w.a.queue() == kNothingQueued);
  const std::vector<std::string> ids = w.ids();
  REQUIRE(ids.size() == 5);
  CHECK(ids[1] == w.events[0].id);
  CHECK(ids[2] == w.events[1].id);
  CHECK(ids[3] == w.events[2].id);
  CHECK(ids[4] != fourth.id);
}

TEST_CASE("sync: a proxy that refuses what is passed on for its number ends with that", "[sync]") {
  Beyond w;
  w.proxy.put_back("e2", {w.lines[1]});
  w.a.transport.between = [&](const HttpRequest& request) -> std::optional<Answer> {
    if (kind_of(request) != "push") return std::nullopt;
    Answer answer;
    for (const std::size_t i : {0, 1}) {
      answer.body += R"({"line":)" + std::to_string(i + 1) + R"(,"id":")" + w.events[i * 2].id;
      answer.body += "\",\"outcome\":\"rejected\",\"code\":\"already_decided\"}\n";
    }
    answer.headers = {{"offsync-epoch", w.proxy.epoch()}, {"content-type", "application/x-ndjson"}};
    return answer;
  };
  const SyncReport report = w.a.sync();
  CHECK_FALSE(report.error.has_value());
  CHECK(report.renamed.empty());
  CHECK(w.a.queue() == "queued 0 accepted 0 rejected 2 held 0");
}
