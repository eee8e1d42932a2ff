// Whatever a proxy refuses, loses or sends back to a snapshot, and whoever else uses the replica
// meanwhile: at every moment its parts say the same, as `offsync doctor` looks at them.
#include <fmt/format.h>

#include <array>
#include <cstdlib>

#include "lib/replica/fixture.h"
#include "lib/sync/fixture.h"
#include "replica/examine.h"

namespace offsync::test {
namespace {

std::string random_event(Random& random) {
  const auto n = [&](std::uint64_t below) { return random.next() % below; };
  const std::array<std::string, 10> data = {
      fmt::format(R"({{"set":{{"a":{}}}}})", n(5)),
      fmt::format(R"({{"set":{{"a":{},"b":"{}"}}}})", n(5), n(5)),
      fmt::format(R"({{"inc":{{"c":{}}}}})", n(5) + 1),
      fmt::format(R"({{"add":{{"s":["{}"]}}}})", n(4)),
      fmt::format(R"({{"remove":{{"s":["{}"]}}}})", n(4)),
      R"({"delete":true})",
      fmt::format(R"({{"create":true,"set":{{"a":{}}}}})", n(5)),
      R"({"unset":["a"]})",
      fmt::format(R"({{"inc":{{"c":1}},"add":{{"s":["{}","{}"]}},"set":{{"b":1}}}})", n(2),
                  n(2) + 2),
      fmt::format(R"({{"delete":true,"create":true,"set":{{"a":{}}}}})", n(4))};
  return fmt::format(R"({{"type":"{}","subject":"todo/{}","data":{}}})",
                     n(12) == 0 ? "test.refused" : "test.done", n(3), data[n(data.size())]);
}

struct Household {
  explicit Household(std::uint64_t seed) : random(seed) {}

  void emit(Client& client) {
    auto batch = client.replica.begin_batch();
    REQUIRE(batch.ok());
    // What does not fit is refused, and leaves no trace.
    if (batch->add_line(random_event(random))) REQUIRE(batch->commit().ok());
  }
  void disturb(Client& client) {
    static const std::array<const char*, 6> kOn = {"push",   "push",  "page",
                                                   "stream", "state", "missing"};
    static const std::array<Fault::Kind, 5> kKinds = {Fault::Kind::refuse, Fault::Kind::cut,
                                                      Fault::Kind::lose, Fault::Kind::delay,
                                                      Fault::Kind::twice};
    client.transport.on({kOn[random.next() % kOn.size()], kKinds[random.next() % kKinds.size()],
                         random.next() % 600});
  }
  void refuse_to_go_on(Client& client, int times) {
    for (const char* on : {"page", "stream"}) {
      Fault gone{on, Fault::Kind::answer};
      gone.answer.status = 410;
      gone.answer.headers = {{"offsync-epoch", proxy.epoch()}};
      for (int i = 0; i < times; ++i) client.transport.on(gone);
    }
  }
  void settle_a_rejected(Client& client) {
    std::vector<std::string> ids;
    REQUIRE(client.replica
                .for_each_pending([&](const PendingEvent& event) {
                  if (event.state == PendingState::rejected) ids.push_back(event.id);
                  return true;
                })
                .ok());
    if (ids.empty()) return;
    const std::string& id = ids[random.next() % ids.size()];
    random.next() % 2 == 0 ? (void)client.replica.retry(id) : (void)client.replica.drop(id);
  }
  void expect_sound(const std::string& when) {
    const Examined found = must(examine_replica(folder.file("a.db")));
    INFO("after " << when);
    CHECK(found.problems == std::vector<std::string>{});
  }

  Folder folder;
  ManualClock clock;
  FakeProxy proxy{clock};
  SeededRandom random;
  Client a{proxy, clock, folder.file("a.db"), 1};
  Client too{proxy, clock, folder.file("a.db"), 2};  // another process on the same replica
  Client b{proxy, clock, folder.file("b.db"), 3};
};

void live(Household& h) {
  const auto push_only = [] {
    SyncOptions options;
    options.pull = false;
    return options;
  };
  for (Client* client : {&h.a, &h.too}) {
    client->transport.meanwhile = [&] {
      if (h.random.next() % 8 == 0) h.emit(h.random.next() % 2 == 0 ? h.a : h.too);
    };
  }
  bool watching = false;
  for (int step = 0; step < 30; ++step) {
    const std::uint64_t what = h.random.next() % 10;
    if (what < 2) h.emit(h.a);
    if (what == 2) (void)h.too.sync();
    if (what == 3) (void)h.too.sync(push_only());
    if (what == 4) (h.emit(h.b), (void)h.b.sync());
    if (what == 5)
      h.refuse_to_go_on(h.random.next() % 2 == 0 ? h.a : h.too, 1 + h.random.next() % 6);
    if (what == 6) h.disturb(h.random.next() % 2 == 0 ? h.a : h.too);
    if (what == 7) h.settle_a_rejected(h.too);
    if (what == 8 || !watching) h.a.watch();
    watching = true;
    if (what == 9) h.a.run_for(static_cast<std::int64_t>(h.random.next() % 2000));
    for (Client* client : {&h.a, &h.too}) client->transport.chunk = 1 + h.random.next() % 500;
    h.expect_sound(fmt::format("step {}, of kind {}", step, what));
  }
}

TEST_CASE("doctor: a replica is sound at every moment", "[sync][doctor]") {
  const char* many = std::getenv("OFFSYNC_TEST_SEEDS");
  const std::uint64_t seeds = many == nullptr ? 20 : std::strtoull(many, nullptr, 10);
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    INFO("seed " << seed);
    Household h(seed);
    live(h);
  }
}

}  // namespace
}  // namespace offsync::test
