#include "state/entity.h"

#include "lib/state/events.h"
#include "state/entity_codec.h"
#include "support/catch.h"

using namespace offsync;
using test::folded;
using test::line;

namespace {

std::string shown(const std::vector<std::string>& events) {
  const Entity entity = folded(events);
  return entity.lives() ? shown_line("todo/1", entity) : "dead";
}

std::string fields(std::string_view json) {
  return fmt::format(R"({{"subject":"todo/1","fields":{}}})", json);
}

}  // namespace

TEST_CASE("a register keeps the greatest stamp, and on a tie the greatest id") {
  const auto a = line(10, 1, R"({"set":{"t":"a"}})");
  const auto b = line(20, 1, R"({"set":{"t":"b"}})");
  CHECK(shown({a, b}) == fields(R"({"t":"b"})"));
  CHECK(shown({b, a}) == fields(R"({"t":"b"})"));
  auto tie = line(20, 1, R"({"set":{"t":"c"}})");
  tie.replace(tie.find("20-1"), 4, "20-2");
  CHECK(shown({b, tie}) == fields(R"({"t":"c"})"));
  CHECK(shown({tie, b}) == fields(R"({"t":"c"})"));
}

TEST_CASE("an unset register does not show, and an older value does not come back") {
  CHECK(shown({line(10, 1, R"({"set":{"t":1,"u":2}})"), line(20, 1, R"({"unset":["t"]})"),
               line(15, 2, R"({"set":{"t":9}})")}) == fields(R"({"u":2})"));
}

TEST_CASE("a counter is the sum of its increments, each once") {
  const auto a = line(10, 1, R"({"inc":{"n":1}})");
  const auto b = line(10, 2, R"({"inc":{"n":-2.5}})");
  CHECK(shown({a, b}) == fields(R"({"n":-1.5})"));
  CHECK(shown({b, a, b, a, a}) == fields(R"({"n":-1.5})"));
}

TEST_CASE("a set keeps, per element, the latest of add and remove") {
  CHECK(shown({line(10, 1, R"({"add":{"s":["b","a",2]}})"),
               line(20, 2, R"({"remove":{"s":["a"]}})"), line(15, 3, R"({"add":{"s":["a"]}})")}) ==
        fields(R"({"s":["b",2]})"));
  CHECK(shown({line(10, 1, R"({"add":{"s":["a"]}})"), line(20, 2, R"({"remove":{"s":["a"]}})")}) ==
        fields("{}"));
}

TEST_CASE("a delete wins over edits that did not know of it, and nothing comes back by accident") {
  const auto made = line(10, 1, R"({"create":true,"set":{"t":"x"},"inc":{"n":5},"add":{"s":[1]}})");
  const auto gone = line(20, 1, R"({"delete":true})");
  const auto late = line(30, 2, R"({"set":{"u":1}})");
  CHECK(shown({made, gone}) == "dead");
  CHECK(shown({made, gone, late}) == "dead");
  CHECK(shown({late, gone, made}) == "dead");
  const auto again = line(40, 1, R"({"create":true,"set":{"t":"new"},"inc":{"n":1}})");
  CHECK(shown({made, gone, again}) == fields(R"({"n":1,"t":"new"})"));
  CHECK(shown({again, made, gone}) == fields(R"({"n":1,"t":"new"})"));
}

TEST_CASE("a delete uploaded late takes away just what is older") {
  CHECK(shown({line(10, 1, R"({"inc":{"n":1},"add":{"s":["old"]}})"),
               line(30, 1, R"({"create":true,"inc":{"n":2},"add":{"s":["new"]}})"),
               line(20, 2, R"({"delete":true})")}) == fields(R"({"n":2,"s":["new"]})"));
}

TEST_CASE("equal stamps of delete and create leave the entity dead everywhere") {
  auto create = line(20, 1, R"({"create":true,"set":{"t":1}})");
  create.replace(create.find("20-1"), 4, "zz-9");
  const auto remove = line(20, 1, R"({"delete":true})");
  CHECK(shown({create, remove}) == "dead");
  CHECK(shown({remove, create}) == "dead");
}

TEST_CASE("regression: equal deletes diverged (cr-sqlite#76)") {
  // Two deletes with the same stamp, by events of different ids: whoever folds them in whatever
  // order has the same record, down to who is named as its author.
  const auto made = line(10, 1, R"({"create":true,"set":{"t":1},"inc":{"n":1},"add":{"s":[1]}})");
  const auto one = line(20, 1, R"({"delete":true})");
  auto other = one;
  other.replace(other.find("20-1"), 4, "20-2");
  const auto record = [](const std::vector<std::string>& events) {
    return encode_entity("todo/1", folded(events));
  };
  const std::string expected = record({made, one, other});
  CHECK(record({made, other, one}) == expected);
  CHECK(record({one, made, other}) == expected);
  CHECK(record({other, one, made}) == expected);
  CHECK(record({other, made, one, other, one, made}) == expected);
  Entity left = folded({made, one});
  left.join(folded({other}));
  CHECK(encode_entity("todo/1", left) == expected);
  Entity right = folded({other, made});
  right.join(folded({one}));
  CHECK(encode_entity("todo/1", right) == expected);
}

TEST_CASE("a name in two kinds shows the first kind, whatever the order") {
  const auto reg = line(10, 1, R"({"set":{"f":"r"}})");
  const auto count = line(20, 2, R"({"inc":{"f":3}})");
  CHECK(shown({reg, count}) == fields(R"({"f":"r"})"));
  CHECK(shown({count, reg}) == fields(R"({"f":"r"})"));
}

TEST_CASE("writers are told with stamp, time, source and id") {
  const Entity entity = folded({line(1'700'000'000'000, 7, R"({"set":{"t":"x"}})")});
  CHECK(
      shown_line_with_writers("todo/1", entity) ==
      R"({"subject":"todo/1","fields":{"t":"x"},"by":{"t":{"stamp":"018bcfe56800-0000-0000000000000007",)"
      R"("time":"2023-11-14T22:13:20.000Z","source":"/c/7","id":"1700000000000-7"}}})");
}

TEST_CASE("an entity's record is a fixed point and keeps everything the fold needs") {
  const Entity entity =
      folded({line(10, 1, R"({"create":true,"set":{"t":1.50,"u":{"b":[]}},"inc":{"n":0.1}})"),
              line(11, 2, R"({"unset":["u"],"inc":{"n":2},"add":{"s":["x",{"a":1}]}})"),
              line(5, 3, R"({"delete":true})"), line(12, 3, R"({"remove":{"s":["x"]}})")});
  const std::string record = encode_entity("todo/1", entity);
  CAPTURE(record);
  EntityDecoder decoder;
  const auto back = decoder.decode(record);
  REQUIRE(back);
  CHECK(back->subject == "todo/1");
  CHECK(encode_entity(back->subject, back->entity) == record);
  CHECK(shown_line("todo/1", back->entity) == fields(R"({"n":2.1,"s":[{"a":1}],"t":1.50})"));
}

TEST_CASE("records that are damaged are refused, and no cut one is taken") {
  const std::string record = encode_entity(
      "todo/1", folded({line(10, 1, R"({"set":{"t":1},"inc":{"n":1},"add":{"s":[1]}})")}));
  EntityDecoder decoder;
  REQUIRE(decoder.decode(record));
  for (std::size_t n = 0; n < record.size(); ++n) CHECK_FALSE(decoder.decode(record.substr(0, n)));
  for (const char* bad :
       {"[]", "{}", R"({"subject":"x"})", R"({"subject":"a/b","fields":{"t":{"other":{}}}})",
        R"({"subject":"a/b","fields":{"t":{"register":{"value":1}}}})",
        R"({"subject":"a/b","fields":{"t":{"counter":{"increments":[],"source":"s"}}}})",
        R"({"subject":"a/b","fields":{"t":{"set":{"elements":[{"value":1}]}}}})",
        R"({"subject":"a/b","created":{"stamp":"x","id":"i","source":"s"}})",
        R"({"subject":"a/b","more":1})"}) {
    CAPTURE(bad);
    CHECK_FALSE(decoder.decode(bad));
  }
}

TEST_CASE("equal ids and stamps of two sources are two writes, in any order") {
  const auto event = [](const char* source, const char* data) {
    return fmt::format(R"({{"specversion":"1.0","id":"1","source":"{}","type":"t",)"
                       R"("subject":"todo/1","stamp":"{}","data":{}}})",
                       source, test::stamp_text(5, 1), data);
  };
  const std::string a = event("/till/1", R"({"inc":{"n":2},"set":{"f":"a"},"add":{"s":[1]}})");
  const std::string b = event("/till/2", R"({"inc":{"n":2},"set":{"f":"b"},"remove":{"s":[1]}})");
  const Entity one = folded({a, b, a});
  CHECK(shown_line("todo/1", one) == R"({"subject":"todo/1","fields":{"f":"b","n":4}})");
  CHECK(encode_entity("todo/1", folded({b, a, b})) == encode_entity("todo/1", one));
}

TEST_CASE("one write that comes with two contents gives one state in any order") {
  for (const auto& [one, other] : {std::pair(R"({"inc":{"n":1}})", R"({"inc":{"n":5}})"),
                                   std::pair(R"({"inc":{"n":-1.5}})", R"({"inc":{"n":-2}})"),
                                   std::pair(R"({"set":{"x":1}})", R"({"set":{"x":2}})"),
                                   std::pair(R"({"set":{"x":1}})", R"({"unset":["x"]})"),
                                   std::pair(R"({"add":{"t":[1]}})", R"({"remove":{"t":[1]}})"),
                                   std::pair(R"({"inc":{"n":1}})", R"({"set":{"n":5}})")}) {
    const std::string a = line(5, 1, one), b = line(5, 1, other), c = line(4, 2, one);
    INFO(a << b);
    const std::string first = encode_entity("todo/1", folded({a, b, c}));
    CHECK(encode_entity("todo/1", folded({b, c, a, b})) == first);
    Entity joined = folded({b});
    joined.join(folded({c}));
    joined.join(folded({a}));
    CHECK(encode_entity("todo/1", joined) == first);
  }
  const std::string a = line(5, 1, R"({"inc":{"n":1}})"), b = line(5, 1, R"({"inc":{"n":5}})");
  CHECK(folded({a, b}).find("n")->sum().text() == "5");
}

TEST_CASE("a record that does not say whose its increments are goes on as if it did") {
  const auto event = [](int id, const char* source, int by) {
    return fmt::format(R"({{"specversion":"1.0","id":"{}","source":"{}","type":"t",)"
                       R"("subject":"todo/1","stamp":"{}","data":{{"inc":{{"n":{}}}}}}})",
                       id, source, test::stamp_text(5, 1), by);
  };
  const std::string a = event(1, "/till/1", 2), b = event(2, "/till/2", 3);
  const std::string old =
      fmt::format(R"({{"subject":"todo/1","fields":{{"n":{{"counter":{{"increments":[)"
                  R"({{"by":2,"stamp":"{0}","id":"1"}},{{"by":3,"stamp":"{0}","id":"2"}}],)"
                  R"("source":"/till/2"}}}}}}}})",
                  test::stamp_text(5, 1));
  EntityDecoder decoder;
  const auto read = [&] { return std::move(decoder.decode(old)->entity); };
  CHECK(encode_entity("todo/1", read()) == old);
  CHECK(read().find("n")->sum().text() == "5");
  CHECK(read().find("n")->writer().source == "/till/2");
  SECTION("the same events change nothing, and say whose they are") {
    Entity entity = read();
    test::fold(entity, b);
    test::fold(entity, a);
    CHECK(encode_entity("todo/1", entity) == encode_entity("todo/1", folded({a, b})));
  }
  SECTION("in any order, and by a join") {
    Entity entity = folded({a, b});
    entity.join(read());
    CHECK(encode_entity("todo/1", entity) == encode_entity("todo/1", folded({a, b})));
    Entity other = read();
    other.join(folded({b}));
    other.join(folded({a}));
    CHECK(encode_entity("todo/1", other) == encode_entity("todo/1", folded({a, b})));
  }
  SECTION("another source's of the same id and stamp counts") {
    Entity entity = read();
    test::fold(entity, event(1, "/till/3", 7));
    CHECK(entity.find("n")->sum().text() == "12");
  }
}
