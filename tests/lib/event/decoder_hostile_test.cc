// Lines that were made to do harm: each is refused with its code, whatever is damaged and wherever.
#include <fmt/format.h>

#include "base/limits.h"
#include "event/decoder.h"
#include "event/value.h"
#include "support/catch.h"

using namespace offsync;

namespace {

constexpr const char* kStamp = "0193594d3f7b-0000-7f3a9c01b2d4e5f6";

std::string event(std::string_view data, std::string_view more = "") {
  return fmt::format(R"({{"specversion":"1.0","id":"e1","source":"/c/a","type":"t",)"
                     R"("subject":"todo/1","stamp":"{}"{},"data":{}}})",
                     kStamp, more, data);
}

std::string code_of(std::string_view line) {
  Decoder decoder;
  const auto result = decoder.decode(line);
  if (result) return "ok";
  CHECK(result.error().kind == Errc::bad_data);
  CHECK_FALSE(result.error().detail.empty());
  return result.error().code;
}

}  // namespace

TEST_CASE("hostile: each attribute is taken once") {
  const std::pair<const char*, const char*> attributes[] = {
      {"specversion", "1.0"},
      {"id", "e1"},
      {"source", "/c/a"},
      {"type", "t"},
      {"subject", "todo/1"},
      {"stamp", kStamp},
      {"time", "2026-11-23T12:00:00Z"},
      {"clientseq", "1"},
      {"sequence", "1"},
      {"recordedtime", "2026-11-23T12:00:00Z"},
      {"causationid", "c"},
      {"other", "x"},
  };
  for (const auto& [name, value] : attributes) {
    INFO(name);
    const auto twice = fmt::format(R"(,"{0}":"{1}","{0}":"{1}")", name, value);
    CHECK(code_of(event("{}", twice)) == "duplicate_name");
    for (const char* wrong : {"5", "nul", "{}", "[]", "true", "\"\""}) {
      if (std::string_view(name) == "other") continue;
      // In place of the good one, where there is one: it is the first that counts.
      const auto line = fmt::format(R"({{"{}":{},"x":1}})", name, wrong);
      INFO(line);
      CHECK(code_of(line) != "ok");
      CHECK(code_of(line) != "missing");
    }
  }
  CHECK(code_of(event("{}", R"(,"data":{})")) == "duplicate_name");
}

TEST_CASE("hostile: times, versions and numbers that are none") {
  for (const char* more :
       {R"(,"recordedtime":"yesterday")", R"(,"recordedtime":"2026-13-01T00:00:00Z")",
        R"(,"time":"10889-01-01T00:00:00Z")", R"(,"sequence":"0")", R"(,"sequence":"-1")",
        R"(,"clientseq":"9223372036854775808")", R"(,"clientseq":"1e3")",
        R"(,"causationid":"a\u0000b")", R"(,"causationid":"a\u007fb")", R"(,"x":{})", R"(,"x":[1])",
        R"(,"X":1)", R"(,"":1)", R"(,"a_b":1)", R"(,"{":1)"}) {
    INFO(more);
    CHECK(code_of(event("{}", more)) == "bad_attribute");
  }
  CHECK(code_of(R"({"specversion":"2.0"})") == "bad_attribute");
  CHECK(code_of(R"({"specversion":"1.0.0.0.0.0.0.0.0"})") == "too_large");
  for (const char* more : {R"(,"x":nul)", R"(,"x":01)", R"(,"x":"\ud800")", R"(,"x":"\q")",
                           R"(,"\ud800":1)", R"(,"x":)", R"(,"x":-)"}) {
    INFO(more);
    CHECK(code_of(event("{}", more)) != "ok");
  }
  CHECK(code_of(event("{}", R"(,"x":null)")) == "ok");
}

TEST_CASE("hostile: as many extensions as there may be, and one more") {
  const auto with = [](std::size_t count) {
    std::string more;
    for (std::size_t i = 0; i < count; ++i) more += fmt::format(R"(,"x{}":{})", i, i);
    return event("{}", more);
  };
  CHECK(code_of(with(limits::kExtensions)) == "ok");
  CHECK(code_of(with(limits::kExtensions + 1)) == "too_large");
}

TEST_CASE("hostile: operations of the wrong form") {
  for (const char* data : {R"({"set":[]})",
                           R"({"set":5})",
                           R"({"set":null})",
                           R"({"set":{"":1}})",
                           R"({"inc":[]})",
                           R"({"inc":"n"})",
                           R"({"add":[]})",
                           R"({"add":{"a":{}}})",
                           R"({"add":{"a":5}})",
                           R"({"remove":{"a":"x"}})",
                           R"({"remove":5})",
                           R"({"unset":{}})",
                           R"({"unset":"a"})",
                           R"({"unset":[""]})",
                           R"({"unset":["a\"b"]})",
                           R"({"unset":["a\\b"]})",
                           R"({"base":[]})",
                           R"({"base":5})",

                           R"({"base":{"a":"x"}})",
                           R"({"base":{"a":5}})",
                           R"({"base":{"a":null}})",
                           R"({"base":{"":"0193594d3f7b-0000-7f3a9c01b2d4e5f6"}})",

                           R"({"create":false})",
                           R"({"create":1})",
                           R"({"delete":"true"})",
                           R"({"delete":null})",
                           R"({"delete":true,"create":true})",
                           R"({"delete":true,"set":{"a":1}})",
                           R"({"set":{"a":1},"unset":["a"]})",
                           R"({"add":{"a":[1]},"remove":{"a":[1]}})",
                           R"({"add":{"a":[1,1]}})",
                           R"({"inc":{"a":1},"set":{"a":1}})"}) {
    INFO(data);
    CHECK(code_of(event(data)) == "bad_operation");
  }
  for (const char* data : {R"({"inc":{"n":"1"}})", R"({"inc":{"n":1e400}})",
                           R"({"inc":{"n":1e19}})", R"({"inc":{"n":0.0000000001}})",
                           R"({"set":{"a":1e999}})", R"({"set":{"a":18446744073709551616}})"}) {
    INFO(data);
    CHECK(code_of(event(data)) == "bad_number");
  }
  for (const char* data : {"[]",
                           "5",
                           "\"x\"",
                           "true",
                           "nul",
                           "nulll",
                           "{\"a\"}",
                           "{\"a\":}",
                           R"({"a":1,})",
                           R"({"set":{"a":}})",
                           R"({"set":{"a":1,}})",
                           R"({"set":{a:1}})",
                           R"({"unset":["a",]})",
                           R"({"unset":[5]})",
                           R"({"unset":[,]})",
                           R"({"add":{"a":[1,]}})",
                           R"({"add":{"a":[,1]}})",
                           R"({"add":{"a":[tru]}})",
                           R"({"add":{"a":["\q"]}})",
                           R"({"base":{"a")",
                           R"({"base":{,}})",
                           R"({"x":[1 2]})",
                           R"({"x":{"y" 1}})",
                           R"({"x":{"y":1 "z":2}})",
                           R"({"x":flase})",
                           R"({"x":00})",
                           R"({"x":+1})",
                           R"({"x":1.})",
                           R"({"x":.5})",
                           R"({"x":1e})",
                           R"({"x":"\u12"})",
                           R"({"x":"\ud83d"})",
                           "{\"x\":\"\t\"}",
                           "{\"\x01\":1}",
                           R"({"\x":1})"}) {
    INFO(data);
    CHECK(code_of(event(data)) == "malformed");
  }
  CHECK(code_of(event("null")) == "ok");
}

// What stands out of order is read twice.
TEST_CASE("hostile: damage behind members that are out of order") {
  for (const char* rest :
       {R"("set":{"a":1},"a":nul)", R"("set":{"a":1},"a":[1,])", R"("set":{"a":1},"a":{"b":1,})",
        R"("unset":[5],"set":{})", R"("set":{"b":1,"a":})", R"("set":{"b":1,"a":"\q"})"}) {
    INFO(rest);
    CHECK(code_of(event("{" + std::string(rest) + "}")) == "malformed");
  }
  CHECK(code_of(event(R"({"set":{"b":1,"a":2},"set":{"c":1}})")) == "duplicate_name");
  CHECK(code_of(event(R"({"x":1,"set":{"b":1},"inc":{"b":2}})")) == "bad_operation");
  CHECK(code_of(event(R"({"x":{"b":1,"a":2,"b":3}})")) == "duplicate_name");
  CHECK(code_of(event(
            R"({"set":{"b":1,"a":2},"base":{"b":"0193594d3f7b-0000-7f3a9c01b2d4e5f6"}})")) == "ok");
}

TEST_CASE("hostile: every byte of an event damaged in turn is refused or another event") {
  const std::string good =
      event(R"({"add":{"t":["x",1]},"base":{"a":"0193594c0000-0001-0000000000000001"},)"
            R"("set":{"a":[1,{"b":"c\n"}]},"unset":["d"]})",
            R"(,"clientseq":"42")");
  Decoder decoder;
  REQUIRE(decoder.decode(good));
  int taken = 0;
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const char bad : {'\0', '"', '{', '}', ']', ',', ':', '\\', '\x7f', '\xff', ' ', '9'}) {
      std::string line = good;
      line[at] = bad;
      const auto result = decoder.decode(line);
      if (!result) {
        REQUIRE_FALSE(result.error().code.empty());
        continue;
      }
      ++taken;
      // What was taken is whole: it reads back to the same canonical line.
      const std::string canonical = encode(**result);
      const auto again = decoder.decode(canonical);
      REQUIRE(again);
      REQUIRE(encode(**again) == canonical);
    }
  }
  CHECK(taken > 0);
  CHECK(taken < static_cast<int>(good.size()) * 6);
}

TEST_CASE("hostile: text that is no canonical string stays as it is") {
  CHECK(plain_text("\"a\\nb\"") == "a\nb");
  for (const char* odd : {"", "\"", "5", "true", "x\"", "\"a", "\"\\q\"", "\"\\ud800\""}) {
    CHECK(plain_text(odd) == odd);
  }
}
