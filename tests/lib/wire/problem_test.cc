#include "wire/problem.h"

#include "base/limits.h"
#include "support/catch.h"

namespace offsync {
namespace {

TEST_CASE("Problem: there and back", "[problem]") {
  const Problem problem{410, "cursor_expired", "Gone", "the log begins at 17 \"now\""};
  const std::string body = encode_problem(problem);
  CHECK(body == R"({"type":"about:blank","title":"Gone","status":410,"code":"cursor_expired",)"
                R"("detail":"the log begins at 17 \"now\""})");
  for (const auto* const type :
       {"application/problem+json", "Application/Problem+JSON; charset=utf-8",
        "application/problem+json ;x=y"}) {
    const Problem back = parse_problem(410, type, body);
    CHECK(back.status == 410);
    CHECK(back.code == problem.code);
    CHECK(back.title == problem.title);
    CHECK(back.detail == problem.detail);
  }
}

TEST_CASE("Problem: anything else is named by its status", "[problem]") {
  const std::string json = R"({"code":"cursor_expired"})";
  CHECK(parse_problem(502, "text/html", "<html>Bad Gateway").code == "http_502");
  CHECK(parse_problem(502, "", "").code == "http_502");
  CHECK(parse_problem(410, "application/json", json).code == "http_410");
  for (const std::string body : {"", "{", "null", "[1]", R"({"code":1})", R"({"code":""})",
                                 R"({"code":"Gone away"})", "{\"code\":\"a\xff\"}"}) {
    CHECK(parse_problem(500, "application/problem+json", body).code == "http_500");
  }
  // The status line is what counts, not what the body says of it.
  CHECK(parse_problem(503, "application/problem+json", R"({"status":200,"code":"x"})").status ==
        503);
}

TEST_CASE("Problem: a long detail is cut between characters", "[problem]") {
  std::string text = "x";
  for (int i = 0; i < 3000; ++i) text += "é";
  const Problem problem = parse_problem(400, "application/problem+json",
                                        R"({"code":"bad_request","detail":")" + text + "\"}");
  CHECK(problem.detail.size() < 2100);
  CHECK(problem.detail.substr(problem.detail.size() - 5) == "é…");
}

}  // namespace
}  // namespace offsync
