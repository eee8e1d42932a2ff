#include "lib/replica/fixture.h"

using namespace offsync;
using namespace offsync::test;

TEST_CASE("a consumer's place is kept by name, and moves both ways") {
  Fixture f;
  CHECK(must(f.replica.consumers()).empty());
  CHECK_FALSE(must(f.replica.consumer("index")).has_value());
  must(f.replica.move_consumer("index", {"e1", 4}));
  must(f.replica.move_consumer("a", {"e1", 1}));
  must(f.replica.move_consumer("index", {"e2", 2}));
  CHECK(must(f.replica.consumer("index"))->text() == "e2-2");
  Replica again = f.open_again();
  const auto all = must(again.consumers());
  REQUIRE(all.size() == 2);
  CHECK(all[0].name == "a");
  CHECK(all[0].cursor.text() == "e1-1");
  CHECK(all[1].name == "index");
}

TEST_CASE("a snapshot leaves the places of consumers") {
  Fixture f;
  for (const char* id : {"f1", "f2"}) f.log.append(foreign(id, "todo/1", R"({"set":{"a":1}})"));
  must(f.replica.move_consumer("index", {"e1", 2}));
  must(f.replica.begin_snapshot());
  must(f.replica.stage_snapshot(f.log.snapshot()));
  must(f.replica.install_snapshot());
  CHECK(must(f.replica.consumer("index"))->text() == "e1-2");
}

TEST_CASE("a place behind the end of a snapshot was one in a log that was replaced") {
  Fixture f;
  f.log.append(foreign("f1", "todo/1", R"({"set":{"a":1}})"));
  must(f.replica.move_consumer("behind", {"e1", 4}));
  must(f.replica.move_consumer("within", {"e1", 1}));
  must(f.replica.begin_snapshot());
  must(f.replica.stage_snapshot(f.log.snapshot()));
  must(f.replica.install_snapshot());
  CHECK(must(f.replica.consumer("behind"))->epoch != "e1");
  CHECK(must(f.replica.consumer("behind"))->sequence == 4);
  CHECK(must(f.replica.consumer("within"))->text() == "e1-1");
}

TEST_CASE("who had a log and fetches the state has met another one, in whatever epoch") {
  Fixture f;
  for (const char* id : {"f1", "f2"}) f.log.append(foreign(id, "todo/1", R"({"set":{"a":1}})"));
  f.pull();
  must(f.replica.move_consumer("index", {"e1", 2}));
  for (const char* id : {"f3", "f4"}) f.log.append(foreign(id, "todo/1", R"({"set":{"a":1}})"));
  must(f.replica.begin_snapshot());
  must(f.replica.stage_snapshot(f.log.snapshot()));
  must(f.replica.install_snapshot());
  CHECK(must(f.replica.consumer("index"))->epoch != "e1");
  CHECK(must(f.replica.consumer("index"))->sequence == 2);
}
