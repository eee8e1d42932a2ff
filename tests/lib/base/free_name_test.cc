#include "base/free_name.h"

#include <filesystem>
#include <fstream>

#include "support/catch.h"
#include "support/temp_dir.h"

using namespace offsync;

TEST_CASE("a free name is one that neither a file nor a link has") {
  test::TempDir dir;
  CHECK(free_name(dir.file("a"), ".db") == dir.file("a.db"));
  std::ofstream(dir.file("a.db")) << "x";
  CHECK(free_name(dir.file("a"), ".db") == dir.file("a-2.db"));
  std::filesystem::create_symlink("nowhere", dir.file("a-2.db"));
  CHECK(free_name(dir.file("a"), ".db") == dir.file("a-3.db"));
  CHECK(free_name(dir.file("a.db") + ".damaged") == dir.file("a.db.damaged"));
}
