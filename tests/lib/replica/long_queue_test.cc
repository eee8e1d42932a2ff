// What a sync asks again and again must not read all of a long queue, or of a log of before.
#include <string>
#include <vector>

#include "lib/replica/fixture.h"
#include "replica/states.h"
#include "sqlite/db.h"

using namespace offsync;
using namespace offsync::test;

TEST_CASE("what is asked for each push and page is found by an index") {
  Fixture f;
  sqlite::Db db = must(sqlite::Db::open(f.file(), {}));
  for (const std::string asked :
       {"SELECT line FROM pending WHERE " OFFSYNC_ACCEPTED_EVENTS " ORDER BY sequence DESC LIMIT 1",
        "SELECT n FROM pending WHERE " OFFSYNC_ACCEPTED_EVENTS " AND sequence <= 7",
        "SELECT line FROM pending WHERE " OFFSYNC_PARKED_EVENTS " ORDER BY n",
        "SELECT line FROM former WHERE " OFFSYNC_OPEN_EVENTS(
            OFFSYNC_DOUBTFUL) " ORDER BY n LIMIT 9",
        "SELECT line FROM former WHERE " OFFSYNC_OPEN_EVENTS(OFFSYNC_PARKED) " ORDER BY n LIMIT 9",
        "SELECT line FROM former WHERE " OFFSYNC_OPEN_EVENTS(
            OFFSYNC_LOST) " AND n > 7 ORDER BY n"}) {
    INFO(asked);
    sqlite::Statement plan = must(db.prepare("EXPLAIN QUERY PLAN " + asked));
    std::vector<std::string> steps;
    while (must(plan.step())) steps.emplace_back(plan.text(3));
    REQUIRE_FALSE(steps.empty());
    CHECK(steps.front().find(" USING INDEX ") != std::string::npos);
  }
}
