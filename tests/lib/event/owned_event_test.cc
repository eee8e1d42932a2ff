#include "event/owned_event.h"

#include <fmt/format.h>

#include <utility>

#include "event/decoder.h"
#include "support/catch.h"

using namespace offsync;

namespace {

const std::vector<std::string> kData = {
    "",
    R"(,"data":{})",
    R"(,"data":{"set":{"title":"Buy milk","n":1.50,"list":[1,{"b":2,"a":"é"}]}})",
    // Members out of order, names with escapes, elements in two spellings.
    R"(,"data":{"unset":["zz","\u0061b"],"set":{"q\"uote":"x\ny","t\u0061b":1},"create":true})",
    R"(,"data":{"base":{"tags":{"values":[["x","0193594c0000-0001-0000000000000001"]]}},"add":{"tags":["x",1.0]}})",
    R"(,"data":{"base":{"title":"0193594c0000-0001-0000000000000001"},"set":{"title":null}})",
    R"(,"data":{"delete":true})",
    R"(,"data":{"inc":{"a":-2.5,"\u00e9":1e3},"note":"payload"})",
};
const std::vector<std::string> kMore = {
    "",
    R"(,"time":"2026-11-23T12:00:00.123Z","clientseq":"42","causationid":"c\"0")",
    R"(,"stamp":"0193594d3f7b-0000-7f3a9c01b2d4e5f6","traceparent":"00-\u0061b","level":3)",
    R"(,"sequence":"7","recordedtime":"2026-11-23T12:00:00Z")",
};

std::string text_of(const EventView& event) {
  std::string out = encode(event);
  out += fmt::format("|{}|{}|{}|{}|{}|{}|{}|{}|{}{}{}{}", event.id, event.source, event.type,
                     event.subject, event.time, event.causationid, event.recordedtime, event.data,
                     event.create, event.del, event.base_given, event.time_ms);
  for (const Op& op : event.ops) {
    out += fmt::format("|{} {}={}", static_cast<int>(op.kind), op.field, op.value);
  }
  for (const Base& base : event.bases) {
    out += fmt::format("|{}[{}]@{}", base.field, base.element, base.stamp.text());
  }
  for (const Extension& extension : event.extensions) {
    out += fmt::format("|{}:{}", extension.name, extension.value);
  }
  return out;
}

}  // namespace

TEST_CASE("an owned event shows what its view showed, when its decoder has gone on") {
  int taken = 0;
  for (const std::string& data : kData) {
    for (const std::string& more : kMore) {
      const std::string line = fmt::format(
          R"({{"specversion":"1.0","id":"e\u0031\\","source":"/c/a","type":"t","subject":"todo/1"{}{}}})",
          more, data);
      OwnedEvent moved;
      std::string expected, content;
      {
        Decoder decoder;
        const auto event = decoder.decode(line);
        if (!event) continue;
        ++taken;
        expected = text_of(**event);
        content = encode_content(**event);
        OwnedEvent owned(**event);
        moved = std::move(owned);
        REQUIRE(decoder.decode(R"({"specversion":"1.0","id":"other","source":"/o","type":"o",)"
                               R"("subject":"other/1","data":{"set":{"other":"other other"}}})"));
      }
      CHECK(text_of(moved.view()) == expected);
      CHECK(moved.content() == content);
      std::vector<OwnedEvent> many;
      many.push_back(std::move(moved));
      for (int i = 0; i < 20; ++i) many.emplace_back();
      CHECK(text_of(many.front().view()) == expected);
      CHECK(many.front().bytes() >= content.size());
    }
  }
  CHECK(taken >= 24);
  CHECK(OwnedEvent().content().empty());
}

TEST_CASE("an event with more operations than text is kept without them") {
  std::string sets;
  for (int i = 0; i < 500; ++i) sets += fmt::format("{}\"{}\":1", i == 0 ? "" : ",", i);
  Decoder decoder;
  const auto line = [&](const std::string& set) {
    return fmt::format(
        R"({{"specversion":"1.0","id":"e","source":"/c","type":"t","subject":"todo/1","data":{{"set":{{{}}}}}}})",
        set);
  };
  const auto many = decoder.decode(line(sets));
  REQUIRE(many);
  OwnedEvent event(**many);
  const std::string before = text_of(event.view());
  REQUIRE(event.view().ops.size() == 500);
  CHECK(event.bytes() > 4 * event.content().size());
  event.economize();
  CHECK_FALSE(event.whole());
  CHECK(event.bytes() < 2 * event.content().size());
  CHECK(event.view().subject == "todo/1");
  const auto again = decoder.decode(event.content());
  REQUIRE(again);
  CHECK(text_of(**again) == before);

  const auto few = decoder.decode(line(R"("title":"Buy milk","done":false)"));
  REQUIRE(few);
  OwnedEvent small(**few);
  small.economize();
  CHECK(small.whole());
  CHECK(small.view().ops.size() == 2);
}
