#include "cli/input/identities.h"

#include <fmt/format.h>

#include "event/decoder.h"
#include "support/catch.h"

using namespace offsync;
using namespace offsync::cli;

namespace {

constexpr const char* kEvent =
    R"({"specversion":"1.0","id":"e","source":"/s","type":"t","subject":"k/1",)"
    R"("time":"2024-01-01T10:00:00Z","stamp":"018cc4774500-0000-0000000000000001",)"
    R"("clientseq":"1","causationid":"c","ext":"x","data":{"set":{"n":7}}})";

Fingerprint print_of(const std::string& line) {
  Decoder decoder;
  auto event = decoder.decode(line);
  REQUIRE(event.ok());
  return fingerprint(**event, 1);
}

std::string changed(const std::string& what, const std::string& to) {
  std::string line = kEvent;
  const std::size_t at = line.find(what);
  REQUIRE(at != std::string::npos);
  return line.replace(at, what.size(), to);
}

}  // namespace

TEST_CASE("identities: each part of an event is in its fingerprint") {
  const Fingerprint print = print_of(kEvent);
  for (const auto& [what, to] : {std::pair{"\"t\"", "\"u\""},
                                 {"k/1", "k/2"},
                                 {"10:00:00Z", "10:00:01Z"},
                                 {"4500-0000", "4500-0001"},
                                 {"0000000001\"", "0000000002\""},
                                 {"\"1\",", "\"2\","},
                                 {"\"c\"", "\"d\""},
                                 {"\"x\"", "\"y\""},
                                 {"ext", "exu"},
                                 {"7}", "8}"}}) {
    INFO(what);
    const Fingerprint other = print_of(changed(what, to));
    CHECK(other.identity == print.identity);
    CHECK(other.content != print.content);
  }
  CHECK(print_of(changed("\"e\"", "\"f\"")).identity != print.identity);
  CHECK(print_of(changed("\"/s\"", "\"/t\"")).identity != print.identity);
  const Fingerprint again =
      print_of(changed(R"("data":{"set")", R"("sequence":"7","data":{ "set")"));
  CHECK(again.identity == print.identity);
  CHECK(again.content == print.content);
}

TEST_CASE("identities: clashes are found in a log of any length") {
  for (const std::uint32_t count : {0U, 1U, 20U, 1'000'000U}) {
    Identities identities;
    for (std::uint32_t n = 1; n <= count; ++n) {
      // The second half is the first one again; each 100,000th of it is another event.
      const std::uint64_t event = n <= count / 2 ? n : n - count / 2;
      const bool other = n > count / 2 && n % 100'000 == 0;
      identities.add({event * 0x9e3779b97f4a7c15ULL, other ? 2U : 1U, n});
    }
    const auto found = identities.clashes();
    REQUIRE(found.ok());
    REQUIRE(found->count == (count == 1'000'000U ? 5U : 0U));
    for (std::size_t i = 0; i < found->first.size(); ++i) {
      CHECK(found->first[i].other == 600'000 + i * 100'000);
      CHECK(found->first[i].first == 100'000 + i * 100'000);
    }
  }
}

TEST_CASE("identities: of many clashes the first are told, and how many there are") {
  Identities identities;
  for (std::uint32_t n = 40; n > 0; --n) identities.add({n % 20, n, n});
  const auto found = identities.clashes();
  REQUIRE(found.ok());
  CHECK(found->count == 20);
  REQUIRE(found->first.size() == Identities::kTold);
  CHECK(found->first.front().other == 21);
  CHECK(found->first.back().other == 30);
}
