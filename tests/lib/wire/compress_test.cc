#include "wire/compress.h"

#include "support/catch.h"
#include "support/ports.h"

namespace offsync {
namespace {

constexpr std::size_t kPlenty = 67'108'864;

std::string noise(std::size_t size) {
  test::SeededRandom random(size);
  std::string out;
  while (out.size() < size) out.push_back(static_cast<char>(random.next()));
  return out;
}

std::string events(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    out += R"({"specversion":"1.0","type":"todo.renamed","subject":"todo/)" + std::to_string(i) +
           "\"}\n";
  }
  return out;
}

TEST_CASE("compress: there and back", "[compress]") {
  for (const auto coding : {Coding::identity, Coding::gzip, Coding::zstd}) {
    for (const auto& bytes :
         {std::string(), std::string("x"), std::string(5, '\0'), events(1000), noise(65536),
          noise(65537), noise(300'000), std::string(131072, 'a')}) {
      const std::string small = compress(bytes, coding);
      const auto back = decompress(small, coding, bytes.size());
      REQUIRE(back.ok());
      CHECK(*back == bytes);
      if (bytes.empty()) continue;
      const auto over = decompress(small, coding, bytes.size() - 1);
      REQUIRE_FALSE(over.ok());
      CHECK(over.error().code == "too_large");
    }
  }
  CHECK(compress(events(1000), Coding::gzip).size() * 4 < events(1000).size());
  CHECK(compress(events(1000), Coding::zstd).size() * 4 < events(1000).size());
}

TEST_CASE("compress: several members or frames are one body", "[compress]") {
  for (const auto coding : {Coding::gzip, Coding::zstd}) {
    const auto both = decompress(
        compress("one ", coding) + compress("", coding) + compress("two", coding), coding, 7);
    REQUIRE(both.ok());
    CHECK(*both == "one two");
  }
}

TEST_CASE("compress: a bomb is refused at the limit", "[compress]") {
  for (const auto coding : {Coding::gzip, Coding::zstd}) {
    const std::string bomb = compress(std::string(kPlenty, '\0'), coding);
    CHECK(bomb.size() < kPlenty / 100);
    const auto result = decompress(bomb, coding, 1024);
    REQUIRE_FALSE(result.ok());
    CHECK(result.error().code == "too_large");
    CHECK(result.error().kind == Errc::bad_data);
  }
}

TEST_CASE("compress: a zstd frame may not ask for a huge window", "[compress]") {
  // Magic, a header without content size, window descriptor 0xA8: 2^31 bytes.
  const std::string frame("\x28\xB5\x2F\xFD\x00\xA8\x01\x00\x00", 9);
  const auto result = decompress(frame, Coding::zstd, kPlenty);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == "bad_encoding");
}

TEST_CASE("compress: a body cut anywhere is refused", "[compress]") {
  for (const auto coding : {Coding::gzip, Coding::zstd}) {
    const std::string whole = compress(events(50), coding);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto result = decompress(std::string_view(whole).substr(0, size), coding, kPlenty);
      if (result.ok()) FAIL("taken though cut at " << size << " of " << whole.size());
      CHECK(result.error().code == "bad_encoding");
    }
  }
}

TEST_CASE("compress: what follows a body must be a body too", "[compress]") {
  for (const auto coding : {Coding::gzip, Coding::zstd}) {
    for (const auto* const tail : {"x", "\x1f", "garbage that is long enough to be a header"}) {
      const auto result = decompress(compress("data", coding) + tail, coding, kPlenty);
      REQUIRE_FALSE(result.ok());
      CHECK(result.error().code == "bad_encoding");
    }
  }
}

TEST_CASE("compress: damage is found", "[compress]") {
  // zstd frames bear no checksum unless asked for, so only gzip finds every flipped bit in the
  // data.
  const std::string bytes = events(50);
  std::string damaged = compress(bytes, Coding::gzip);
  for (std::size_t i = 10; i < damaged.size(); ++i) {
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
    CHECK_FALSE(decompress(damaged, Coding::gzip, kPlenty).ok());
    damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
  }
  for (const auto coding : {Coding::gzip, Coding::zstd}) {
    for (const std::string_view text :
         {"not compressed at all", "{}\n", "\x1f\x8b", "PK\x03\x04"}) {
      const auto result = decompress(text, coding, kPlenty);
      REQUIRE_FALSE(result.ok());
      CHECK(result.error().code == "bad_encoding");
      CHECK_FALSE(result.error().detail.empty());
    }
  }
}

}  // namespace
}  // namespace offsync
