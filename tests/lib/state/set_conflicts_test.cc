// P7 for the elements of sets: an event conflicts with the current write of an element exactly
// where its author had not seen that write and the two differ. What an author saw is any part of
// the log.
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "event/with_base.h"
#include "lib/state/events.h"
#include "state/decision.h"
#include "support/catch.h"

using namespace offsync;
using test::folded;

namespace {

// A write of one element of the set "s" or, where it is none, of "t".
struct Write {
  std::int64_t ms;
  std::uint64_t node;
  int element;
  bool adds;
  bool of_t;

  std::string id() const { return fmt::format("{}-{}", ms, node); }
  std::string line() const {
    return test::line(ms, node,
                      fmt::format(R"({{"base":{{}},"{}":{{"{}":[{}]}}}})", adds ? "add" : "remove",
                                  of_t ? "t" : "s", element));
  }
};

// In any order, as they came to the log; a node's stamps differ.
std::vector<Write> random_writes() {
  std::set<std::pair<std::int64_t, std::uint64_t>> stamps;
  std::vector<Write> writes;
  for (int left = *rc::gen::inRange(0, 12); left > 0; --left) {
    const Write write{*rc::gen::inRange(1, 20), *rc::gen::inRange<std::uint64_t>(1, 4),
                      *rc::gen::inRange(0, 3), *rc::gen::arbitrary<bool>(),
                      *rc::gen::inRange(0, 5) == 0};
    if (stamps.emplace(write.ms, write.node).second) writes.push_back(write);
  }
  return writes;
}

// What counts of one element of s, worked out apart from the fold.
std::optional<Write> current(const std::vector<Write>& writes, int element) {
  std::optional<Write> best;
  for (const Write& write : writes) {
    if (write.of_t || write.element != element) continue;
    if (!best || std::pair(write.ms, write.node) > std::pair(best->ms, best->node)) best = write;
  }
  return best;
}

std::vector<Write> random_part(const std::vector<Write>& writes) {
  std::vector<Write> part;
  for (const Write& write : writes) {
    if (*rc::gen::arbitrary<bool>()) part.push_back(write);
  }
  return part;
}

Entity state_of(const std::vector<Write>& writes) {
  std::vector<std::string> lines;
  for (const Write& write : writes) lines.push_back(write.line());
  return folded(lines);
}

// The base as an author states it that saw `view`.
std::string base_text(const std::vector<Write>& view) {
  const Entity entity = state_of(view);
  std::vector<Base> bases;
  for (const Field& field : entity.fields()) {
    for (const auto& [element, entry] : field.written_elements()) {
      bases.push_back({field.name(), entry->writer.stamp(), element});
    }
  }
  return with_base("{}", bases).substr(1);  // without the brace before it
}

}  // namespace

TEST_CASE("an event meets the write of an element exactly where its author had not seen it") {
  CHECK(rc::check([] {
    const std::vector<Write> log = random_writes();
    const std::vector<Write> view = random_part(log);
    const bool adds = *rc::gen::arbitrary<bool>();
    std::string data = base_text(view);
    data.pop_back();
    data = fmt::format(R"({{{},"{}":{{"s":[0,1,2]}}}})", data, adds ? "add" : "remove");
    const std::int64_t ms = *rc::gen::inRange(1, 40);
    const std::uint64_t author = 9;

    Decoder decoder;
    const auto event = decoder.decode(test::line(ms, author, data));
    RC_ASSERT(event.ok());
    std::map<std::string, std::string> expected, got;  // element -> the current writer
    for (int element = 0; element < 3; ++element) {
      const auto now = current(log, element);
      const auto saw = current(view, element);
      if (!now || now->adds == adds || (saw && saw->id() == now->id())) continue;
      expected[std::to_string(element)] = now->id();
    }
    for (const Conflict& conflict : conflicts_of(state_of(log), **event)) {
      RC_ASSERT(conflict.field == "s");
      RC_ASSERT(got.emplace(conflict.element, conflict.current.id).second);
      const auto saw = current(view, std::stoi(conflict.element));
      RC_ASSERT(conflict.base == (saw ? Stamp::make(saw->ms, 0, saw->node) : Stamp{}));
      const auto now = current(log, std::stoi(conflict.element));
      RC_ASSERT(conflict.incoming_wins == (std::pair(ms, author) > std::pair(now->ms, now->node)));
    }
    RC_ASSERT(got == expected);
  }));
}
