#include <rapidcheck.h>

#include <numeric>

#include "proxy/hub/hub_core.h"
#include "proxy/hub/model.h"
#include "support/catch.h"

namespace offsync::proxy {
namespace {

using test::entry;
using test::HubModel;

HubOptions small() {
  HubOptions options;
  options.ring_bytes = 1500;  // about ten events
  options.block_bytes = 500;
  options.replay_bytes = 2000;
  options.write_bytes = 700;
  return options;
}

std::vector<LogEntry> run(std::uint64_t from, std::uint64_t to) {
  std::vector<LogEntry> out;
  for (auto s = from; s <= to; ++s) out.push_back(entry(s));
  return out;
}

std::vector<std::uint64_t> numbers(std::uint64_t from, std::uint64_t to) {
  std::vector<std::uint64_t> out(to - from + 1);
  std::iota(out.begin(), out.end(), from);
  return out;
}

}  // namespace

TEST_CASE("hub: replay, then live, each event once and in order") {
  HubModel hub({});
  hub.commit(run(1, 50));
  auto& all = hub.subscribe(0);
  auto& some = hub.subscribe(30);
  auto& none = hub.subscribe(50);
  hub.settle();
  hub.commit(run(51, 60));
  hub.settle();
  CHECK(all.seen == numbers(1, 60));
  CHECK(some.seen == numbers(31, 60));
  CHECK(none.seen == numbers(51, 60));
}

TEST_CASE("hub: a commit while the first read is under way is neither lost nor doubled") {
  for (const bool durable_before_read : {false, true}) {
    HubModel hub({});
    hub.commit(run(1, 3));
    auto& reader = hub.subscribe(0);
    hub.write(1000);  // the preamble
    hub.write(1000);  // wants a read
    if (durable_before_read) hub.commit(run(4, 5), false);
    REQUIRE(hub.begin_read());
    if (!durable_before_read) hub.commit(run(4, 5), false);
    hub.publish_one();
    hub.answer_read();
    hub.settle();
    CHECK(reader.seen == numbers(1, 5));
  }
}

TEST_CASE("hub: the answer of a read from before everybody left is not taken for a new one") {
  HubModel hub({});
  auto& gone = hub.subscribe(0);
  hub.write(1000);            // the preamble
  hub.write(1000);            // wants a read
  REQUIRE(hub.begin_read());  // finds nothing
  hub.core.unsubscribe(gone.id);
  hub.commit(run(1, 1));  // nobody is there
  auto& reader = hub.subscribe(0);
  hub.write(1000);
  hub.write(1000);
  hub.answer_read();
  hub.settle();
  CHECK(reader.seen == numbers(1, 1));
}

TEST_CASE("hub: one that falls behind the ring reads on from the store") {
  HubModel hub(small());
  auto& slow = hub.subscribe(0);
  hub.settle();
  hub.commit(run(1, 1));
  hub.write(20);            // in the middle of a message
  hub.commit(run(2, 200));  // the ring holds ten
  hub.settle();
  CHECK(slow.seen == numbers(1, 200));
}

TEST_CASE("hub: several events go out in one write") {
  HubModel hub({});
  auto& reader = hub.subscribe(0);
  hub.settle();
  hub.commit(run(1, 100));
  std::vector<std::string_view> pieces;
  REQUIRE(hub.core.gather(reader.id, pieces));
  CHECK(pieces.size() == 1);
  CHECK(pieces[0].size() > 100 * entry(1).line.size());
  hub.core.wrote(reader.id, 0, 0);
}

TEST_CASE("hub: filters, and the position moves on at a heartbeat") {
  HubModel hub({});
  auto& reader = hub.subscribe(0, {"t.b*", "k/?"});
  std::vector<LogEntry> entries;
  for (std::uint64_t s = 1; s <= 9; ++s) {
    entries.push_back(entry(s, s % 3 == 0 ? "t.bb" : "t.a", s == 6 ? "k/66" : "k/6"));
  }
  hub.commit(entries);
  hub.commit({entry(10), entry(11)});
  hub.settle();
  CHECK(reader.seen == std::vector<std::uint64_t>{3, 9});
  CHECK(reader.parser.last_event_id() == "e-9");
  hub.now += limits::kHeartbeatMs;
  hub.core.tick(hub.now);
  hub.settle();
  CHECK(reader.parser.last_event_id() == "e-11");
  CHECK(reader.messages.size() == 2);  // the progress called no handler
}

TEST_CASE("hub: the position moves on by a single event that was passed over") {
  HubModel hub({});
  auto& reader = hub.subscribe(0, {"t.b*", "*"});
  hub.commit({entry(1, "t.bb", "k/6")});
  hub.settle();
  hub.commit({entry(2, "t.a", "k/6")});
  hub.settle();
  CHECK(reader.parser.last_event_id() == "e-1");
  hub.now += limits::kHeartbeatMs;
  hub.core.tick(hub.now);
  hub.settle();
  CHECK(reader.parser.last_event_id() == "e-2");
}

TEST_CASE("hub: heartbeats go to who is idle, and to nobody else") {
  HubModel hub({});
  auto& reader = hub.subscribe(0);
  hub.settle();
  hub.now = limits::kHeartbeatMs - 1;
  hub.core.tick(hub.now);
  CHECK(hub.core.take_ready().empty());
  hub.now = limits::kHeartbeatMs;
  hub.core.tick(hub.now);
  std::vector<std::string_view> pieces;
  REQUIRE(hub.core.gather(reader.id, pieces));
  CHECK(std::string(pieces[0]) == ": heartbeat\n\n");
  hub.core.wrote(reader.id, pieces[0].size(), hub.now);
  hub.core.tick(hub.now + 1);
  CHECK(hub.core.gather(reader.id, pieces) == false);
}

TEST_CASE("hub: one that takes no byte is cut, one that takes few is not") {
  HubModel hub({});
  auto& stalled = hub.subscribe(0);
  auto& slow = hub.subscribe(0);
  hub.settle();
  hub.now = 10'000;
  hub.commit(run(1, 10));
  hub.write_to(stalled.id, 0);
  hub.write_to(slow.id, 1);
  hub.now += 29'000;
  hub.core.writable(slow.id);
  hub.write_to(slow.id, 1);
  CHECK(hub.core.tick(hub.now).empty());
  hub.now += 1'000;
  CHECK(hub.core.tick(hub.now) == std::vector<HubCore::Id>{stalled.id});
}

// Peers: a client told that it had caught up when history was gone (mercure#1321).
TEST_CASE("hub: history that is gone is a reset, never silence") {
  HubModel hub({});
  hub.commit(run(1, 20));
  hub.forgotten = 10;
  auto& reader = hub.subscribe(5);
  auto& fine = hub.subscribe(10);
  hub.settle();
  CHECK(reader.seen.empty());
  REQUIRE(reader.messages.size() == 1);
  CHECK(reader.messages[0].event == "reset");
  CHECK(reader.messages[0].data.find("cursor_expired") != std::string::npos);
  CHECK(reader.ended);
  CHECK(fine.seen == numbers(11, 20));
}

TEST_CASE("hub: a log that began anew resets every subscriber") {
  HubModel hub({});
  auto& reader = hub.subscribe(0);
  hub.settle();
  hub.commit(run(1, 3));
  hub.settle();
  const auto anew = run(1, 1);
  hub.core.publish("s", "f", Frames("f", anew));
  hub.settle();
  CHECK(reader.seen == numbers(1, 3));
  CHECK(reader.messages.back().event == "reset");
  CHECK(reader.ended);
}

TEST_CASE("hub: what is beyond the bound of the ring is read from the store") {
  HubModel hub(small());
  auto& slow = hub.subscribe(0);
  hub.settle();
  hub.commit(run(1, 1));
  hub.write(0);  // it takes nothing now
  for (std::uint64_t s = 2; s <= 100; ++s) hub.commit(run(s, s));
  hub.unblock_all();
  hub.write(100'000);
  hub.write(100'000);
  CHECK(hub.begin_read());
  hub.answer_read();
  hub.settle();
  CHECK(slow.seen == numbers(1, 100));
}

TEST_CASE("hub: who is told only how far the log has come reads it from the store") {
  HubModel hub(small());
  hub.commit(run(1, 3));
  auto& first = hub.subscribe(0);
  auto& second = hub.subscribe(3);
  hub.settle();
  SECTION("with nothing in the ring") {
    hub.commit(run(4, 6), false);
  }
  SECTION("with older events in the ring") {
    hub.commit(run(4, 5));
    hub.settle();
    hub.commit(run(6, 6), false);
  }
  hub.move();
  hub.settle();
  CHECK(first.seen == numbers(1, 6));
  CHECK(second.seen == numbers(4, 6));
  hub.core.moved("s", "e", 2);  // late news
  hub.commit(run(7, 8));
  hub.settle();
  CHECK(first.seen == numbers(1, 8));
  CHECK(second.seen == numbers(4, 8));
}

TEST_CASE("hub: that the log has moved is not forgotten over a read that was under way") {
  HubModel hub({});
  hub.commit(run(1, 3));
  auto& reader = hub.subscribe(3);
  hub.write(1000);
  hub.write(1000);
  REQUIRE(hub.begin_read());  // finds nothing
  hub.commit(run(4, 4), false);
  hub.move();
  hub.answer_read();
  hub.settle();
  CHECK(reader.seen == numbers(4, 4));
}

TEST_CASE("hub: who waits at the head is told where all that came was compacted at once") {
  HubModel hub({});
  hub.commit(run(1, 3));
  auto& reader = hub.subscribe(3);
  hub.settle();
  hub.commit(run(4, 5), false);
  hub.forgotten = 5;
  hub.move();
  hub.settle();
  CHECK(reader.messages.back().event == "reset");
  CHECK(reader.ended);
}

TEST_CASE("hub: a log that began anew and moved resets every subscriber") {
  HubModel hub({});
  auto& reader = hub.subscribe(0);
  hub.settle();
  hub.core.moved("s", "f", 0);
  hub.settle();
  CHECK(reader.messages.back().event == "reset");
  CHECK(reader.ended);
}

TEST_CASE("hub: a read that fails ends the stream, so that it is resumed") {
  HubModel hub({});
  hub.commit(run(1, 3));
  auto& reader = hub.subscribe(0);
  hub.write(1000);
  hub.write(1000);
  const auto request = hub.core.next_read();
  REQUIRE(request);
  ReadResult failed;
  failed.kind = ReadResult::Kind::failed;
  hub.core.read_done(request->id, failed);
  hub.settle();
  CHECK(reader.ended);
  CHECK(reader.messages.empty());
}

TEST_CASE("hub: the applied mark is told without an id, the newest only") {
  HubModel hub({});
  auto& reader = hub.subscribe(0);
  hub.settle();
  hub.commit(run(1, 3));
  hub.core.applied("s", 2);
  hub.core.applied("s", 3);
  hub.settle();
  REQUIRE(reader.messages.size() == 4);
  const auto mark = std::find_if(reader.messages.begin(), reader.messages.end(),
                                 [](const SseMessage& m) { return m.event == "applied"; });
  REQUIRE(mark != reader.messages.end());
  CHECK(mark->data == "3");
  CHECK(reader.parser.last_event_id() == "e-3");
}

TEST_CASE("hub: closing finishes the message that was begun and nothing more") {
  HubModel hub({});
  auto& reader = hub.subscribe(0);
  hub.settle();
  hub.commit(run(1, 5));
  hub.write(30);
  hub.core.close_all();
  hub.unblock_all();
  hub.write(1000);
  CHECK(reader.ended);
  CHECK(reader.seen == numbers(1, 1));
  CHECK(hub.core.subscribers() == 0);
}

TEST_CASE("hub: blocks read for slow subscribers stay within their budget") {
  auto options = small();
  options.replay_bytes = 1500;
  HubModel hub(options);
  hub.commit(run(1, 300));
  for (std::uint64_t after = 0; after < 200; after += 10) hub.subscribe(after);
  int held = 0;
  for (int i = 0; i < 10; ++i) {
    hub.unblock_all();
    for (const auto id : hub.core.take_ready()) hub.write_to(id, i == 0 ? 6 : 0);
    while (hub.begin_read()) ++held;
    while (!hub.answers.empty()) hub.answer_read();
  }
  CHECK(held <= 3);
  hub.settle();
  for (auto& [id, reader] : hub.readers) {
    CHECK(reader.seen == numbers(301 - reader.seen.size(), 300));
    CHECK(reader.seen.size() > 100);
  }
}

TEST_CASE("hub: whatever happens, each sees every event once and in order") {
  CHECK(rc::check([] {
    HubModel hub(small());
    struct Expected {
      std::uint64_t after;
      bool filtered;
    };
    std::map<HubCore::Id, Expected> expected;
    const auto steps = *rc::gen::inRange(1, 120);
    for (int i = 0; i < steps; ++i) {
      switch (*rc::gen::inRange(0, 10)) {
        case 0: {
          const auto n = *rc::gen::inRange<std::uint64_t>(1, 12);
          const auto head = hub.log.size();
          std::vector<LogEntry> entries;
          for (auto s = head + 1; s <= head + n; ++s) {
            entries.push_back(entry(s, s % 3 == 0 ? "t.b" : "t.a", "k/1", s % 40 == 0 ? 900 : 5));
          }
          hub.commit(std::move(entries), *rc::gen::arbitrary<bool>());
          break;
        }
        case 1:
          hub.publish_one();
          break;
        case 2: {
          const auto after = *rc::gen::inRange<std::uint64_t>(0, hub.log.size() + 1);
          const bool filtered = *rc::gen::inRange(0, 3) == 0;
          const auto& reader =
              hub.subscribe(after, filtered ? EventFilter{"t.b", ""} : EventFilter{});
          expected[reader.id] = {after, filtered};
          break;
        }
        case 3:
          hub.begin_read();
          break;
        case 4:
          hub.answer_read();
          break;
        case 5:
          hub.unblock_all();
          break;
        case 7:
          hub.move();
          break;
        case 6: {
          hub.now += *rc::gen::inRange(0, 20'000);
          hub.core.tick(hub.now);
          break;
        }
        default:
          hub.write(*rc::gen::inRange<std::size_t>(0, 400));
          break;
      }
      if (!expected.empty() && *rc::gen::inRange(0, 25) == 0) {  // somebody hangs up
        const auto id = expected.begin()->first;
        hub.core.unsubscribe(id);
        expected.erase(id);
      }
    }
    hub.settle();
    for (const auto& [id, want] : expected) {
      std::vector<std::uint64_t> sequences;
      for (auto s = want.after + 1; s <= hub.log.size(); ++s) {
        if (!want.filtered || s % 3 == 0) sequences.push_back(s);
      }
      RC_ASSERT(hub.readers[id].seen == sequences);
    }
  }));
}

}  // namespace offsync::proxy
