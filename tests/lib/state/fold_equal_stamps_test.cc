// Several writes in one millisecond by one source, as producers without stamps make them: stamps
// are drawn from three values, and what the fold gives is compared with a model that knows no order
// of arrival at all.
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <set>

#include "lib/state/events.h"
#include "state/entity_codec.h"
#include "support/catch.h"

using namespace offsync;

namespace {

enum class Kind { set, unset, inc, add, remove, create, del };

struct Write {
  Kind kind = Kind::set;
  int stamp = 0;  // 0 to 2, rising
  int id = 0;     // unique
  int value = 0;

  using Order = std::pair<int, int>;
  Order order() const { return {stamp, id}; }

  std::string data() const {
    switch (kind) {
      case Kind::set:
        return fmt::format(R"({{"set":{{"title":{}}}}})", value);
      case Kind::unset:
        return R"({"unset":["title"]})";
      case Kind::inc:
        return fmt::format(R"({{"inc":{{"count":{}}}}})", value);
      case Kind::add:
        return fmt::format(R"({{"add":{{"tags":[{}]}}}})", value);
      case Kind::remove:
        return fmt::format(R"({{"remove":{{"tags":[{}]}}}})", value);
      case Kind::create:
        return fmt::format(R"({{"create":true,"set":{{"title":{}}}}})", value);
      default:
        return R"({"delete":true})";
    }
  }

  std::string line() const {
    // Two of the stamps are of one source, in one millisecond and in the next.
    static const Stamp stamps[] = {Stamp::make(1000, 0, 7), Stamp::make(1000, 0, 8),
                                   Stamp::make(1001, 0, 7)};
    return fmt::format(
        R"({{"specversion":"1.0","id":"e{}","source":"/c","type":"t","subject":"todo/1",)"
        R"("stamp":"{}","data":{}}})",
        id, stamps[stamp].text(), data());
  }
};

// What must be shown, from the set of the writes alone.
class Model {
 public:
  explicit Model(const std::vector<Write>& writes) : writes_(writes) {}

  std::string shown() const {
    const std::optional<int> deleted = latest(Kind::del);
    if (deleted && latest(Kind::create).value_or(-1) <= *deleted) return "gone";
    std::string out = title() + count() + tags();
    return out.empty() ? "{}" : out;
  }

 private:
  std::optional<int> latest(Kind kind) const {
    std::optional<int> stamp;
    for (const Write& write : writes_) {
      if (write.kind == kind) stamp = std::max(stamp.value_or(-1), write.stamp);
    }
    return stamp;
  }
  // A delete takes with it what bears its own stamp.
  bool counts(const Write& write) const { return write.stamp > latest(Kind::del).value_or(-1); }

  std::string title() const {
    std::map<Write::Order, std::string> values;
    for (const Write& write : writes_) {
      const bool sets = write.kind == Kind::set || write.kind == Kind::create;
      if ((!sets && write.kind != Kind::unset) || !counts(write)) continue;
      values[write.order()] = sets ? fmt::format("title={} ", write.value) : "";
    }
    return values.empty() ? "" : values.rbegin()->second;
  }
  std::string count() const {
    int sum = 0;
    bool any = false;
    for (const Write& write : writes_) {
      if (write.kind != Kind::inc || !counts(write)) continue;
      sum += write.value;
      any = true;
    }
    return any ? fmt::format("count={} ", sum) : "";
  }
  std::string tags() const {
    std::map<int, std::map<Write::Order, bool>> elements;
    for (const Write& write : writes_) {
      const bool adds = write.kind == Kind::add;
      if ((!adds && write.kind != Kind::remove) || !counts(write)) continue;
      elements[write.value][write.order()] = adds;
    }
    std::string out;
    for (const auto& [element, by] : elements) {
      if (by.rbegin()->second) out += fmt::format("tag={} ", element);
    }
    return out;
  }

  const std::vector<Write>& writes_;
};

// The same words of an entity.
std::string shown(const Entity& entity) {
  if (!entity.lives()) return entity.empty() ? "{}" : "gone";
  std::string title;
  std::string count;
  std::string tags;
  for (const Field& field : entity.fields()) {
    if (!field.shows()) continue;
    if (field.kind() == FieldKind::reg) title = fmt::format("title={} ", field.shown());
    if (field.kind() == FieldKind::counter) count = fmt::format("count={} ", field.shown());
    if (field.kind() != FieldKind::set) continue;
    for (const auto& [element, entry] : field.elements()) {
      if (entry.present) tags += fmt::format("tag={} ", element);
    }
  }
  const std::string out = title + count + tags;
  return out.empty() ? "{}" : out;
}

std::vector<Write> random_writes(std::size_t most) {
  const auto count = *rc::gen::inRange<std::size_t>(1, most + 1);
  // Of few kinds at a time, so that those meet which matter to each other.
  const int kinds[] = {*rc::gen::inRange(0, 7), *rc::gen::inRange(0, 7), *rc::gen::inRange(0, 7)};
  std::vector<Write> writes;
  for (std::size_t i = 0; i < count; ++i) {
    writes.push_back({static_cast<Kind>(kinds[*rc::gen::inRange(0, 3)]), *rc::gen::inRange(0, 3),
                      static_cast<int>(i), *rc::gen::inRange(0, 3)});
  }
  return writes;
}

std::vector<std::string> lines_of(const std::vector<Write>& writes) {
  std::vector<std::string> lines;
  for (const Write& write : writes) lines.push_back(write.line());
  return lines;
}

std::string record(const Entity& entity) {
  return encode_entity("todo/1", entity);
}

// An event of one source by `data`, in one and the same millisecond, as a producer without stamps
// sends it.
std::string at_once(const std::string& id, const std::string& data) {
  return fmt::format(
      R"({{"specversion":"1.0","id":"{}","source":"/till/1","type":"t","subject":"todo/1",)"
      R"("time":"2024-01-01T10:00:00.000Z","data":{}}})",
      id, data);
}

// What all orders of these events show; "differs" where they do not agree.
std::string in_any_order(std::vector<std::string> events) {
  std::sort(events.begin(), events.end());
  const Entity first = test::folded(events);
  do {
    if (record(test::folded(events)) != record(first)) return "differs";
  } while (std::next_permutation(events.begin(), events.end()));
  return shown(first);
}

}  // namespace

TEST_CASE("equal stamps: all permutations agree with the model") {
  CHECK(rc::check([] {
    const auto writes = random_writes(5);
    const std::string expected = Model(writes).shown();
    auto lines = lines_of(writes);
    std::sort(lines.begin(), lines.end());
    const std::string first = record(test::folded(lines));
    do {
      const Entity entity = test::folded(lines);
      RC_ASSERT(shown(entity) == expected);
      RC_ASSERT(record(entity) == first);
    } while (std::next_permutation(lines.begin(), lines.end()));
  }));
}

TEST_CASE("equal stamps: parts that were folded apart join to what the model says") {
  CHECK(rc::check([] {
    const auto writes = random_writes(9);
    const auto lines = lines_of(writes);
    std::vector<std::string> parts[3];
    for (const auto& line : lines) parts[*rc::gen::inRange(0, 3)].push_back(line);
    EntityDecoder decoder;
    Entity whole;
    for (const int at : {2, 0, 1, 2}) {
      // As a record, too: it is read by the rules by which it is folded.
      const auto read = decoder.decode(record(test::folded(parts[at])));
      RC_ASSERT(read.ok());
      whole.join(read->entity);
    }
    RC_ASSERT(shown(whole) == Model(writes).shown());
    RC_ASSERT(record(whole) == record(test::folded(lines)));
  }));
}

TEST_CASE("write, delete and increment in one millisecond by one source") {
  const std::string write = at_once("a", R"({"set":{"title":1}})");
  const std::string increment = at_once("b", R"({"inc":{"count":2}})");
  const std::string add = at_once("c", R"({"add":{"tags":[1]}})");
  const std::string remove = at_once("d", R"({"remove":{"tags":[1]}})");
  const std::string deletion = at_once("e", R"({"delete":true})");
  const std::string creation = at_once("f", R"({"create":true,"set":{"title":2}})");
  const std::string unset = at_once("g", R"({"unset":["title"]})");

  CHECK(in_any_order({write, increment, add}) == "title=1 count=2 tag=1 ");
  CHECK(in_any_order({write, increment, deletion, add}) == "gone");
  CHECK(in_any_order({write, deletion, creation}) == "gone");
  CHECK(in_any_order({write, creation}) == "title=2 ");
  std::string late = at_once("h", R"({"create":true,"inc":{"count":5},"add":{"tags":[2]}})");
  late.replace(late.find("00.000Z"), 7, "00.001Z");
  CHECK(in_any_order({increment, add, deletion, late}) == "count=5 tag=2 ");
  CHECK(in_any_order({write, unset, increment}) == "count=2 ");
  CHECK(in_any_order({add, remove, write}) == "title=1 ");
  CHECK(in_any_order({increment, at_once("i", R"({"inc":{"count":2}})")}) == "count=4 ");
}
