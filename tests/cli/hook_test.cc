#include "cli/hook.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "support/catch.h"

using namespace offsync;
using cli::run_hook;

namespace {

// A file name that is gone with the test.
struct TemporaryFile {
  TemporaryFile() {
    char name[] = "/tmp/offsync-hook-XXXXXX";
    const int fd = ::mkstemp(name);
    REQUIRE(fd >= 0);
    path = name;
  }
  ~TemporaryFile() { std::remove(path.c_str()); }
  std::string text() const {
    std::stringstream all;
    all << std::ifstream(path).rdbuf();
    return all.str();
  }
  std::string path;
};

}  // namespace

TEST_CASE("a hook has its input and its variables") {
  const TemporaryFile file;
  ::setenv("OFFSYNC_TEST_HOOK", "old", 1);
  REQUIRE(run_hook("{ cat; echo \"$OFFSYNC_TEST_HOOK $OTHER\"; } > " + file.path, "line\n",
                   {{"OFFSYNC_TEST_HOOK", "new"}, {"OTHER", "$(echo no) 'q'"}})
              .ok());
  ::unsetenv("OFFSYNC_TEST_HOOK");
  REQUIRE(file.text() == "line\nnew $(echo no) 'q'\n");
}

TEST_CASE("a hook need not read its input, however long") {
  std::signal(SIGPIPE, SIG_IGN);  // as the programs do
  REQUIRE(run_hook("true", std::string(1'000'000, 'x'), {}).ok());
  REQUIRE(run_hook("head -c 1 > /dev/null", std::string(1'000'000, 'x'), {}).ok());
}

TEST_CASE("a hook that fails says how") {
  REQUIRE(run_hook("exit 3", "", {}).error().detail == "the command ended with exit code 3");
  REQUIRE(run_hook("/no/such/program 2>/dev/null", "", {}).error().detail ==
          "the command ended with exit code 127");
  const auto killed = run_hook("kill -9 $$", "", {});
  REQUIRE(killed.error().kind == Errc::partial);
  REQUIRE(killed.error().detail.find("signal 9") != std::string::npos);
}

TEST_CASE("SIGPIPE works in a hook though we ignore it") {
  std::signal(SIGPIPE, SIG_IGN);
  const TemporaryFile file;
  // 141 = 128 + SIGPIPE: `yes` was ended by it, not by an error message.
  REQUIRE(run_hook("bash -c 'yes | head -n 1 > /dev/null; echo ${PIPESTATUS[0]}' > " + file.path,
                   "", {})
              .ok());
  REQUIRE(file.text() == "141\n");
}
