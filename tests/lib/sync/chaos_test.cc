// Any faults in any order: in the end both clients and the log agree, and every event counts once.
#include "lib/sync/fixture.h"

namespace offsync::test {
namespace {

Fault random_fault(Random& random) {
  static const std::vector<std::string> kOn = {"push", "push", "page", "stream", "state"};
  static const std::vector<Fault::Kind> kKinds = {Fault::Kind::refuse, Fault::Kind::cut,
                                                  Fault::Kind::lose,   Fault::Kind::stall,
                                                  Fault::Kind::delay,  Fault::Kind::twice};
  return {kOn[random.next() % kOn.size()], kKinds[random.next() % kKinds.size()],
          random.next() % 600};
}

void disturb(FakeTransport& transport, Random& random) {
  if (random.next() % 20 == 0) transport.on(random_fault(random));
  if (random.next() % 100 == 0) transport.cut_streams();
  transport.chunk = 1 + random.next() % 500;
}

TEST_CASE("chaos: everybody agrees in the end, and each event counts once", "[sync][chaos]") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    INFO("seed " << seed);
    Folder folder;
    ManualClock clock;
    FakeProxy proxy(clock);
    SeededRandom random(seed);
    Client a(proxy, clock, folder.file("a.db"), seed * 2);
    Client b(proxy, clock, folder.file("b.db"), seed * 2 + 1);
    a.watch();
    int emitted = 0;
    for (int round = 0; round < 40; ++round) {
      for (auto n = random.next() % 4; n > 0; --n, ++emitted) {
        (random.next() % 2 == 0 ? a : b).count_up("stock/1", "sold");
      }
      disturb(a.transport, random);
      disturb(b.transport, random);
      a.run_for(static_cast<std::int64_t>(random.next() % 3000));
      if (random.next() % 3 == 0) b.sync();
      if (seed % 3 == 0 && round == 20) {
        proxy.begin_anew("e2", proxy.head());
        a.transport.cut_streams();
      }
    }
    a.run([&] { return a.queue() == kNothingQueued; });
    for (int i = 0; i < 300 && b.sync().error; ++i) clock.advance(100);
    a.run([&] { return a.info().cursor == Cursor{proxy.epoch(), proxy.head()}; });
    CHECK(a.get("stock/1", "sold") == std::to_string(emitted));
    CHECK(b.get("stock/1", "sold") == std::to_string(emitted));
    CHECK(proxy.head() == static_cast<std::uint64_t>(emitted));
    CHECK(a.confirmed() == proxy.state());
    CHECK(b.confirmed() == proxy.state());
  }
}

}  // namespace
}  // namespace offsync::test
