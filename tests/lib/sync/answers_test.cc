// A table of hostile answers to the sync engine: numbers, names and records that no proxy gives.
// Each ends in the error of its kind; the replica can be opened afterwards, its queue and its log
// are as before, and the next sync with an honest answer makes all good.
#include "base/limits.h"
#include "lib/sync/fixture.h"

namespace offsync::test {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr const char* kCount = R"({"inc":{"sold":1}})";

// No place in a log, each for a reason of its own.
const std::vector<std::string> kBadNumbers = {"9223372036854775808",
                                              "18446744073709551615",
                                              "18446744073709551616",
                                              "99999999999999999999999999",
                                              "-1",
                                              "+1",
                                              "01",
                                              "1e3",
                                              "1.0",
                                              "0x1",
                                              "1 2",
                                              "x"};
const std::vector<std::string> kBadEpochs = {
    "", "E1", "e_1", "e-1", "e 1", "\xc3\xa9", "abcdefghijklmnopqrstuvwxyz0123456"};
// Data of conflict records that cannot be shown.
const std::vector<std::string> kBadConflicts = {
    "{}",
    R"({"conflict":{}})",
    R"({"conflict":null})",
    R"({"conflict":{"field":"n"}})",
    R"({"conflict":{"field":"n","incoming":{"id":"x"},"winner":"nobody"}})",
    R"({"conflict":{"field":"n","incoming":{"id":"x"},"base":"then"}})"};
// Entities that no entity_codec writes.
const std::vector<std::string> kBadEntities = {
    R"({})",
    R"({"subject":"a/1","fields":{"f":{}}})",
    R"({"subject":"a/1","subject":"a/2","fields":{}})",
    R"({"subject":"a/1","fields":{},"fields":{}})",
    R"({"subject":"a/1","fields":{"f":{"set":{"elements":[]}}}})",
    R"({"subject":"a/1","fields":{"f":{"set":{}}}})",
    R"({"subject":"a/1","fields":{"f":{"counter":{"increments":[],"source":"/s"}}}})",
    R"({"subject":"a/1","fields":{"f":{"register":{"value":1}}}})",
    R"({"subject":"a/1","more":1,"fields":{}})",
    R"({"subject":"a","fields":{}})",
    R"({"subject":"a/1","fields":{}} {})",
    "nonsense",
    " ",
    R"({"subject":"a/1","fields":{"f":{"register":{"value":1,"stamp":"000000000001-0000-000000000000)"
    R"(0001","id":"i","source":"/s"}},"f":{"register":{"value":2,"stamp":"000000000002-0000-000000)"
    R"(0000000001","id":"j","source":"/s"}}}})"};

struct Case {
  std::string name;
  std::string on;  // "page", "push", "state", "stream"
  Answer answer;
};

std::string event_line(const std::string& sequence, const std::string& more = "",
                       const std::string& data = "{}", const std::string& type = "t") {
  return R"({"specversion":"1.0","id":"h1","source":"/h","type":")" + type +
         R"(","subject":"stock/1","time":"2023-11-14T22:13:20Z")" + more + R"(,"data":)" + data +
         R"(,"sequence":")" + sequence + R"(","recordedtime":"2023-11-14T22:13:20Z"})";
}

Answer page(const std::string& body, const std::string& head = "3",
            const std::string& cursor = "e1-3") {
  return {200, {{"offsync-epoch", "e1"}, {"offsync-head", head}, {"offsync-cursor", cursor}}, body};
}

Answer of_log(const std::string& body, const std::string& epoch = "e1",
              const std::string& type = "application/x-ndjson") {
  return {200, {{"offsync-epoch", epoch}, {"content-type", type}}, body};
}

Answer stream(const std::string& body, const std::string& epoch = "e1") {
  return of_log(body, epoch, "text/event-stream");
}

std::string outcome(const std::string& more) {
  return R"({"line":1,"id":"ID","outcome":"accepted","sequence":"3")" + more + "}\n";
}

std::vector<Case> bad_numbers() {
  std::vector<Case> cases;
  for (const std::string& bad : kBadNumbers) {
    const std::string quoted = "\"" + bad + "\"";
    const auto add = [&](const char* what, const char* on, Answer answer) {
      cases.push_back({std::string(what) + " " + bad, on, std::move(answer)});
    };
    add("head of a page", "page", page("", bad, "e1-2"));
    add("cursor of a page", "page", page("", "2", "e1-" + bad));
    add("sequence of an event", "page", page(event_line(bad) + "\n"));
    add("clientseq of an event", "page", page(event_line("3", R"(,"clientseq":)" + quoted) + "\n"));
    add("place of a snapshot", "state",
        of_log(R"({"cursor":"e2-)" + bad + R"(","entities":0,"conflicts":0})" + "\n", "e2"));
    add("entities of a snapshot", "state",
        of_log(R"({"cursor":"e2-0","entities":)" + bad + R"(,"conflicts":0})" + "\n", "e2"));
    add("conflicts of a snapshot", "state",
        of_log(R"({"cursor":"e2-0","entities":0,"conflicts":)" + bad + "}\n", "e2"));
    add("sequence of an outcome", "push",
        of_log(R"({"line":1,"id":"ID","outcome":"accepted","sequence":)" + quoted + "}\n"));
    add("line of an outcome", "push",
        of_log(R"({"line":)" + quoted + R"(,"id":"ID","outcome":"accepted","sequence":"3"})" +
               "\n"));
    add("conflicts of an outcome", "push", of_log(outcome(R"(,"conflicts":)" + quoted)));
    add("head of a hello", "stream",
        stream("event: hello\ndata: {\"epoch\":\"e1\",\"head\":" + quoted + "}\n\n"));
    add("place of a message", "stream",
        stream("id: e1-" + bad + "\ndata: " + event_line("3") + "\n\n"));
  }
  return cases;
}

std::vector<Case> bad_names() {
  std::vector<Case> cases;
  for (const std::string& bad : kBadEpochs) {
    const std::string name = "epoch '" + bad + "' of ";
    cases.push_back(
        {name + "a page",
         "page",
         {200, {{"offsync-epoch", bad}, {"offsync-head", "2"}, {"offsync-cursor", "e1-2"}}, ""}});
    cases.push_back({name + "a push", "push", of_log(outcome(""), bad)});
    cases.push_back({name + "a stream", "stream", stream("", bad)});
    cases.push_back(
        {name + "a snapshot", "state",
         of_log(R"({"cursor":")" + bad + R"(-0","entities":0,"conflicts":0})" + "\n", "e2")});
  }
  return cases;
}

std::vector<Case> bad_records() {
  std::vector<Case> cases;
  for (const std::string& data : kBadConflicts) {
    const std::string line = event_line("3", "", data, "offsync.conflict");
    cases.push_back({"conflict " + data + " in a page", "page", page(line + "\n")});
    cases.push_back({"conflict " + data + " in a stream", "stream",
                     stream("id: e1-3\ndata: " + line + "\n\n")});
    cases.push_back({"conflict " + data + " in a snapshot", "state",
                     of_log(R"({"cursor":"e2-3","entities":0,"conflicts":1})"
                            "\n" +
                                line + "\n",
                            "e2")});
  }
  for (const std::string& entity : kBadEntities) {
    cases.push_back({"entity " + entity, "state",
                     of_log(R"({"cursor":"e2-3","entities":1,"conflicts":0})"
                            "\n" +
                                entity + "\n",
                            "e2")});
  }
  return cases;
}

std::vector<Case> bad_pages() {
  const std::string third = event_line("3") + "\n";
  return {
      {"an event again", "page", page(event_line("2") + "\n", "3", "e1-3")},
      {"a line too few", "page", page(third, "4", "e1-4")},
      {"a line too many", "page", page(third, "3", "e1-2")},
      {"no event", "page", page("{}\n")},
      {"no JSON", "page", page("<html>hello</html>\n")},
      {"blank lines", "page", page("\n\n\n")},
      {"the second of two is none", "page", page(third + "nonsense\n", "4", "e1-4")},
      {"no sequence", "page",
       page(R"({"specversion":"1.0","id":"h1","source":"/h","type":"t",)"
            R"("subject":"a/1","time":"2023-11-14T22:13:20Z"})"
            "\n")},
      {"an id twice", "page", page(third + event_line("4") + "\n", "4", "e1-4")},
      {"a cursor of another log", "page", page(third, "3", "e2-3")},
      {"an array", "page", page("[" + event_line("3") + "]\n")},
      {"a byte that is no UTF-8", "page", page(event_line("3", ",\"x\":\"\xff\"") + "\n")},
  };
}

std::vector<Case> bad_pushes() {
  const auto put = [](const std::string& line) { return of_log(line + "\n"); };
  return {
      {"no outcome", "push", of_log("")},
      {"no JSON", "push", put("nonsense")},
      {"an outcome of no kind", "push", put(R"({"line":1,"id":"ID","outcome":"perhaps"})")},
      {"accepted at no place", "push", put(R"({"line":1,"id":"ID","outcome":"accepted"})")},
      {"another event's", "push",
       put(R"({"line":1,"id":"other","outcome":"accepted","sequence":"3"})")},
      {"of another line", "push",
       put(R"({"line":2,"id":"ID","outcome":"accepted","sequence":"3"})")},
      {"at a place where the log has another", "push",
       put(R"({"line":1,"id":"ID","outcome":"accepted","sequence":"1"})")},
      {"more conflicts than an event can meet", "push", of_log(outcome(R"(,"conflicts":2000)"))},
      {"an array", "push", put("[]")},
  };
}

std::vector<Case> bad_streams() {
  const auto message = [](const std::string& id, const std::string& line) {
    return stream("id: " + id + "\ndata: " + line + "\n\n");
  };
  return {
      {"an event again", "stream", message("e1-2", event_line("2"))},
      {"an old event as a new one", "stream", message("e1-3", event_line("2"))},
      {"an event at the wrong place", "stream", message("e1-4", event_line("3"))},
      {"an event without a place", "stream", stream("data: " + event_line("3") + "\n\n")},
      {"an event of another log", "stream", message("e2-3", event_line("3"))},
      {"no event", "stream", message("e1-3", "{}")},
      {"a hello of nothing", "stream", stream("event: hello\ndata: {}\n\n")},
      {"a page", "stream", of_log(event_line("3") + "\n")},
      {"nearly a stream", "stream", of_log("", "e1", "text/event-streamx")},
      {"a line without end", "stream", stream(std::string(limits::kSseLineBytes + 10, ':'))},
  };
}

std::vector<Case> bad_snapshots() {
  const std::string empty = R"({"cursor":"e2-0","entities":0,"conflicts":0})";
  return {
      {"nothing", "state", of_log("", "e2")},
      {"no header", "state", of_log("{}\n", "e2")},
      {"of another log", "state",
       of_log(R"({"cursor":"e3-0","entities":0,"conflicts":0})"
              "\n",
              "e2")},
      {"too much", "state", of_log(empty + "\n{}\n", "e2")},
      {"blank lines", "state", of_log(empty + "\n\n\n", "e2")},
      {"too little", "state",
       of_log(R"({"cursor":"e2-0","entities":1,"conflicts":0})"
              "\n",
              "e2")},
      {"an entity twice", "state",
       of_log(R"({"cursor":"e2-0","entities":2,"conflicts":0})"
              "\n{\"subject\":\"a/1\",\"fields\":{}}\n{\"subject\":\"a/1\",\"fields\":{}}\n",
              "e2")},
      {"no conflict for one", "state",
       of_log(R"({"cursor":"e2-3","entities":0,"conflicts":1})"
              "\n" +
                  event_line("3") + "\n",
              "e2")},
  };
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (auto make :
       {bad_numbers, bad_names, bad_records, bad_pages, bad_pushes, bad_streams, bad_snapshots}) {
    for (Case& one : make()) cases.push_back(std::move(one));
  }
  return cases;
}

// A client that knows two events, and has one of its own to send.
struct World : OneClient {
  World() {
    REQUIRE_FALSE(a.sync().error.has_value());
    proxy.append("stock/1", kCount);
    proxy.append("stock/1", kCount);
    REQUIRE_FALSE(a.sync().error.has_value());
    id = a.emit("todo/1", "n", "1").id;
  }
  void put(const Case& one) {
    Fault fault{one.on, Fault::Kind::answer};
    fault.answer = one.answer;
    if (const auto at = fault.answer.body.find("ID"); at != std::string::npos) {
      fault.answer.body.replace(at, 2, id);
    }
    if (one.on == "state") proxy.begin_anew("e2");
    a.transport.on(fault);
  }
  std::string id;
};

void check_kept(World& w, const std::vector<std::uint64_t>& log, const std::string& queue) {
  // Opened anew, as the next command does.
  auto again = Replica::open(w.folder.file("a.db"), w.clock, w.a.random);
  REQUIRE(again.ok());
  CHECK(again->info().ok());
  CHECK(again->conflicts(true).ok());
  const auto pass = [](std::string_view, const Entity&) { return true; };
  CHECK(again->for_each_entity("", Replica::View::visible, pass).ok());
  CHECK(w.a.log() == log);
  CHECK(w.a.queue() == queue);
}

}  // namespace

TEST_CASE("answers: none of a table of hostile ones harms the replica", "[sync][hostile]") {
  const std::vector<Case> cases = all_cases();
  CHECK(cases.size() >= 150);
  for (const Case& one : cases) {
    INFO(one.on << ": " << one.name);
    World w;
    const auto log = w.a.log();
    const std::string queue = w.a.queue();
    w.put(one);
    if (one.on == "stream") {
      SyncOptions options;
      options.push = false;
      w.a.watch(options);
      w.a.run([&] { return !w.a.watcher.troubles.empty(); });
      REQUIRE(w.a.report().error.has_value());
      CHECK(w.a.report().error->kind == Errc::protocol);
      w.a.stop();
    } else {
      SyncOptions options;
      options.push = one.on == "push";
      options.pull = one.on != "push";
      const SyncReport report = w.a.sync(options);
      REQUIRE(report.error.has_value());
      CHECK(report.error->kind == Errc::protocol);
      CHECK(report.pulled == 0);
      CHECK(report.snapshots == 0);
    }
    check_kept(w, log, queue);
    CHECK_FALSE(w.a.sync().error.has_value());
    CHECK(w.a.confirmed() == w.proxy.state());
    CHECK(w.a.queue() == kNothingQueued);
  }
}

TEST_CASE("sync: what is accepted where the log had events before is not believed", "[sync]") {
  struct Case {
    int first, second;  // behind the head
    bool believed;
  };
  for (const Case& said : {Case{-1, 0, false}, Case{0, 1, false}, Case{1, 1, false},
                           Case{2, 1, false}, Case{1, 2, true}}) {
    INFO(said.first << ' ' << said.second);
    World w;
    w.proxy.append("todo/7", R"({"set":{"n":1}})");
    w.proxy.append("todo/7", R"({"set":{"n":2}})");
    REQUIRE_FALSE(w.a.sync().error.has_value());
    const std::uint64_t head = w.a.info().cursor->sequence;
    const Emitted one = w.a.emit("todo/1", "n", "1");
    const Emitted two = w.a.emit("todo/2", "n", "1");
    Fault fault{"push", Fault::Kind::rewrite};
    fault.rewrite = [&](const std::string&) {
      return encode_outcome({one.id, OutcomeKind::accepted, head + said.first, 1, "", "", 0}) +
             "\n" +
             encode_outcome({two.id, OutcomeKind::accepted, head + said.second, 2, "", "", 0}) +
             "\n";
    };
    w.a.transport.on(fault);
    const SyncReport report = w.a.sync();
    CHECK(report.error.has_value() == !said.believed);
    if (!said.believed) {
      CHECK(report.error->kind == Errc::protocol);
      CHECK(report.pushed == 0);
      CHECK(w.a.queue() == "queued 2 accepted 0 rejected 0 held 0");
      REQUIRE_FALSE(w.a.sync().error.has_value());
    }
    CHECK(w.a.queue() == "queued 0 accepted 0 rejected 0 held 0");
    CHECK(w.a.confirmed() == w.proxy.state());
  }
}

}  // namespace offsync::test
