#include "proxy/api/binary_event.h"

#include <algorithm>

#include "event/decoder.h"
#include "event/event.h"
#include "proxy/http_world.h"
#include "support/catch.h"

namespace offsync::proxy {
namespace {

constexpr auto* kJson = "application/json";

HeaderFields fields(HeaderFields more = {}) {
  HeaderFields all = {{"Host", "h"},
                      {"ce-specversion", "1.0"},
                      {"CE-ID", "b-1"},
                      {"Ce-Source", "/till/1"},
                      {"ce-type", "stock.sold"},
                      {"ce-subject", "item/7"},
                      {"ce-time", "2020-01-01T00:00:00Z"}};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

// The canonical event, or the status of the problem.
std::string event(const HeaderFields& from, std::string_view type, std::string_view body) {
  auto made = structured_event(from, type, body);
  if (const auto* problem = std::get_if<Problem>(&made)) return std::to_string(problem->status);
  Decoder decoder;
  const auto read = decoder.decode(std::get<std::string>(made));
  return read ? encode_content(**read) : read.error().code;
}

}  // namespace

TEST_CASE("binary mode: where a ce- field is, and the type is not CloudEvents' own") {
  CHECK(is_binary_event(fields(), kJson));
  CHECK(is_binary_event(fields(), ""));
  CHECK(is_binary_event({{"Ce-Id", "1"}}, "text/plain"));
  CHECK_FALSE(is_binary_event(fields(), "application/cloudevents+json"));
  CHECK_FALSE(is_binary_event(fields(), "Application/CloudEvents-Batch+JSON; charset=utf-8"));
  CHECK_FALSE(is_binary_event({{"Host", "h"}, {"Ced", "1"}, {"x-ce-id", "1"}}, kJson));
}

TEST_CASE("binary mode: attributes are the fields, data is the body") {
  CHECK(event(fields(), kJson, R"({"inc":{"count":-2}})") ==
        R"({"specversion":"1.0","id":"b-1","source":"/till/1","type":"stock.sold",)"
        R"("subject":"item/7","time":"2020-01-01T00:00:00Z",)"
        R"("stamp":"016f5e66e800-0000-a07ae4cbda3b7bef","datacontenttype":"application/json",)"
        R"("data":{"inc":{"count":-2}}})");
  CHECK(event(fields(), "", "").find("\"data\":{}") != std::string::npos);
  CHECK(event(fields(), "text/plain", " \r\n").find("\"data\":{}") != std::string::npos);
  CHECK(event(fields(), "application/vnd.x+json; a=b", "\xef\xbb\xbf {\"set\":{}} ")
            .find(R"("datacontenttype":"application/vnd.x+json; a=b","data":{"set":{}})") !=
        std::string::npos);
  // Data that looks like an event is data.
  const std::string inner =
      R"({"specversion":"1.0","id":"x","source":"/x","type":"x","subject":"x/1"})";
  CHECK(event(fields(), kJson, inner).find("\"id\":\"b-1\"") != std::string::npos);
}

TEST_CASE("binary mode: values are percent-encoded, or quoted") {
  const auto note = [](const char* value) {
    const std::string text = event(fields({{"ce-note", value}}), "", "");
    const auto at = text.find("\"note\":");
    return at == std::string::npos ? text : text.substr(at + 7, text.find(",\"data\"") - at - 7);
  };
  CHECK(note("plain text") == R"("plain text")");
  CHECK(note("Euro%20%E2%82%AC%20%F0%9F%98%80") == "\"Euro \xe2\x82\xac \xf0\x9f\x98\x80\"");
  CHECK(note("a%2520b") == R"("a%20b")");  // once
  CHECK(note("100%") == R"("100%")");
  CHECK(note("%zz%4") == R"("%zz%4")");
  CHECK(note(R"("quoted \"it\" \\ %22")") == R"("quoted \"it\" \\ \"")");
  CHECK(note(R"(")") == R"("\"")");
  CHECK(note("\xe2\x82\xac") == "\"\xe2\x82\xac\"");
  CHECK(note("%ff") == "400");
  CHECK(note("\xff") == "400");
}

TEST_CASE("binary mode: what is wrong is told") {
  CHECK(event(fields({{"ce-id", "b-2"}}), kJson, "{}") == "400");
  CHECK(event(fields({{"CE-Note", "1"}, {"ce-note", "1"}}), kJson, "{}") == "400");
  CHECK(event(fields({{"ce-data", "{}"}}), kJson, "{}") == "400");
  CHECK(event(fields({{"ce-datacontenttype", kJson}}), kJson, "{}") == "400");
  CHECK(event(fields({{"ce-bad_name", "1"}}), kJson, "{}") == "bad_attribute");
  CHECK(event(fields({{"ce-", "1"}}), kJson, "{}") == "bad_attribute");
  CHECK(event(fields(), "text/plain", "{}") == "415");
  CHECK(event(fields(), "", "{}") == "415");
  CHECK(event(fields(), "application/x-ndjson", "{}\n{}") == "415");
  for (const char* body : {"{", "{}{}", "5", R"({"a":1},"id":"x")", R"({"a":[1}})", "\xff"}) {
    CHECK(event(fields(), kJson, body) == "400");
  }
  CHECK(event(fields(), kJson, "[1]") == "malformed");
  HeaderFields without = fields();
  without.erase(without.begin() + 2);
  CHECK(event(without, kJson, "{}") == "missing");
}

TEST_CASE("binary mode: over HTTP, in single requests") {
  test::HttpWorld world;
  test::RawClient client(world.port());
  const auto post = [&](const char* id, const std::string& type, const std::string& body) {
    return client.post("/v1/spaces/s/events", type.c_str(), body,
                       std::string("ce-specversion: 1.0\r\nCE-Id: ") + id +
                           "\r\nce-source: /till/1\r\nce-type: stock.sold\r\nce-subject: item/7\r\n"
                           "ce-time: 2020-01-01T00:00:00Z\r\nce-note: Euro%20%E2%82%AC\r\n");
  };
  const auto taken = post("b-1", kJson, R"({"inc":{"count":-2}})");
  CHECK(taken.status == 200);
  CHECK(taken.body.find(R"("id":"b-1","outcome":"accepted")") != std::string::npos);
  CHECK(post("b-1", kJson, R"({"inc":{"count":-2}})").body.find("duplicate") != std::string::npos);
  // What looks like an event is data where the fields are the event, and the event where they are
  // not.
  const std::string inner =
      R"({"specversion":"1.0","id":"inner","source":"/x","type":"x","subject":"x/1"})";
  CHECK(post("b-2", kJson, inner).body.find("\"id\":\"b-2\"") != std::string::npos);
  CHECK(post("b-3", "application/cloudevents+json", inner).body.find("\"id\":\"inner\"") !=
        std::string::npos);
  CHECK(post("b-4", kJson, "{").status == 400);
  CHECK(post("b-5", "application/x-ndjson", inner + "\n").status == 415);
  CHECK(post("b-6", kJson, "[1]")
            .body.find(R"("id":"b-6","outcome":"rejected","code":"malformed")") !=
        std::string::npos);
  const auto log = client.get("/v1/spaces/s/events?limit=10").body;
  CHECK(std::count(log.begin(), log.end(), '\n') == 3);
  CHECK(log.find("\"note\":\"Euro \xe2\x82\xac\"") != std::string::npos);
  CHECK(client.get("/v1/spaces/s/state?subject=item/7").body.find("\"by\":-2") !=
        std::string::npos);
}

}  // namespace offsync::proxy
