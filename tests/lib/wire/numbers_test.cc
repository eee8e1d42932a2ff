// Every number of an answer is read by one rule: what the replica's file can hold.
#include "event/checks.h"
#include "support/catch.h"
#include "wire/outcome.h"
#include "wire/snapshot.h"

namespace offsync {
namespace {

constexpr const char* kMost = "9223372036854775807";
constexpr const char* kBeyond = "9223372036854775808";

std::string info(const std::string& head, const std::string& oldest, const std::string& applied) {
  return R"({"space":"s","epoch":"e1","head":)" + head + R"(,"oldest":)" + oldest +
         R"(,"applied":)" + applied + "}";
}

std::string outcome(const std::string& sequence, const std::string& conflicts) {
  return R"({"line":1,"id":"i","outcome":"accepted","sequence":)" + sequence + R"(,"conflicts":)" +
         conflicts + "}";
}

}  // namespace

TEST_CASE("numbers: a sequence") {
  CHECK(parse_sequence("0") == std::uint64_t{0});
  CHECK(parse_sequence("1") == std::uint64_t{1});
  CHECK(parse_sequence(kMost) == std::uint64_t{INT64_MAX});
  for (const char* bad : {"", kBeyond, "18446744073709551616", "-1", "+1", "00", "01", "1 ", " 1",
                          "1.0", "1e3", "0x1", "x"}) {
    INFO(bad);
    CHECK_FALSE(parse_sequence(bad).has_value());
  }
}

TEST_CASE("numbers: of a space, a hello, an outcome and a snapshot") {
  for (const std::string quote : {"", "\""}) {
    const std::string most = quote + kMost + quote;
    const std::string beyond = quote + kBeyond + quote;
    CHECK(parse_space_info(info(most, most, most)).ok() == quote.empty());
    CHECK_FALSE(parse_space_info(info(beyond, "1", "1")).ok());
    CHECK_FALSE(parse_space_info(info("1", beyond, "1")).ok());
    CHECK_FALSE(parse_space_info(info("1", "1", beyond)).ok());
    CHECK_FALSE(parse_space_info(info("-1", "1", "1")).ok());
    CHECK(parse_hello(R"({"epoch":"e1","head":)" + most + "}").ok() == quote.empty());
    CHECK_FALSE(parse_hello(R"({"epoch":"e1","head":)" + beyond + "}").ok());
    CHECK(parse_outcome(outcome(most, "1024")).ok());
    CHECK_FALSE(parse_outcome(outcome(beyond, "0")).ok());
    CHECK_FALSE(parse_outcome(outcome("1", "1025")).ok());
    CHECK_FALSE(parse_outcome(outcome("1", "true")).ok());
  }
  const auto header = [](const std::string& sequence, const std::string& count) {
    return parse_snapshot_header(R"({"cursor":"e1-)" + sequence + R"(","entities":)" + count +
                                 R"(,"conflicts":)" + count + "}");
  };
  CHECK(header(kMost, kMost).ok());
  CHECK_FALSE(header(kBeyond, "0").ok());
  CHECK_FALSE(header("0", kBeyond).ok());
}

}  // namespace offsync
