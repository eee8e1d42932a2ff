// Records of entities and of conflicts that were made to do harm, or damaged byte by byte.
#include "base/limits.h"
#include "lib/state/events.h"
#include "state/decision.h"
#include "state/entity_codec.h"
#include "support/catch.h"

using namespace offsync;
using test::folded;
using test::line;
using test::stamp_text;

namespace {

Conflict met(const std::string& before, const std::string& event) {
  const Entity entity = folded({before});
  Decoder decoder;
  const auto conflicts = conflicts_of(entity, **decoder.decode(event));
  REQUIRE(conflicts.size() == 1);
  return conflicts[0];
}

std::string write(std::string_view members) {
  return fmt::format(R"({{"id":"i","source":"s","stamp":"{}",{}}})", stamp_text(1, 1), members);
}
std::string record(std::string_view field) {
  return fmt::format(R"({{"subject":"a/b","fields":{{"t":{}}}}})", field);
}
std::string registered(std::string_view value) {
  return record(fmt::format(R"({{"register":{}}})", value));
}

}  // namespace

TEST_CASE("hostile: an entity's record is refused as a whole") {
  EntityDecoder decoder;
  REQUIRE(decoder.decode(registered(write(R"("value":1)"))));
  REQUIRE(decoder.decode(
      record(R"({"set":{"elements":[)" + write(R"("value":1,"present":true)") + "]}}")));
  const std::string stamp = R"("stamp":")" + stamp_text(1, 1) + R"(")";
  const std::string one = R"({"id":"i",)" + stamp + R"(,"by":1})";
  REQUIRE(decoder.decode(record(R"({"counter":{"increments":[)" + one + R"(],"source":"s"}})")));
  const std::vector<std::string> all = {
      "",
      " ",
      "null",
      "5",
      "\"x\"",
      "{",
      "{}x",
      "{\"subject\":5}",
      "{\"subject\":\"\"}",
      R"({"subject":"a/b"}{})",
      R"({"subject":"a/b"} x)",
      R"({"subject":"a/b",})",
      R"({"subject":"a/b","fields":[]})",
      R"({"subject":"a/b","fields":5})",
      R"({"subject":"a/b","fields":{"":{}}})",
      R"({"subject":"a/b","fields":{"t":[]}})",
      R"({"subject":"a/b","fields":{"a\"b":{}}})",
      R"({"subject":"a/b","\q":1})",
      R"({"subject":"a/b","subject":"a/b"})",
      R"({"subject":"a/b","fields":{},"fields":{}})",
      R"({"subject":"a/b","fields":{"f":{}}})",
      R"({"subject":"a/b","fields":{"f":{"set":{"elements":[]}}}})",
      R"({"subject":"a/b","fields":{"f":{"set":{}}}})",
      R"({"subject":"a/b","fields":{"f":{"register":)" + write(R"("value":1)") +
          R"(},"f":{"register":)" + write(R"("value":1)") + "}}}",
      R"({"subject":"a/b","fields":{"f":{"register":)" + write(R"("value":1)") + R"(,"register":)" +
          write(R"("value":1)") + "}}}",
      registered(write(R"("value":1,"value":1)")),
      R"({"subject":"a/b","created":5})",
      R"({"subject":"a/b","deleted":{}})",
      registered("5"),
      registered("{}"),
      registered(write(R"("other":1)")),
      registered(write(R"("value":nul)")),
      registered(write(R"("value":)")),
      registered(R"({"id":"","source":"s",)" + stamp + R"(,"value":1})"),
      registered(R"({"id":"i","source":"",)" + stamp + R"(,"value":1})"),
      registered(R"({"id":"i","source":"s","value":1})"),
      registered(R"({"id":5,"source":"s",)" + stamp + R"(,"value":1})"),
      registered(R"({"id":"i","source":5,)" + stamp + R"(,"value":1})"),
      registered(R"({"id":"i","source":"s","stamp":5,"value":1})"),
      registered(R"({"id":"i","source":"s","stamp":"0","value":1})"),
      registered(
          R"({"id":"i","source":"s","stamp":"000000000000-0000-0000000000000000","value":1})"),
      registered(R"({"id":")" + std::string(limits::kIdBytes + 1, 'i') + R"(","source":"s",)" +
                 stamp + R"(,"value":1})"),
      registered(R"({"id":"i","source":")" + std::string(limits::kSourceBytes + 1, 's') + R"(",)" +
                 stamp + R"(,"value":1})"),
      record(R"({"counter":5})"),
      record(R"({"counter":{"increments":5,"source":"s"}})"),
      record(R"({"counter":{"more":[],"source":"s"}})"),
      record(R"({"counter":{"source":"s"}})"),
      record(R"({"counter":{"increments":[)" + one + R"(],"source":5}})"),
      record(R"({"counter":{"increments":[5],"source":"s"}})"),
      record(R"({"counter":{"increments":[)" + one + R"(,],"source":"s"}})"),
      record(R"({"counter":{"increments":[{"id":"i",)" + stamp + R"(,"by":"x"}],"source":"s"}})"),
      record(R"({"counter":{"increments":[{"id":"i",)" + stamp + R"(,"by":1e99}],"source":"s"}})"),
      record(R"({"counter":{"increments":[{"id":"i",)" + stamp + R"(}],"source":"s"}})"),
      record(R"({"set":5})"),
      record(R"({"set":{"elements":5}})"),
      record(R"({"set":{"more":[]}})"),
      record(R"({"set":{"elements":[5]}})"),
      record(R"({"set":{"elements":[,]}})"),
      record(R"({"set":{"elements":[)" + write(R"("value":1)") + "]}}"),
      record(R"({"set":{"elements":[)" + write(R"("present":true)") + "]}}"),
      record(R"({"set":{"elements":[)" + write(R"("value":1,"present":1)") + "]}}"),
      record(R"({"set":{"elements":[)" + write(R"("value":1,"present":nul)") + "]}}")};
  for (const std::string& bad : all) {
    CAPTURE(bad);
    const auto read = decoder.decode(bad);
    REQUIRE_FALSE(read);
    CHECK(read.error().kind == Errc::bad_data);
  }
}

TEST_CASE("hostile: a record damaged in any byte is refused, or reads back as it was taken") {
  const std::string good = encode_entity(
      "todo/1",
      folded({line(10, 1, R"({"create":true,"set":{"t":"x"},"inc":{"n":1},"add":{"s":[1]}})"),
              line(11, 2, R"({"unset":["t"],"remove":{"s":[1]}})")}));
  EntityDecoder decoder;
  REQUIRE(decoder.decode(good));
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char bad : {'\0', '"', '{', '}', '[', ']', ',', ':', '\\', '\xff', ' ', '0'}) {
      std::string text = good;
      text[at] = bad;
      const auto read = decoder.decode(text);
      if (!read) {
        REQUIRE(read.error().kind == Errc::bad_data);
        continue;
      }
      const std::string again = encode_entity(read->subject, read->entity);
      const auto back = decoder.decode(again);
      REQUIRE(back);
      REQUIRE(encode_entity(back->subject, back->entity) == again);
    }
  }
}

TEST_CASE("a conflict says which value its author had seen") {
  const auto first = line(10, 1, R"({"base":{},"set":{"t":1}})");
  const Conflict conflict =
      met(first,
          line(20, 2, fmt::format(R"({{"base":{{"t":"{}"}},"set":{{"t":2}}}})", stamp_text(5, 3))));
  CHECK(conflict.base.text() == stamp_text(5, 3));
  const std::string data = conflict_data(conflict);
  CHECK(data.find(R"({"conflict":{"base":")" + stamp_text(5, 3) + R"(","current":)") == 0);
  const auto back = parse_conflict_data(data);
  REQUIRE(back);
  CHECK(back->base == conflict.base);
  CHECK(conflict_data(*back) == data);
}

TEST_CASE("hostile: a conflict's record is refused where it is damaged") {
  const Conflict conflict = met(line(10, 1, R"({"base":{},"add":{"t":["x"]}})"),
                                line(20, 2, R"({"base":{},"remove":{"t":["x"]}})"));
  const std::string good = conflict_data(conflict);
  REQUIRE(parse_conflict_data(good));
  CHECK(parse_conflict_data(good)->element == "\"x\"");
  const auto changed = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    const auto at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
  };
  const std::string all[] = {"",
                             "5",
                             "[]",
                             "{}",
                             R"({"conflict":5})",
                             R"({"conflict":{}})",
                             R"({"conflict":{"field":"t"}})",
                             changed(R"("winner":"incoming")", R"("winner":"nobody")"),
                             changed(R"("winner":"incoming")", R"("winner":5)"),
                             changed(R"("field":"t")", R"("field":"")"),
                             changed(R"("field":"t")", R"("field":5)"),
                             changed(R"("field":"t")", R"("field":"t","base":5)"),
                             changed(R"("field":"t")", R"("field":"t","base":"x")"),
                             changed(R"("element":"x")", R"("element":nul)"),
                             changed(R"("element":"x")", R"("element":)"),
                             changed(R"("id":"20-2")", R"("id":"")"),
                             changed(R"("id":"20-2")", R"("id":5)"),
                             changed(R"("source":"/c/2")", R"("source":{})"),
                             changed(R"("rule":)", R"("rule":5,"x":)"),
                             changed(R"("current":{)", R"("current":[{)"),
                             changed(R"("conflict":)", R"("\q":)")};
  for (const std::string& bad : all) {
    CAPTURE(bad);
    const auto read = parse_conflict_data(bad);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == "malformed");
  }
}
