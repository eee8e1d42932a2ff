#include "state/state.h"

#include <algorithm>
#include <map>

#include "lib/state/events.h"
#include "state/entity_codec.h"
#include "support/catch.h"
#include "support/ports.h"

using namespace offsync;

namespace {

// An event of `subject` that sets, counts, or deletes.
std::string event_of(std::uint64_t number, const std::string& subject, const std::string& data) {
  return fmt::format(
      R"({{"specversion":"1.0","id":"e{}","source":"/c","type":"t","subject":"{}","stamp":"{}",)"
      R"("data":{}}})",
      number, subject, test::stamp_text(static_cast<std::int64_t>(number) + 1, 1), data);
}

std::map<std::string, std::string> records(const State& state) {
  std::map<std::string, std::string> found;
  for (const auto& [subject, entity] : state.sorted()) {
    found.emplace(subject, encode_entity(subject, *entity));
  }
  return found;
}

}  // namespace

TEST_CASE("state: nothing is found in an empty one") {
  const State state;
  CHECK(state.find("todo/1") == nullptr);
  CHECK(state.size() == 0);
  CHECK(state.sorted().empty());
}

TEST_CASE("state: events without a write or a stamp make no entity") {
  State state;
  Decoder decoder;
  state.fold(**decoder.decode(event_of(1, "todo/1", "{}")));
  state.fold(**decoder.decode(
      R"({"specversion":"1.0","id":"i","source":"/c","type":"t","subject":"todo/2",)"
      R"("data":{"set":{"a":1}}})"));
  CHECK(state.size() == 0);
  CHECK(state.find("todo/1") == nullptr);
}

TEST_CASE("state: batches of any size fold as event by event, over many entities") {
  test::SeededRandom random(9);
  std::vector<std::string> lines;
  for (std::uint64_t i = 0; i < 6000; ++i) {
    // Few in the beginning, many later: the table grows under full batches.
    const std::string subject = fmt::format("todo/{}", random.next() % (1 + i));
    const char* const data[] = {R"({"set":{"a":1}})", R"({"inc":{"n":1}})", R"({"delete":true})",
                                R"({"create":true,"add":{"s":["x"]}})", "{}"};
    lines.push_back(event_of(i, subject, data[random.next() % 5]));
  }
  std::vector<Decoder> decoders(lines.size());  // a view lives until its decoder's next line
  std::vector<EventView> events;
  for (std::size_t i = 0; i < lines.size(); ++i) events.push_back(**decoders[i].decode(lines[i]));

  std::map<std::string, Entity> expected;
  State single;
  for (const EventView& event : events) {
    single.fold(event);
    if (event.writes()) expected[std::string(event.subject)].fold(event);
  }
  CHECK(single.size() == expected.size());
  for (const auto& [subject, entity] : expected) {
    REQUIRE(single.find(subject) != nullptr);
    REQUIRE(encode_entity(subject, *single.find(subject)) == encode_entity(subject, entity));
  }
  for (const std::size_t batch : {1U, 2U, 63U, 64U, 65U, 1000U, 6000U}) {
    State state;
    for (std::size_t at = 0; at < events.size(); at += batch) {
      state.fold(std::span(events).subspan(at, std::min(batch, events.size() - at)));
    }
    CHECK(records(state) == records(single));
  }
}

TEST_CASE("state: entities come in byte order of subject, dead ones too") {
  State state;
  Decoder decoder;
  std::uint64_t i = 0;
  for (const char* subject : {"b/1", "a/10", "a/2", "Z/1", "ü/1", "a/1"}) {
    state.fold(**decoder.decode(event_of(++i, subject, R"({"set":{"a":1}})")));
  }
  state.fold(**decoder.decode(event_of(++i, "a/2", R"({"delete":true})")));
  std::vector<std::string> order;
  for (const auto& [subject, entity] : state.sorted()) {
    order.emplace_back(subject);
    CHECK(entity->lives() == (subject != "a/2"));
  }
  CHECK(order == std::vector<std::string>{"Z/1", "a/1", "a/10", "a/2", "b/1", "ü/1"});
}

TEST_CASE("state: a snapshot's entity joins what is there") {
  State state;
  Decoder decoder;
  state.fold(**decoder.decode(event_of(1, "todo/1", R"({"inc":{"n":1}})")));
  Entity theirs;
  theirs.fold(**decoder.decode(event_of(1, "todo/1", R"({"inc":{"n":1}})")));  // the same event
  theirs.fold(**decoder.decode(event_of(2, "todo/1", R"({"inc":{"n":2}})")));
  state.put("todo/1", theirs);
  state.put("todo/2", theirs);
  CHECK(shown_line("todo/1", *state.find("todo/1")) == R"({"subject":"todo/1","fields":{"n":3}})");
  CHECK(state.size() == 2);
}
