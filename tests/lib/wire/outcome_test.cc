#include "wire/outcome.h"

#include "base/limits.h"
#include "support/catch.h"

namespace offsync {
namespace {

TEST_CASE("Outcome: the line of each kind", "[outcome]") {
  CHECK(encode_outcome({"a1", OutcomeKind::accepted, 42, 1, "", "", 0}) ==
        R"({"line":1,"id":"a1","outcome":"accepted","sequence":"42"})");
  CHECK(encode_outcome({"a1", OutcomeKind::accepted, 42, 1, "", "", 2}) ==
        R"({"line":1,"id":"a1","outcome":"accepted","sequence":"42","conflicts":2})");
  CHECK(encode_outcome({"", OutcomeKind::rejected, 0, 7, "malformed", "not JSON", 0}) ==
        R"({"line":7,"id":"","outcome":"rejected","code":"malformed","detail":"not JSON"})");
}

TEST_CASE("Outcome: there and back", "[outcome]") {
  const Outcome all[] = {
      {"a1", OutcomeKind::accepted, INT64_MAX, 1, "", "", 3},
      {"a2", OutcomeKind::duplicate, 1, 2, "", "", 0},
      {"quote \" and \\ and é", OutcomeKind::rejected, 0, 3, "kind_mismatch", "a\nb\tc\x01", 0},
      {"a4", OutcomeKind::held, 0, 10'000, "held", "behind a3", 0},
  };
  for (const Outcome& outcome : all) {
    const auto back = parse_outcome(encode_outcome(outcome));
    REQUIRE(back.ok());
    CHECK(back->id == outcome.id);
    CHECK(back->kind == outcome.kind);
    CHECK(back->sequence == outcome.sequence);
    CHECK(back->line == outcome.line);
    CHECK(back->code == outcome.code);
    CHECK(back->detail == outcome.detail);
    CHECK(back->conflicts == outcome.conflicts);
  }
}

TEST_CASE("Outcome: bytes that are no UTF-8 do not break the line", "[outcome]") {
  const auto back = parse_outcome(
      encode_outcome({"a\xff", OutcomeKind::rejected, 0, 1, "malformed", "byte \xc3 at 5", 0}));
  REQUIRE(back.ok());
  CHECK(back->id == "a\xEF\xBF\xBD");
  CHECK(back->detail == "byte \xEF\xBF\xBD at 5");
}

TEST_CASE("Outcome: members to come are passed over", "[outcome]") {
  const auto outcome = parse_outcome(
      R"({"new":{"a":[1]},"line":"3","id":"x","outcome":"duplicate","sequence":9,"z":null})");
  REQUIRE(outcome.ok());
  CHECK(outcome->line == 3);
  CHECK(outcome->sequence == 9);
}

TEST_CASE("Outcome: what is none is a protocol error", "[outcome]") {
  const std::string deep(5000, '[');
  const std::string bad[] = {
      "",
      " ",
      "null",
      "[]",
      "42",
      "<html>",
      "{",
      "{}",
      "{}{}",
      R"({"id":"x"})",
      R"({"id":"x","outcome":"maybe"})",
      R"({"id":"x","outcome":"accepted","sequence":"1","outcome":"rejected"})",
      R"({"id":"x","outcome":"accepted","sequence":"1","s\u0065quence":"2"})",
      R"({"id":"x","outcome":1})",
      R"({"id":"x","outcome":"accepted"})",
      R"({"id":"x","outcome":"accepted","sequence":"0"})",
      R"({"id":"x","outcome":"accepted","sequence":"-1"})",
      R"({"id":"x","outcome":"accepted","sequence":"1x"})",
      R"({"id":"x","outcome":"accepted","sequence":"18446744073709551616"})",
      R"({"id":"x","outcome":"duplicate","sequence":1.5})",
      "{\"id\":\"\xff\",\"outcome\":\"held\"}",
      R"({"x":)" + deep,
      R"({"id":"x","outcome":"held","detail":")" + std::string(limits::kLineBytes, 'x') + "\"}",
  };
  for (const auto& line : bad) {
    INFO(line.substr(0, 80));
    const auto outcome = parse_outcome(line);
    REQUIRE_FALSE(outcome.ok());
    CHECK(outcome.error().kind == Errc::protocol);
    CHECK(outcome.error().code == "bad_answer");
  }
}

TEST_CASE("Outcome: a rejection always has a code", "[outcome]") {
  for (const auto* const line :
       {R"({"id":"x","outcome":"rejected"})", R"({"id":"x","outcome":"rejected","code":7})",
        R"({"id":"x","outcome":"rejected","code":"not a word \n"})"}) {
    const auto outcome = parse_outcome(line);
    REQUIRE(outcome.ok());
    CHECK(outcome->code == "rejected");
  }
}

TEST_CASE("Outcome: a long detail is cut between characters", "[outcome]") {
  std::string detail;
  while (detail.size() < 100'000) detail += "ä";
  const auto outcome = parse_outcome(
      R"({"line":1,"id":"e","outcome":"rejected","code":"c","detail":")" + detail + "\"}");
  REQUIRE(outcome);
  CHECK(outcome->detail.size() < 2100);
  CHECK(outcome->detail.ends_with("ä…"));
}

TEST_CASE("SpaceInfo: there and back", "[outcome]") {
  const SpaceInfo info{"shop", "e1", "n1", INT64_MAX, 17, 40};
  const auto back = parse_space_info(encode_space_info(info));
  REQUIRE(back.ok());
  CHECK(back->space == "shop");
  CHECK(back->epoch == "e1");
  CHECK(back->log == "n1");
  CHECK(back->head == INT64_MAX);
  CHECK(back->oldest == 17);
  CHECK(back->applied == 40);
  CHECK(encode_space_info({"s", "e", "", 0, 1, 0}) ==
        R"({"space":"s","epoch":"e","head":0,"oldest":1,"applied":0})");
  for (const auto* const bad :
       {"", "[]", "{}", R"({"space":"","epoch":"e","head":0,"oldest":1,"applied":0})",
        R"({"space":"s","epoch":"E-1","head":0,"oldest":1,"applied":0})",
        R"({"space":"s","epoch":"e","head":-1,"oldest":1,"applied":0})",
        R"({"space":"s","epoch":"e","head":1,"oldest":1})"}) {
    INFO(bad);
    CHECK_FALSE(parse_space_info(bad).ok());
  }
}

TEST_CASE("Hello: there and back", "[outcome]") {
  CHECK(encode_hello({"e1", 7}) == R"({"epoch":"e1","head":7})");
  CHECK_FALSE(parse_hello(R"({"epoch":"e1","head":"7"})").ok());
  const auto back = parse_hello(encode_hello({"e1", 7}));
  REQUIRE(back.ok());
  CHECK(back->epoch == "e1");
  CHECK(back->head == 7);
  for (const auto* const bad : {"", "1", "{}", R"({"epoch":"e"})", R"({"epoch":"-","head":1})",
                                R"({"epoch":"e","head":1e3})"}) {
    INFO(bad);
    CHECK_FALSE(parse_hello(bad).ok());
  }
}

}  // namespace
}  // namespace offsync
