#include "cli/remote/hook.h"

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "support/catch.h"
#include "support/temp_dir.h"

using namespace offsync;
using cli::run_hook;

namespace {

std::string text_of(const std::string& file) {
  std::stringstream all;
  all << std::ifstream(file).rdbuf();
  return all.str();
}

}  // namespace

TEST_CASE("a hook has its input and its variables") {
  const test::TempDir folder;
  const std::string file = folder.file("out");
  ::setenv("OFFSYNC_TEST_HOOK", "old", 1);
  REQUIRE(run_hook("{ cat; echo \"$OFFSYNC_TEST_HOOK $OTHER\"; } > " + file, "line\n",
                   {{"OFFSYNC_TEST_HOOK", "new"}, {"OTHER", "$(echo no) 'q'"}})
              .ok());
  ::unsetenv("OFFSYNC_TEST_HOOK");
  REQUIRE(text_of(file) == "line\nnew $(echo no) 'q'\n");
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
  const test::TempDir folder;
  const std::string file = folder.file("out");
  // 141 = 128 + SIGPIPE: `yes` was ended by it, not by an error message.
  REQUIRE(run_hook("bash -c 'yes | head -n 1 > /dev/null; echo ${PIPESTATUS[0]}' > " + file, "", {})
              .ok());
  REQUIRE(text_of(file) == "141\n");
}
