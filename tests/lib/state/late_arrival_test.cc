// P7 where what was written over comes later than what was written over it: a log was lost, and its
// events are sent again in another order. Whose author was known makes no conflict.
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <set>

#include "event/with_base.h"
#include "lib/state/events.h"
#include "state/decision.h"
#include "support/catch.h"

using namespace offsync;
using test::folded;
using test::line;
using test::stamp_text;

namespace {

// All of a log, but what was compacted.
class Lines final : public LogLook {
 public:
  explicit Lines(std::vector<std::string> lines) : lines_(std::move(lines)) {}

  const EventView* event_of(std::string_view source, std::string_view id) override {
    return find([&](const EventView& e) { return e.source == source && e.id == id; });
  }
  const EventView* event_at(const Stamp& stamp) override {
    ++asked_for_stamps;
    return find([&](const EventView& e) { return e.stamp == stamp; });
  }
  int asked_for_stamps = 0;

 private:
  template <class Is>
  const EventView* find(Is is) {
    for (const std::string& text : lines_) {
      const EventView* event = *decoder_.decode(text);
      if (is(*event)) return event;
    }
    return nullptr;
  }
  std::vector<std::string> lines_;
  Decoder decoder_;
};

// "field:current<incoming" of each conflict, "<" where the incoming wins.
std::string meet(const std::vector<std::string>& log, const std::string& event) {
  Lines lines(log);
  Decoder decoder;
  std::string out;
  for (const Conflict& c : conflicts_of(folded(log), **decoder.decode(event), &lines)) {
    out += fmt::format("{}{}:{}{}{} ", c.field, c.element, c.current.id,
                       c.incoming_wins ? "<" : ">", c.incoming.id);
  }
  return out;
}

// data with bases, each of a field and who wrote it
struct Seen {
  std::string field;
  std::int64_t ms;
  std::uint64_t node;
};
std::string data(const std::vector<Seen>& seen, std::string_view rest) {
  std::string base;
  for (const Seen& one : seen) {
    base += fmt::format(R"({}"{}":"{}")", base.empty() ? "" : ",", one.field,
                        stamp_text(one.ms, one.node));
  }
  return fmt::format(R"({{"base":{{{}}},{}}})", base, rest);
}
std::string seen_red(std::int64_t ms, std::uint64_t node) {
  return fmt::format(R"({{"s":{{"{}":["red"]}}}})", stamp_text(ms, node));
}

const std::string a = line(10, 1, data({}, R"("set":{"t":1})"));

}  // namespace

TEST_CASE("what was written over may come later without a conflict") {
  CHECK(meet({line(20, 2, data({{"t", 10, 1}}, R"("set":{"t":2})"))}, a).empty());
  CHECK(meet({line(20, 2, data({{"t", 10, 1}}, R"("unset":["t"])"))}, a).empty());
  // Whose clock was behind has seen it all the same.
  CHECK(meet({line(5, 2, data({{"t", 10, 1}}, R"("set":{"t":2})"))}, a).empty());
  // Who names another write, or nothing, has not.
  CHECK(meet({line(20, 2, data({{"t", 10, 3}}, R"("set":{"t":2})"))}, a) == "t:20-2>10-1 ");
  CHECK(meet({line(20, 2, data({}, R"("set":{"t":2})"))}, a) == "t:20-2>10-1 ");
  CHECK(meet({line(20, 2, R"({"set":{"t":2}})")}, a) == "t:20-2>10-1 ");
}

TEST_CASE("whose line is gone is not taken to have seen anything") {
  const auto b = line(20, 2, data({{"t", 10, 1}}, R"("set":{"t":2})"));
  Lines compacted({});
  Decoder decoder;
  CHECK(conflicts_of(folded({b}), **decoder.decode(a), &compacted).size() == 1);
  CHECK(conflicts_of(folded({b}), **decoder.decode(a)).size() == 1);
}

TEST_CASE("who saw a write knew its author's earlier ones") {
  const auto later = line(15, 1, data({{"t", 10, 1}}, R"("set":{"t":3})"));
  const auto b = line(20, 2, data({{"t", 15, 1}}, R"("set":{"t":2})"));
  CHECK(meet({b}, a).empty());
  CHECK(meet({b, a}, later).empty());
  // Of another field it tells nothing.
  CHECK(meet({line(20, 2, data({{"u", 15, 1}}, R"("set":{"t":2,"u":2})"))}, a) == "t:20-2>10-1 ");
  // In order, too: what was seen is not in the log yet.
  CHECK(meet({a}, b).empty());
  CHECK(meet({later}, line(20, 2, data({{"t", 10, 1}}, R"("set":{"t":2})"))) == "t:15-1<20-2 ");
}

TEST_CASE("who saw one write of an event has seen all of them") {
  const auto two = line(10, 1, data({}, R"("set":{"t":1,"u":1})"));
  const auto over_t = line(15, 3, data({{"t", 10, 1}}, R"("set":{"t":3})"));
  const auto gone = line(20, 2, data({{"t", 15, 3}, {"u", 10, 1}}, R"("delete":true)"));
  CHECK(meet({gone}, two).empty());
  CHECK(meet({gone}, over_t).empty());
  // A stamp that is made of a time may be that of several events.
  const std::uint64_t sensor = foreign_node("/c/s");
  const auto of_time =
      fmt::format(R"({{"specversion":"1.0","id":"f","source":"/c/s","type":"t","subject":"todo/1",)"
                  R"("stamp":"{}","data":{{"set":{{"t":1,"u":1}}}}}})",
                  stamp_text(10, sensor));
  CHECK(meet({line(20, 2, data({{"t", 15, 3}, {"u", 10, sensor}}, R"("delete":true)"))}, of_time) ==
        "t:20-2>f ");
}

TEST_CASE("who wrote over what was written knowingly knew it") {
  const auto b = line(20, 2, data({{"t", 10, 1}}, R"("set":{"t":2})"));
  const auto again = line(25, 2, data({{"t", 20, 2}}, R"("set":{"t":5})"));
  const auto c = line(30, 3, data({{"t", 25, 2}}, R"("set":{"t":3})"));
  CHECK(meet({b, again}, a).empty());
  CHECK(meet({c, b, again}, a).empty());
  CHECK(meet({c, again, b}, a).empty());
  // Where one of them is missing nobody can tell.
  CHECK(meet({c, b}, a) == "t:30-3>10-1 ");
  // Nor of another entity's, or of one that another author may have, too.
  std::string other = again;
  other.replace(other.find("todo/1"), 6, "todo/2");
  Lines lines({b, other, c});
  Decoder decoder;
  CHECK(conflicts_of(folded({b, c}), **decoder.decode(a), &lines).size() == 1);
}

TEST_CASE("what is older than the event is not asked what it knew") {
  const auto old = line(5, 3, data({}, R"("set":{"t":7})"));
  Lines lines({old, line(20, 2, data({{"t", 5, 3}}, R"("set":{"t":2})"))});
  Decoder decoder;
  CHECK(conflicts_of(folded({line(20, 2, data({{"t", 5, 3}}, R"("set":{"t":2})"))}),
                     **decoder.decode(a), &lines)
            .size() == 1);
  CHECK(lines.asked_for_stamps == 0);
}

TEST_CASE("bases that name each other have an end") {
  const auto one = line(20, 2, data({{"t", 30, 3}}, R"("set":{"t":2})"));
  const auto other = line(30, 3, data({{"t", 20, 2}}, R"("set":{"t":3})"));
  CHECK(meet({one, other}, a) == "t:30-3>10-1 ");
  CHECK(meet({line(20, 2, data({{"t", 20, 2}}, R"("set":{"t":2})"))}, a) == "t:20-2>10-1 ");
}

TEST_CASE("an element that was written over may come later, too") {
  const auto add = line(10, 1, data({}, R"("add":{"s":["red","blue"]})"));
  const auto knowing =
      line(20, 2, fmt::format(R"({{"base":{},"remove":{{"s":["red"]}}}})", seen_red(10, 1)));
  CHECK(meet({knowing}, add).empty());
  CHECK(meet({line(20, 2, data({}, R"("remove":{"s":["red"]})"))}, add) == R"(s"red":20-2>10-1 )");
  // One stamp for a whole set stands for all until then.
  CHECK(meet({line(20, 2, data({{"s", 15, 3}}, R"("remove":{"s":["red"]})"))}, add).empty());
  CHECK(meet({line(20, 2, data({{"s", 5, 3}}, R"("remove":{"s":["red"]})"))}, add) ==
        R"(s"red":20-2>10-1 )");
}

TEST_CASE("what a delete had seen may come behind it") {
  const auto gone = line(20, 2, data({{"n", 11, 1}, {"t", 10, 1}}, R"("delete":true)"));
  CHECK(meet({gone}, line(10, 1, data({}, R"("create":true,"set":{"t":1})"))).empty());
  CHECK(meet({gone}, a).empty());
  CHECK(meet({gone}, line(9, 3, data({}, R"("set":{"t":9})"))) == "t:20-2>9-3 ");
  CHECK(meet({gone}, line(10, 1, data({}, R"("set":{"t":1,"u":1})"))).empty());
  // Of a counter it names the latest increment.
  CHECK(meet({gone}, line(11, 1, data({}, R"("inc":{"n":1})"))).empty());
  CHECK(meet({gone}, line(7, 1, data({}, R"("inc":{"n":1})"))).empty());
  CHECK(meet({gone}, line(7, 3, data({}, R"("inc":{"n":1})"))) == "n:20-2>7-3 ");
  const auto set = line(20, 2, fmt::format(R"({{"base":{},"delete":true}})", seen_red(10, 1)));
  CHECK(meet({set}, line(10, 1, data({}, R"("add":{"s":["red"]})"))).empty());
  CHECK(meet({set}, line(9, 3, data({}, R"("add":{"s":["green"]})"))) == "s:20-2>9-3 ");
  // One element that it had not seen is enough.
  const auto seen_of_10 = line(20, 2, data({{"s", 10, 1}}, R"("delete":true)"));
  CHECK(meet({seen_of_10}, line(10, 1, data({}, R"("add":{"s":["red","blue"]})"))).empty());
  CHECK(meet({set}, line(9, 1, data({}, R"("add":{"s":["red","blue"]})"))) == "s:20-2>9-1 ");
}

TEST_CASE("who created afresh over a delete has seen it") {
  const auto gone = line(10, 1, data({}, R"("delete":true)"));
  CHECK(meet({line(30, 2, data({{"t", 10, 1}}, R"("create":true,"set":{"t":2})"))}, gone).empty());
  CHECK(meet({line(30, 2, data({{"t", 9, 1}}, R"("create":true,"set":{"t":2})"))}, gone) ==
        "t:30-2>10-1 ");
}

TEST_CASE("a delete whose author went on meets nobody who saw that") {
  const auto gone = line(10, 1, data({}, R"("delete":true)"));
  const auto after = line(30, 2, data({{"t", 20, 1}}, R"("set":{"t":2})"));
  CHECK(meet({after}, gone).empty());
  CHECK(meet({line(30, 2, data({{"t", 5, 1}}, R"("set":{"t":2})"))}, gone) == "t:30-2<10-1 ");
  // Of a set, each element is looked at.
  const auto red =
      line(30, 2, fmt::format(R"({{"base":{},"add":{{"s":["red"]}}}})", seen_red(20, 1)));
  CHECK(meet({red}, gone).empty());
  const auto blue = line(25, 3, data({}, R"("add":{"s":["blue"]})"));
  CHECK(meet({red, blue}, gone) == "s:25-3<10-1 ");
}

TEST_CASE("what a conflict was about may come behind what resolved it") {
  const auto b = line(20, 2, data({}, R"("set":{"t":2})"));
  Decoder decoder;
  const std::string conflict = conflicts_of(folded({b}), **decoder.decode(a)).at(0).id;
  const auto with_cause = [&](std::string event) {
    return event.insert(event.size() - 1, fmt::format(R"(,"causationid":"{}")", conflict));
  };
  const auto resolved = with_cause(line(30, 3, data({{"t", 20, 2}}, R"("set":{"t":9})")));
  CHECK(meet({resolved}, b).empty());
  CHECK(meet({resolved}, a).empty());
  CHECK(meet({resolved, b}, a).empty());
  const auto for_a = with_cause(line(30, 3, data({{"t", 10, 1}}, R"("set":{"t":1})")));
  CHECK(meet({for_a}, b).empty());
  CHECK(meet({for_a}, line(25, 4, data({}, R"("set":{"t":7})"))) == "t:30-3>25-4 ");
  CHECK(meet({resolved, line(40, 4, data({{"t", 30, 3}}, R"("set":{"t":8})"))}, a).empty());
  CHECK(meet({with_cause(line(30, 3, data({}, R"("delete":true)")))}, a).empty());
}

namespace {

// One author's replica: what it has taken, and the events that its knowledge holds.
struct Author {
  std::uint64_t node;
  std::vector<std::string> lines;
  std::set<std::string> knows;  // ids
};

struct Written {
  std::string line, id;
  std::uint64_t node = 0;
  std::set<std::string> knew;  // ids of all that its author had taken, and its own
};

std::string random_operation() {
  const int value = *rc::gen::inRange(0, 3);
  switch (*rc::gen::inRange(0, 12)) {
    case 0:
      return R"("delete":true)";
    case 1:
      return R"("unset":["t"])";
    case 2:
      return fmt::format(R"("create":true,"set":{{"t":{}}})", value);
    case 3:
      return fmt::format(R"("set":{{"t":{},"u":{}}})", value, value);
    case 4:
    case 5:
      return fmt::format(R"("add":{{"s":[{}]}})", value);
    case 6:
      return fmt::format(R"("remove":{{"s":[{}]}})", value);
    default:
      return fmt::format(R"("set":{{"t":{}}})", value);
  }
}

// The base that `event`, without one, must state where its author sees `visible`.
std::string stating(const Entity& visible, std::int64_t ms, std::uint64_t node,
                    const std::string& operation) {
  Decoder decoder;
  const EventView& event = **decoder.decode(line(ms, node, "{" + operation + "}"));
  std::vector<Base> bases;
  for (const Field& field : visible.fields()) {
    const auto op = [&](std::string_view element) {
      return event.del || std::any_of(event.ops.begin(), event.ops.end(), [&](const Op& one) {
               return one.field == field.name() && (element.empty() || one.value == element);
             });
    };
    if (field.kind() != FieldKind::set) {
      if (op("")) bases.push_back({field.name(), field.stamp()});
      continue;
    }
    for (const auto& [element, entry] : field.written_elements()) {
      if (op(element) && (entry->present || !event.del)) {
        bases.push_back({field.name(), entry->writer.stamp(), element});
      }
    }
  }
  return line(ms, node, with_base("{" + operation + "}", bases));
}

// Authors write, and take what others have written, all of it or one event.
std::vector<Written> random_history() {
  std::vector<Author> authors = {{1, {}, {}}, {2, {}, {}}, {3, {}, {}}};
  std::vector<Written> all;
  const int steps = *rc::gen::inRange(2, 16);
  for (int step = 0; step < steps; ++step) {
    Author& author = authors[*rc::gen::inRange<std::size_t>(0, 3)];
    if (*rc::gen::inRange(0, 2) == 0) {
      for (const Written& other : all) {
        if (other.node == author.node || *rc::gen::inRange(0, 4) == 0) continue;
        if (!author.knows.insert(other.id).second) continue;
        author.lines.push_back(other.line);
      }
    }
    const std::int64_t ms = 10 + step;
    const std::string text = stating(folded(author.lines), ms, author.node, random_operation());
    Written written{text, fmt::format("{}-{}", ms, author.node), author.node, author.knows};
    author.knows.insert(written.id);
    author.lines.push_back(text);
    all.push_back(std::move(written));
  }
  return all;
}

// What an author knew, or somebody whose write it knew: then the one was written over the other.
std::set<std::string> heard_of(const std::vector<Written>& history, const Written& written) {
  std::set<std::string> heard = written.knew;
  for (auto one = history.rbegin(); one != history.rend(); ++one) {
    if (heard.contains(one->id)) heard.insert(one->knew.begin(), one->knew.end());
  }
  return heard;
}

}  // namespace

TEST_CASE("in any order, writes meet of which neither author could know the other") {
  CHECK(rc::check([] {
    const std::vector<Written> history = random_history();
    std::vector<Written> order = history;
    for (std::size_t i = order.size(); i > 1; --i) {
      std::swap(order[i - 1], order[*rc::gen::inRange<std::size_t>(0, i)]);
    }
    std::map<std::string, const Written*> by_id;
    std::vector<std::string> log;
    Decoder decoder;
    for (const Written& next : order) {
      by_id[next.id] = &next;
      const EventView& event = **decoder.decode(next.line);
      Lines lines(log);
      const Entity before = folded(log);
      std::set<std::string> got;
      for (const Conflict& c : conflicts_of(before, event, &lines)) got.insert(c.field + c.element);
      // What is left out, against what there is where nobody is asked.
      for (const Conflict& c : conflicts_of(before, event)) {
        const Written& current = *by_id.at(c.current.id);
        if (got.contains(c.field + c.element)) continue;
        // Of a set that is deleted, the one that stands for all of it is not alone.
        if (event.del && c.kind == FieldKind::set) continue;
        RC_ASSERT(heard_of(history, current).contains(next.id));
      }
      log.push_back(next.line);
    }
  }));
}
