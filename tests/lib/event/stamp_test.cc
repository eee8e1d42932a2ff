#include "event/stamp.h"

#include <rapidcheck.h>

#include "support/catch.h"

using namespace offsync;

TEST_CASE("a stamp is 34 bytes of text and comes back from it") {
  const Stamp stamp = Stamp::make(0x0193594d3f7b, 0x00ff, 0x7f3a9c01b2d4e5f6);
  CHECK(stamp.text() == "0193594d3f7b-00ff-7f3a9c01b2d4e5f6");
  CHECK(Stamp::parse(stamp.text()) == stamp);
  CHECK(stamp.ms() == 0x0193594d3f7b);
  CHECK(stamp.counter() == 0xff);
}

TEST_CASE("a stamp's text sorts as the stamp does") {
  CHECK(rc::check([](std::uint64_t t1, std::uint64_t n1, std::uint64_t t2, std::uint64_t n2) {
    const Stamp a{t1, n1};
    const Stamp b{t2, n2};
    RC_ASSERT((a < b) == (a.text() < b.text()));
    RC_ASSERT(Stamp::parse(a.text()) == a);
  }));
}

TEST_CASE("what is not exactly a stamp is none") {
  const std::string good = "0193594d3f7b-0000-7f3a9c01b2d4e5f6";
  REQUIRE(Stamp::parse(good));
  CHECK_FALSE(Stamp::parse(""));
  CHECK_FALSE(Stamp::parse(good + "0"));
  CHECK_FALSE(Stamp::parse(good.substr(1)));
  CHECK_FALSE(Stamp::parse("0193594D3F7B-0000-7f3a9c01b2d4e5f6"));
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (const char c : {'g', ' ', '\0', '\xff', ':'}) {
      std::string bad = good;
      bad[i] = c;
      CHECK_FALSE(Stamp::parse(bad));
    }
  }
}

TEST_CASE("a foreign node is the head of the source's SHA-256") {
  // printf %s /writers/1b334f891e2f | sha256sum
  CHECK(node_text(foreign_node("abc")) == "ba7816bf8f01cfea");
  CHECK(node_text(foreign_node("")) == "e3b0c44298fc1c14");
  CHECK(parse_node("ba7816bf8f01cfea") == foreign_node("abc"));
  CHECK_FALSE(parse_node("ba7816bf8f01cfeX"));
  CHECK_FALSE(parse_node("ba78"));
}
