// A file system for SQLite whose disk can fail: the default one, but for syncs and writes that
// return an error while a switch is on.
#pragma once

namespace offsync::test {

struct FaultyVfs {
  static constexpr const char* kName = "faulty";
  static void install();  // once a process is enough; more does no harm
  static bool fail_syncs;
  static bool disk_full;
  static int syncs;  // counted since the start
};

}  // namespace offsync::test
