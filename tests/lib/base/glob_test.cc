#include "base/glob.h"

#include <rapidcheck.h>

#include <string>
#include <vector>

#include "support/catch.h"

namespace offsync {
namespace {

// The definition, as a recursion with a table: slow and plain.
bool by_definition(const std::string& pattern, const std::string& text) {
  std::vector<std::vector<char>> yes(pattern.size() + 1, std::vector<char>(text.size() + 1, 0));
  yes[0][0] = 1;
  std::size_t parts = 0;
  for (std::size_t p = 0; p < pattern.size(); ++p) {
    char c = pattern[p];
    const bool itself = c == '\\' && p + 1 < pattern.size() &&
                        std::string("*?\\").find(pattern[p + 1]) != std::string::npos;
    if (itself) c = pattern[++p];
    ++parts;
    for (std::size_t t = 0; t <= text.size(); ++t) {
      if (c == '*' && !itself) {
        yes[parts][t] = yes[parts - 1][t] || (t > 0 && yes[parts][t - 1]);
      } else if (t > 0 && ((c == '?' && !itself) || c == text[t - 1])) {
        yes[parts][t] = yes[parts - 1][t - 1];
      }
    }
  }
  return yes[parts][text.size()] != 0;
}

std::string repeat(std::string_view part, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += part;
  return out;
}

}  // namespace

TEST_CASE("glob: literals, stars and question marks") {
  CHECK(glob_match("todo/1", "todo/1"));
  CHECK_FALSE(glob_match("todo/1", "todo/12"));
  CHECK_FALSE(glob_match("todo/12", "todo/1"));
  CHECK(glob_match("", ""));
  CHECK_FALSE(glob_match("", "a"));
  CHECK(glob_match("*", ""));
  CHECK(glob_match("*", "a/b/c"));
  CHECK(glob_match("todo/*", "todo/1/x"));
  CHECK(glob_match("*.created", "todo.created"));
  CHECK(glob_match("t*.c*d", "todo.created"));
  CHECK_FALSE(glob_match("t*.c*d", "todo.creates"));
  CHECK(glob_match("todo/?", "todo/1"));
  CHECK_FALSE(glob_match("todo/?", "todo/"));
  CHECK(glob_match("[a]", "[a]"));
  CHECK_FALSE(glob_match("[a]", "a"));
}

TEST_CASE("glob: a backslash takes a special character as it is") {
  CHECK(glob_match("a\\*", "a*"));
  CHECK_FALSE(glob_match("a\\*", "ab"));
  CHECK(glob_match("\\?\\\\", "?\\"));
  CHECK(glob_match("a\\", "a\\"));
  CHECK(glob_match("*\\*x", "aa*x"));
  CHECK_FALSE(glob_match("*\\*x", "aax"));
  // Elsewhere it is itself: names may have one.
  CHECK(glob_match("x/a\\b", "x/a\\b"));
  CHECK_FALSE(glob_match("x/a\\b", "x/ab"));
  CHECK(glob_match("x/*\\b", "x/a\\b"));
  CHECK(glob_match("x/a\\\\*", "x/a\\b"));
}

TEST_CASE("glob: a question mark is a character, not a byte") {
  CHECK(glob_match("m?rz", "m\xc3\xa4rz"));
  CHECK(glob_match("?", "\xf0\x9f\x98\x80"));
  CHECK_FALSE(glob_match("??", "\xf0\x9f\x98\x80"));
  CHECK(glob_match("*?", "\xc3\xa4"));
  CHECK_FALSE(glob_match("*??", "\xc3\xa4"));
  CHECK(glob_match("??", "\xc3\xc3"));  // not UTF-8: bytes
}

TEST_CASE("glob: many stars cost no more than pattern times text") {
  const std::string text(256, 'a');
  CHECK_FALSE(glob_match(repeat("*a", 127) + "*b", text));  // would be 2^127 by backtracking
  CHECK(glob_match(repeat("*a", 127) + "*", text));
}

TEST_CASE("glob: is what its definition says") {
  CHECK(rc::check([] {
    const auto letters =
        rc::gen::container<std::string>(rc::gen::element('a', 'b', '/', '\\', '*'));
    const auto specials =
        rc::gen::container<std::string>(rc::gen::element('a', 'b', '/', '*', '?', '*', '\\'));
    const std::string pattern = *specials;
    const std::string text = *letters;
    RC_ASSERT(glob_match(pattern, text) == by_definition(pattern, text));
    if (const auto literal = glob_literal(pattern)) {
      RC_ASSERT(by_definition(pattern, *literal));
      RC_ASSERT(glob_match(pattern, text) == (text == *literal));
    }
  }));
}

TEST_CASE("glob: which patterns are globs") {
  CHECK(glob_literal("todo/1") == "todo/1");
  CHECK(glob_literal("") == "");
  CHECK_FALSE(glob_literal("todo/*"));
  CHECK_FALSE(glob_literal("todo/?"));
  CHECK(glob_literal("todo\\/1") == "todo\\/1");
  CHECK(glob_literal("a\\*\\?\\\\b\\") == "a*?\\b\\");
  CHECK_FALSE(glob_literal("a\\\\*"));
}

}  // namespace offsync
