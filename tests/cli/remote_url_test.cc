#include "cli/remote/remote.h"
#include "support/catch.h"

using namespace offsync;
using cli::parse_remote;
using cli::printable_remote;

TEST_CASE("a remote is cut in origin and path") {
  const auto plain = parse_remote("http://127.0.0.1:8080/v1/spaces/shop");
  REQUIRE(plain.ok());
  REQUIRE(plain->origin == "http://127.0.0.1:8080");
  REQUIRE(plain->path == "/v1/spaces/shop");
  const auto deep = parse_remote("https://example.org/sync/v1/spaces/a.b-c_1//");
  REQUIRE(deep.ok());
  REQUIRE(deep->origin == "https://example.org");
  REQUIRE(deep->path == "/sync/v1/spaces/a.b-c_1");
  REQUIRE(parse_remote("http://b\xc3\xbc"
                       "cher.example/v1/spaces/s")
              .ok());
  const auto six = parse_remote("http://[::1]:8080/v1/spaces/s");
  REQUIRE(six.ok());
  REQUIRE(six->origin == "http://[::1]:8080");
}

TEST_CASE("what is no remote is refused, with a hint") {
  for (const char* url : {"shop",
                          "ftp://host/v1/spaces/shop",
                          "http:///v1/spaces/shop",
                          "http://",
                          "http://host",
                          "http://host/",
                          "http://host/v1/spaces/",
                          "http://host/v1/spaces",
                          "http://host/v1/spaces/A",
                          "http://host/v1/spaces/.hidden",
                          "http://host/v1/spaces/a/b",
                          "http://host/v1/spaces/a?x=1",
                          "http://host/v1/spaces/a#x",
                          "http://host/v1/spaces/a b",
                          "http://host/v1/spaces/a\r\nX: y",
                          "http://ho\x1b[31mst/v1/spaces/a",
                          "http://<x>/v1/spaces/a",
                          "http://ho\"st/v1/spaces/a",
                          "http://{host}/v1/spaces/a",
                          "http://ho\x7fst/v1/spaces/a",
                          "http://ho\xc2\x9bst/v1/spaces/a",
                          "http://ho\xffst/v1/spaces/a",
                          "http://host/`x`/v1/spaces/a",
                          "http://host:/v1/spaces/a",
                          "http://host:0/v1/spaces/a",
                          "http://host:65536/v1/spaces/a",
                          "http://host:8x/v1/spaces/a",
                          "http://:80/v1/spaces/a",
                          "http://host:-1/v1/spaces/a",
                          "http://[::1/v1/spaces/a",
                          "http://[::1]x/v1/spaces/a",
                          "http://[]:80/v1/spaces/a",
                          "http://u:p@/v1/spaces/a",
                          "http://u:p@host/v1/spaces/a",
                          "https://u@host:8080/v1/spaces/a",
                          "http://@host/v1/spaces/a"}) {
    const auto parsed = parse_remote(url);
    CAPTURE(url);
    REQUIRE_FALSE(parsed.ok());
    REQUIRE(parsed.error().kind == Errc::config);
    REQUIRE(parsed.error().code == "bad_remote");
    REQUIRE_FALSE(parsed.error().hint.empty());
  }
  REQUIRE(parse_remote("").error().code == "no_remote");
  REQUIRE(parse_remote("").error().hint.find("offsync remote set URL") != std::string::npos);
  REQUIRE(parse_remote("http://host/v1/spaces/Shop").error().detail.find("a-z") !=
          std::string::npos);
  for (const char* good : {"http://host:1/v1/spaces/a", "http://host:65535/v1/spaces/a",
                           "http://host/x@y/v1/spaces/a"}) {
    REQUIRE(parse_remote(good).ok());
  }
  REQUIRE_FALSE(parse_remote("http://host/v1/spaces/" + std::string(65, 'a')).ok());
  REQUIRE(parse_remote("http://host/v1/spaces/" + std::string(64, 'a')).ok());
}

TEST_CASE("a remote is printed without its password") {
  REQUIRE(printable_remote("http://anna:geheim@host:1/v1/spaces/s") == "http://host:1/v1/spaces/s");
  REQUIRE(printable_remote("http://a:b@c@host/x") == "http://host/x");
  REQUIRE(printable_remote("http://host/v1/spaces/a@b") == "http://host/v1/spaces/a@b");
  REQUIRE(printable_remote("anna:geheim@host") == "host");
  for (const char* url :
       {"http://anna:geheim@host/nothing", "http://anna:geheim@host/v1/spaces/s"}) {
    const auto refused = parse_remote(url);
    REQUIRE_FALSE(refused.ok());
    REQUIRE(refused.error().message().find("geheim") == std::string::npos);
  }
}
