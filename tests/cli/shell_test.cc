// Hints that are commands must do what they say when they are pasted.
#include "cli/text/shell.h"

#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "support/catch.h"

namespace offsync::cli {
namespace {

// What a shell makes of it.
std::string said_by_shell(const std::string& words) {
  const std::string command = "printf '<%s>' " + words;
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> buffer{};
  for (std::size_t n = 0; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
    out.append(buffer.data(), n);
  }
  REQUIRE(::pclose(pipe) == 0);
  return out;
}

TEST_CASE("shell: a word is one word, and as it was") {
  for (const std::string text :
       {"plain", "a b",   "",    "it's", "\"",   "'\"'",  "$HOME",     "`id`",     "a\\",
        "!x",    "*",     "?",   "[a]",  "~",    "#x",    "a;b",       "a|b",      "a&b",
        "(x)",   "{a,b}", "<x>", "\t",   "a\nb", "--x=y", ":=\":=x\"", "\xc3\xa9", "x=~/y"}) {
    INFO(text);
    CHECK(said_by_shell(shell_word(text)) == "<" + text + ">");
    CHECK(said_by_shell(shell_assignment("a", text)) == "<a=" + text + ">");
    CHECK(said_by_shell(shell_assignment(text + "x", "y z")) == "<" + text + "x=y z>");
  }
  CHECK(shell_word("todo/1") == "todo/1");
  CHECK(shell_assignment("title", "Buy milk") == "title=\"Buy milk\"");
  CHECK(shell_assignment("a", "") == "a=");
}

TEST_CASE("shell: a watch goes on with all that it was told, but for where it began") {
  const auto command = [](std::vector<const char*> words) {
    words.insert(words.begin(), "/usr/bin/offsync");
    return watch_command(static_cast<int>(words.size()), words.data(), "e-7");
  };
  CHECK(command({"watch"}) == "offsync watch --after e-7");
  CHECK(command({"-C", "my folder", "watch", "--after", "3", "--exec", "echo $x", "-n", "2"}) ==
        "offsync -C \"my folder\" watch --exec 'echo $x' -n 2 --after e-7");
  CHECK(command({"watch", "--from=now", "--subject", "todo/*", "--after=e-3", "--from",
                 "stored"}) == "offsync watch --subject \"todo/*\" --after e-7");
}

}  // namespace
}  // namespace offsync::cli
