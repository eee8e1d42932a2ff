#include "base/limits.h"
#include "proxy/split_body.h"
#include "support/catch.h"

namespace offsync::proxy {
namespace {
constexpr auto* kNdjson = "application/x-ndjson";
constexpr auto* kBatch = "application/cloudevents-batch+json";
constexpr auto* kSingle = "application/cloudevents+json";
using Texts = std::vector<std::string>;

int status(const char* type, std::string_view body) {
  const auto split = split_body(type, body);
  const auto* problem = std::get_if<Problem>(&split);
  return problem == nullptr ? 200 : problem->status;
}
Texts texts(const char* type, std::string_view body) {
  return std::get<Texts>(split_body(type, body));
}
}  // namespace

TEST_CASE("split body: lines") {
  CHECK(texts(kNdjson, "{\"a\":1}\n{bad\r\n\n  \n5") == Texts{"{\"a\":1}", "{bad", "5"});
  CHECK(texts(kNdjson, "").empty());
  // Found by the fuzzer: a second CR made an event of an empty line.
  CHECK(texts(kNdjson, "{} \t\r\r\n\r\r\n \r \r\n5\r\r") == Texts{"{}", "5"});
}

TEST_CASE("split body: an array's elements stay as they were written") {
  CHECK(texts(kBatch, " [ {\"a\": 1.00} , {\"b\":[{}]},5,\"x\" , [1] ] \n") ==
        Texts{"{\"a\": 1.00}", "{\"b\":[{}]}", "5", "\"x\"", "[1]"});
  CHECK(texts(kBatch, "[]").empty());
  CHECK(texts(kBatch, "[{\"n\":18446744073709551616000}]").size() == 1);
}

TEST_CASE("split body: a body that is not whole is refused as a whole") {
  for (const auto* body :
       {"", "{}", "[", "[{}", "[{},", "[{},]", "[{}]x", "[{}][]", "[{} {}]", "5", "[\"\xff\"]"}) {
    INFO(body);
    CHECK(status(kBatch, body) == 400);
  }
  for (const auto* body : {"", "[]", "5", "{", "{\"a\":1", "{}{}", "{}\n{}", "{\"a\":\"\xff\"}"}) {
    INFO(body);
    CHECK(status(kSingle, body) == 400);
  }
}

TEST_CASE("split body: one event may be spread over lines") {
  CHECK(texts(kSingle, "\n{\n \"a\": 1\n}\n") == Texts{"{\n \"a\": 1\n}"});
  CHECK(texts("application/json", "{}") == Texts{"{}"});
}

TEST_CASE("split body: types and number of events") {
  CHECK(status("text/plain", "{}") == 415);
  CHECK(status("", "{}") == 415);
  std::string lines, array = "[{}";
  for (std::size_t i = 0; i < limits::kBodyEvents; ++i) lines += "{}\n";
  for (std::size_t i = 0; i < limits::kBodyEvents; ++i) array += ",{}";
  CHECK(status(kNdjson, lines) == 200);
  CHECK(status(kNdjson, lines + "{}") == 413);
  CHECK(status(kBatch, array + "]") == 413);
}

}  // namespace offsync::proxy
