#include "wire/unpacker.h"

#include "support/catch.h"
#include "support/ports.h"
#include "wire/answer_limits.h"
#include "wire/media_type.h"

namespace offsync {
namespace {

constexpr std::size_t kPlenty = std::size_t{1} << 40;

// `count` RLE blocks of 128 KiB each: 4 bytes a block.
std::string zstd_bomb(std::size_t count) {
  std::string frame("\x28\xB5\x2F\xFD\x00\x68", 6);  // a window of 8 MiB
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned header = (128U * 1024U) << 3 | 1U << 1 | (i + 1 == count ? 1U : 0U);
    frame.push_back(static_cast<char>(header & 0xff));
    frame.push_back(static_cast<char>(header >> 8 & 0xff));
    frame.push_back(static_cast<char>(header >> 16 & 0xff));
    frame.push_back('x');
  }
  return frame;
}

struct Taken {
  std::size_t bytes = 0, largest = 0;
  std::optional<Error> error;
};

Taken take(Unpacker& unpacker) {
  Taken taken;
  for (;;) {
    std::string piece;
    const auto more = unpacker.next(piece);
    taken.bytes += piece.size();
    taken.largest = std::max(taken.largest, piece.size());
    if (!more) taken.error = more.error();
    if (!more || !*more) return taken;
  }
}

}  // namespace

TEST_CASE("Unpacker: what comes in pieces of any size comes out the same") {
  std::string text;
  for (int i = 0; i < 30'000; ++i) text += "{\"n\":" + std::to_string(i * 7919) + "}\n";
  for (const auto coding : {Coding::identity, Coding::gzip, Coding::zstd}) {
    const std::string packed = compress(text, coding);
    for (const std::size_t size :
         {std::size_t{1}, std::size_t{7}, std::size_t{4096}, packed.size()}) {
      Unpacker unpacker(coding, text.size());
      std::string out;
      for (std::size_t at = 0; at < packed.size(); at += size) {
        if (at > 0 && coding != Coding::identity) CHECK_FALSE(unpacker.end().ok());
        unpacker.add(std::string_view(packed).substr(at, size));
        for (;;) {
          const auto more = unpacker.next(out);
          REQUIRE(more.ok());
          if (!*more) break;
        }
        CHECK(unpacker.waiting() == 0);
      }
      CHECK(unpacker.end().ok());
      CHECK(out == text);
    }
  }
}

TEST_CASE("Unpacker: a frame of too large a window says which and what to do") {
  Unpacker unpacker(Coding::zstd, kPlenty);
  std::string frame = zstd_bomb(1);
  frame[5] = '\x70';  // 16 MiB
  unpacker.add(frame);
  const Taken taken = take(unpacker);
  REQUIRE(taken.error.has_value());
  CHECK(taken.error->code == "bad_encoding");
  CHECK(taken.error->detail.find("a window over 8 MiB") != std::string::npos);
  CHECK(taken.error->detail.find("zstd -19") != std::string::npos);
}

TEST_CASE("Unpacker: a bomb costs a piece at a time, and is refused by its ratio") {
  // 132 kB that unpack to 4 GiB.
  Unpacker unpacker(Coding::zstd, kPlenty);
  unpacker.add(zstd_bomb(33'000));
  const Taken taken = take(unpacker);
  REQUIRE(taken.error.has_value());
  CHECK(taken.error->code == "too_large");
  CHECK(taken.error->kind == Errc::bad_data);
  CHECK(taken.largest <= 65'536);
  CHECK(taken.bytes <= limits::kUnpackFreeBytes + 133'000 * limits::kUnpackRatio);
  CHECK(unpacker.end().error().code == "too_large");
  std::string out;
  CHECK(unpacker.next(out).error().code == "too_large");  // and stays so
}

TEST_CASE("Unpacker: what is free of the ratio is so whatever it was packed to") {
  Unpacker unpacker(Coding::zstd, kPlenty);
  unpacker.add(zstd_bomb(limits::kUnpackFreeBytes / (128 * 1024)));
  const Taken taken = take(unpacker);
  CHECK_FALSE(taken.error.has_value());
  CHECK(taken.bytes == limits::kUnpackFreeBytes);
}

TEST_CASE("Unpacker: a checksum that is wrong is seen at the end") {
  std::string packed = compress(std::string(1000, 'a') + "\n", Coding::gzip);
  packed[packed.size() - 6] = static_cast<char>(packed[packed.size() - 6] ^ 1);
  Unpacker unpacker(Coding::gzip, kPlenty);
  unpacker.add(packed);
  const Taken taken = take(unpacker);
  REQUIRE(taken.error.has_value());
  CHECK(taken.error->code == "bad_encoding");
}

TEST_CASE("Unpacker: the names of codings") {
  CHECK(parse_coding("") == Coding::identity);
  CHECK(parse_coding("Identity") == Coding::identity);
  CHECK(parse_coding("GZIP") == Coding::gzip);
  CHECK(parse_coding("x-gzip") == Coding::gzip);
  CHECK(parse_coding("zstd") == Coding::zstd);
  for (const char* other : {"br", "deflate", "gzip, gzip", "gzip,zstd", "gzi", " "}) {
    INFO(other);
    CHECK_FALSE(parse_coding(other).has_value());
  }
}

TEST_CASE("media types are compared as a whole, in any case") {
  for (const char* good : {"text/event-stream", "TEXT/EVENT-STREAM", "text/event-stream;charset=x",
                           " text/event-stream ; a=b"}) {
    INFO(good);
    CHECK(is_media_type(good, "text/event-stream"));
  }
  for (const char* bad : {"", "text/event-streamx", "text/event", "xtext/event-stream", ";",
                          "text/event-stream, text/html"}) {
    INFO(bad);
    CHECK_FALSE(is_media_type(bad, "text/event-stream"));
  }
}

}  // namespace offsync
