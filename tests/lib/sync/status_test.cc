#include "sync/status.h"

#include "support/catch.h"

namespace offsync {

TEST_CASE("a log that is shorter than what came of it was put back: that is not synced") {
  SyncStatus status;
  status.info.cursor = Cursor{"e1", 7};
  status.space = SpaceHead{"e1", 7};
  CHECK(status.synced());
  status.space = SpaceHead{"e1", 4};
  CHECK(status.put_back());
  CHECK_FALSE(status.synced());
  status.space = SpaceHead{"e2", 4};
  CHECK_FALSE(status.put_back());
  CHECK_FALSE(status.synced());
}

}  // namespace offsync
