#include "base/spool.h"

#include <filesystem>
#include <string>

#include "support/catch.h"
#include "support/temp_dir.h"

namespace offsync {
namespace {

TEST_CASE("spool: gives back what was put in, in memory and beyond") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{4 * 1024 * 1024},
                                 std::size_t{4 * 1024 * 1024 + 1}, std::size_t{11'000'003}}) {
    Spool spool({});
    std::string put;
    while (put.size() < size) {
      const std::string piece(std::min<std::size_t>(size - put.size(), 99'991),
                              static_cast<char>('a' + put.size() % 26));
      REQUIRE(spool.add(piece).ok());
      put += piece;
    }
    CHECK(spool.size() == size);
    std::string got;
    for (bool more = true; more;) {
      const auto before = got.size();
      const auto next = spool.next(got);
      REQUIRE(next.ok());
      more = *next;
      CHECK(got.size() - before <= std::size_t{256 * 1024});
    }
    CHECK(got == put);
  }
}

TEST_CASE("spool: lies where it is told to, without a name, and says where it cannot") {
  const test::TempDir folder;
  {
    Spool spool(folder.path());
    REQUIRE(spool.add(std::string(6'000'000, 'x')).ok());
    CHECK(std::filesystem::is_empty(folder.path()));
  }
  Spool nowhere(folder.path() + "/none");
  const auto status = nowhere.add(std::string(6'000'000, 'x'));
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().kind == Errc::io);
  CHECK(status.error().detail.find(folder.path() + "/none") != std::string::npos);
}

}  // namespace
}  // namespace offsync
