#include "proxy/api/split_body.h"

#include "base/limits.h"
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

TEST_CASE("split body: JSON of another kind is called that") {
  const auto detail = [](const char* type, std::string_view body) {
    return std::get<Problem>(split_body(type, body)).detail;
  };
  for (const auto* body : {"null", " 5 ", "\"x\"", "true", "[{}]", "\n[]"}) {
    INFO(body);
    CHECK(detail(kSingle, body) ==
          "the body is no JSON object, which an event is; an array of events is sent as "
          "application/cloudevents-batch+json");
  }
  for (const auto* body : {"null", " 5 ", "{}", "\n{\"a\":1}"}) {
    INFO(body);
    CHECK(detail(kBatch, body) ==
          "the body is no JSON array; one event is sent as application/cloudevents+json");
  }
  for (const auto* body : {"", "nul", "[{", "x", "{}}"}) {
    INFO(body);
    CHECK(detail(kSingle, body).find("no JSON object") == std::string::npos);
  }
}

TEST_CASE("split body: brackets that do not match hide nothing") {
  // What simdjson passes over it measures by counting brackets.
  const std::string event = R"({"a":1})";
  for (const std::string& bad : std::vector<std::string>{"[-foo," + event + "]",
                                                         R"([{"a":[1}},)" + event + "]",
                                                         "[tru," + event + "]",
                                                         "[nul ," + event + "]",
                                                         "[01," + event + "]",
                                                         "[+1," + event + "]",
                                                         "[1.," + event + "]",
                                                         "[\"\\x\"," + event + "]",
                                                         R"([{"a":{]},)" + event + "]",
                                                         "[[}}," + event + "]",
                                                         R"([{"a"1},)" + event + "]",
                                                         R"([{"a":1 2},)" + event + "]",
                                                         "[" + event + "," + event + "}",
                                                         R"([{1:2},)" + event + "]",
                                                         R"([{"a":1,},)" + event + "]",
                                                         "[" + event + ",,]",
                                                         "[," + event + "]",
                                                         "[\"a\":1," + event + "]",
                                                         "[-," + event + "]",
                                                         "[1e," + event + "]",
                                                         "[NaN," + event + "]",
                                                         "['a'," + event + "]",
                                                         "[{\"a\":\"\xed\xa0\x80\"}," + event + "]",
                                                         R"([{"\ud800":1},)" + event + "]",
                                                         "[/*x*/" + event + "]",
                                                         "[" + event + "//\n]"}) {
    INFO(bad);
    CHECK(status(kBatch, bad) == 400);
    CHECK(status(kSingle, R"({"data":)" + bad + "}") == 400);
  }
  CHECK(status(kSingle, R"({"a":[1}})") == 400);
}

TEST_CASE("split body: what is no event but JSON is each element's own matter") {
  CHECK(texts(kBatch, R"([1e999,123456789012345678901234567890,{"a":1,"a":2},null,-0])").size() ==
        5);
  const auto deep = [](int levels) {
    return std::string(static_cast<std::size_t>(levels), '[') +
           std::string(static_cast<std::size_t>(levels), ']');
  };
  CHECK(texts(kBatch, "[" + deep(255) + "]").size() == 1);
  CHECK(status(kBatch, "[" + deep(256) + "]") == 400);
  CHECK(status(kBatch, deep(1'000'000)) == 400);
}

TEST_CASE("split body: a byte order mark in front is no part of the body") {
  CHECK(texts(kNdjson, "\xef\xbb\xbf{\"a\":1}\n{}") == Texts{"{\"a\":1}", "{}"});
  CHECK(texts(kBatch, "\xef\xbb\xbf[{}]") == Texts{"{}"});
  CHECK(texts(kSingle, "\xef\xbb\xbf{}") == Texts{"{}"});
  CHECK(status(kSingle, "\xef\xbb\xbf\xef\xbb\xbf{}") == 400);
  CHECK(status(kBatch, "[\xef\xbb\xbf{}]") == 400);
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
