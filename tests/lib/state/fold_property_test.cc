#include <rapidcheck.h>

#include <algorithm>
#include <random>

#include "lib/state/events.h"
#include "state/entity_codec.h"
#include "state/state.h"
#include "support/catch.h"

using namespace offsync;
using test::folded;

namespace {

// Equal numbers in several spellings are one element.
std::string random_number() {
  return *rc::gen::element("0", "-0", "0.0", "1", "1.0", "10e-1", "2", "[1]", "[1.0]");
}

// What one random event does; few names and few stamps, so that writes meet.
std::string random_data() {
  const int value = *rc::gen::inRange(0, 4);
  const char* field = *rc::gen::element("f", "g");
  switch (*rc::gen::inRange(0, 9)) {
    case 0:
    case 1:
      return fmt::format(R"({{"set":{{"{}":{}}}}})", field, value);
    case 2:
      return fmt::format(R"({{"unset":["{}"]}})", field);
    case 3:
    case 4:
      return fmt::format(R"({{"inc":{{"n{}":{}.5}}}})", field, value);
    case 5: {
      const std::string added = random_number();
      const std::string removed = random_number();
      if (added == removed) return fmt::format(R"({{"remove":{{"s":[{}]}}}})", removed);
      return fmt::format(R"({{"add":{{"s":[{}]}},"remove":{{"s":[{}]}}}})", added, removed);
    }
    case 6:
      return R"({"delete":true})";
    case 7:
      return fmt::format(R"({{"create":true,"set":{{"f":{}}}}})", value);
    default:
      return fmt::format(R"({{"inc":{{"{}":1}}}})", field);  // also a kind that does not fit
  }
}

// Each is of another source and id; stamps may be equal, and so may ids.
std::vector<std::string> random_events() {
  const auto count = *rc::gen::inRange<std::size_t>(0, 14);
  std::vector<std::string> events;
  for (std::size_t i = 0; i < count; ++i) {
    const auto ms = *rc::gen::inRange(1, 8);
    const auto node = *rc::gen::inRange<std::uint64_t>(1, 4);
    events.push_back(fmt::format(
        R"({{"specversion":"1.0","id":"e{}","source":"/c/{}","type":"t","subject":"todo/1","stamp":"{}","data":{}}})",
        i / 3, i % 3, test::stamp_text(ms, node), random_data()));
  }
  return events;
}

std::string record(const Entity& entity) {
  return encode_entity("todo/1", entity);
}

void shuffle(std::vector<std::string>& events) {
  std::mt19937_64 random(*rc::gen::arbitrary<std::uint64_t>());
  std::shuffle(events.begin(), events.end(), random);
}

}  // namespace

TEST_CASE("any order and any duplication of events give the same entity") {
  CHECK(rc::check([] {
    auto events = random_events();
    const std::string expected = record(folded(events));
    const std::size_t count = events.size();
    for (std::size_t i = 0; i < count; ++i) {
      if (*rc::gen::inRange(0, 2) == 0) events.push_back(events[i]);
    }
    shuffle(events);
    RC_ASSERT(record(folded(events)) == expected);
  }));
}

TEST_CASE("the join of two parts is the fold of the whole, however they overlap") {
  CHECK(rc::check([] {
    const auto events = random_events();
    std::vector<std::string> left;
    std::vector<std::string> right;
    for (const auto& event : events) {
      const int side = *rc::gen::inRange(0, 3);
      if (side != 1) left.push_back(event);
      if (side != 0) right.push_back(event);
    }
    const std::string expected = record(folded(events));
    Entity a = folded(left);
    const Entity b = folded(right);
    a.join(b);
    RC_ASSERT(record(a) == expected);
    Entity c = folded(right);
    c.join(folded(left));
    RC_ASSERT(record(c) == expected);
    c.join(c);
    RC_ASSERT(record(c) == expected);
  }));
}

TEST_CASE("a record read back goes on folding as the entity itself") {
  CHECK(rc::check([] {
    const auto before = random_events();
    auto after = random_events();
    for (auto& event : after) event.replace(event.find("\"id\":\"e"), 7, "\"id\":\"x");
    Entity entity = folded(before);
    EntityDecoder decoder;
    auto back = decoder.decode(record(entity));
    RC_ASSERT(back.ok());
    RC_ASSERT(record(back->entity) == record(entity));
    for (const auto& event : after) {
      test::fold(entity, event);
      test::fold(back->entity, event);
    }
    RC_ASSERT(record(back->entity) == record(entity));
  }));
}

TEST_CASE("a state is the fold of each of its entities") {
  CHECK(rc::check([] {
    const auto events = random_events();
    State state;
    Decoder decoder;
    for (const auto& event : events) state.fold(**decoder.decode(event));
    const Entity* entity = state.find("todo/1");
    RC_ASSERT((entity == nullptr) == events.empty());
    if (entity != nullptr) RC_ASSERT(record(*entity) == record(folded(events)));
  }));
}
