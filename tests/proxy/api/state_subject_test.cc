// One entity by its subject: exactly the one that was asked for, or none.
#include "proxy/http_world.h"
#include "support/catch.h"

namespace offsync::proxy {
namespace {

using test::HttpWorld;
using test::RawClient;

std::string event(int n, const std::string& subject) {
  return R"({"specversion":"1.0","id":"e)" + std::to_string(n) +
         R"(","source":"/s","type":"t","subject":")" + subject +
         R"(","time":"2020-01-01T00:00:00Z","data":{"set":{"n":)" + std::to_string(n) + "}}}\n";
}

}  // namespace

TEST_CASE("http: state?subject= is exactly that entity") {
  HttpWorld world;
  RawClient client(world.port());
  std::string body;
  const std::vector<std::string> subjects = {"x/y", "x//y", "x/y/",  "x/y//",    "x/../y",    "x/.",
                                             "x/*", "x/ ",  "x/%2F", "x/?a=b&c", "x/\xc3\xa9"};
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    body += event(static_cast<int>(i), subjects[i]);
  }
  REQUIRE(client.post("/v1/spaces/s/events", "application/x-ndjson", body).status == 200);
  const std::string base = "/v1/spaces/s/state?subject=";
  const std::vector<std::string> encoded = {
      "x/y",   "x%2F%2Fy", "x%2fy/",  "x%2Fy%2F%2F",      "x/%2E%2E/y", "x/.",
      "x/%2A", "x/+",      "x/%252F", "x%2F%3Fa%3Db%26c", "x/%C3%A9"};
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    const auto answer = client.get(base + encoded[i]);
    INFO(subjects[i]);
    CHECK(answer.status == 200);
    CHECK(answer.body.find("\"subject\":\"" + subjects[i] + "\"") != std::string::npos);
  }
  for (const char* none : {"x/z", "x", "x/y/z", "X/y", "x%2F"}) {
    CHECK(client.get(base + none).code() == "no_entity");
  }
  CHECK(client.get(base + "x/y&subject=x/z").status == 400);
}

TEST_CASE("http: a path that could have been another one is not taken for it") {
  HttpWorld world;
  RawClient client(world.port());
  REQUIRE(client
              .post("/v1/spaces/s/events", "application/x-ndjson",
                    event(1, "x/y") + event(2, "x/y/") + event(3, "x//y") + event(4, "x/y/z"))
              .status == 200);
  const std::string base = "/v1/spaces/s/state/";
  for (const char* path : {"x/y", "x%2Fy", "x/y/z", "x%2fy%2fz"}) {
    CHECK(client.get(base + path).status == 200);
  }
  for (const char* path :
       {"x/y/", "x%2Fy%2F", "x//y", "x%2F%2Fy", "x/./y", "x/../x/y", "x%2F..", "", "/"}) {
    INFO(path);
    const auto answer = client.get(base + path);
    CHECK(answer.status == 400);
    CHECK(answer.body.find("subject=") != std::string::npos);
  }
}

}  // namespace offsync::proxy
