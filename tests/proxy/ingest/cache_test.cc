#include "proxy/ingest/entity_cache.h"
#include "proxy/ingest/world.h"

using namespace offsync;
using namespace offsync::test;
using proxy::EntityCache;

namespace {

EntityCache::Item item(std::size_t bytes) {
  return {Entity(), bytes};
}

}  // namespace

TEST_CASE("the cache gives an entity out once, with its size", "[ingest]") {
  EntityCache cache(10'000);
  cache.put("shop", "todo/1", item(100));
  const auto taken = cache.take("shop", "todo/1");
  REQUIRE(taken);
  CHECK(taken->bytes == 100);
  CHECK_FALSE(cache.take("shop", "todo/1"));
  CHECK(cache.bytes() == 0);
  cache.put("shop", "todo/1", item(100));
  cache.put("shop", "todo/1", item(300));
  CHECK(cache.size() == 1);
  CHECK(cache.take("shop", "todo/1")->bytes == 300);
  CHECK(cache.bytes() == 0);
}

TEST_CASE("the cache forgets the least recently used first", "[ingest]") {
  EntityCache cache(10'000);
  for (int i = 0; i < 9; ++i) cache.put("shop", "todo/" + std::to_string(i), item(744));  // 1000
  auto used = cache.take("shop", "todo/0");
  REQUIRE(used);
  cache.put("shop", "todo/0", std::move(*used));
  for (int i = 9; i < 14; ++i) cache.put("shop", "todo/" + std::to_string(i), item(744));
  CHECK(cache.bytes() <= 10'000);
  CHECK(cache.size() == 10);
  CHECK(cache.take("shop", "todo/0"));
  CHECK_FALSE(cache.take("shop", "todo/1"));
  CHECK_FALSE(cache.take("shop", "todo/4"));
  CHECK(cache.take("shop", "todo/5"));
}

TEST_CASE("an entity that is too large for the cache is not kept in it", "[ingest]") {
  EntityCache cache(10'000);
  cache.put("shop", "todo/1", item(20'000));
  CHECK(cache.size() == 0);
  CHECK(cache.bytes() == 0);
}

TEST_CASE("one space is dropped from the cache without the others", "[ingest]") {
  EntityCache cache(10'000);
  cache.put("shop", "todo/1", item(100));
  cache.put("shop2", "todo/1", item(100));
  cache.put("2", "todo/1", item(100));
  cache.drop("shop2");
  CHECK(cache.take("shop", "todo/1"));
  CHECK_FALSE(cache.take("shop2", "todo/1"));
  CHECK(cache.take("2", "todo/1"));
}
