// TOML of settings: what is read, and that every other text is an error which names its line.
#include "base/toml.h"

#include <functional>

#include "support/catch.h"

using namespace offsync;

namespace {

std::vector<TomlEntry> read(std::string_view text) {
  auto entries = parse_toml(text, "a.toml");
  if (!entries) FAIL(entries.error().detail);
  return std::move(entries).value();
}

TomlValue value(std::string_view text) {
  const auto entries = read("x = " + std::string(text));
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].key == "x");
  return entries[0].value;
}

std::string refusal(std::string_view text) {
  const auto entries = parse_toml(text, "a.toml");
  if (entries) FAIL("taken: " << text);
  CHECK(entries.error().kind == Errc::config);
  CHECK(entries.error().code == "not_toml");
  return entries.error().detail;
}

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("toml: values of each kind, with their lines") {
  CHECK(std::get<std::string>(value("'a b'")) == "a b");
  CHECK(std::get<std::string>(value("\"a\\tb\"")) == "a\tb");
  CHECK(std::get<std::string>(value("'''\na\nb'''")) == "a\nb");
  CHECK(std::get<std::int64_t>(value("-5")) == -5);
  CHECK(std::get<double>(value("2.5")) == 2.5);
  CHECK(std::get<std::vector<std::string>>(value("['a', \"b\",]")) ==
        std::vector<std::string>{"a", "b"});
  CHECK(std::get<std::vector<std::string>>(value("[]")).empty());
  for (const char* other : {"true", "2026-11-26", "{}", "{a = 1}", "[1]", "['a', 1]", "[['a']]"}) {
    INFO(other);
    CHECK(std::holds_alternative<TomlOther>(value(other)));
  }
  const auto entries = read("# one\n\nb = 1\n'a.b' = 2\r\n[t]\nx = 1\n[u.v]\n");
  REQUIRE(entries.size() == 4);
  CHECK((entries[0].key == "a.b" && entries[0].line == 4));
  CHECK((entries[1].key == "b" && entries[1].line == 3));
  CHECK((entries[2].key == "t" && entries[2].line == 5));
  CHECK((entries[3].key == "u" && entries[3].line == 7));
  CHECK(read("").empty());
  CHECK(read("\xef\xbb\xbfx = 1").size() == 1);
}

// toml++ asserts on these, that is, the process ended.
TEST_CASE("toml: brackets that make no sense are refused with their line") {
  for (const char* wrong :
       {"[[[",     "[[[1]]]",   "[[[]]",   "[[=",        "[ =",          "[!x]",    "x = [}",
        "x = [[}", "x = [ }]",  "[[a].b]", "x = {a = }", "x = {a = [}}", "[a.[b]]", "[",
        "[[",      "[]",        "[[]]",    "x = {",      "x = [",        "{",       "}",
        "]",       "x = }",     "x = ]",   "x = ,",      "x = [,",       "a. = 1",  "a.=1",
        ".a = 1",  "a.[b] = 1", "x ="}) {
    INFO(wrong);
    CHECK(refusal(std::string("y = 1\n") + wrong).rfind("a.toml:2: this is not TOML: ", 0) == 0);
    const std::string line = std::string("\n") + wrong + "\nz = 1\n";
    CHECK(refusal(line).rfind("a.toml:", 0) == 0);
  }
}

TEST_CASE("toml: dates that go wrong behind a space are refused") {
  for (const char* wrong :
       {"2000-01-01 1", "2000-01-01 1,", "2000-01-01 1\n", "2000-01-01 1 2", "2000-01-01 1]",
        "[2000-01-01 1,2]", "[2000-01-01 1]", "2000-01-01 12", "2000-01-01 1\t\"a\""}) {
    INFO(wrong);
    CHECK(refusal(std::string("x = ") + wrong).rfind("a.toml:1: this is not TOML: ", 0) == 0);
  }
  // So long that toml++ cannot step back to its start.
  for (std::size_t fill = 100; fill < 140; ++fill) {
    const auto text = "x = 2" + std::string(fill, '_') + "000-01-01 1, 2";
    CHECK(refusal(text).rfind("a.toml:1: this is not TOML: ", 0) == 0);
  }
}

TEST_CASE("toml: bytes that may stand nowhere, and where they do not belong") {
  using namespace std::string_literals;
  for (const std::string& wrong :
       {"\0"s, "[\0"s, "[a\0]"s, "x\0 = 1"s, "x = \0"s, "x = '\0'"s, "x = \"\0\""s, "# \0"s,
        "x = '\x01'"s, "\x1b"s, "x = '\x7f'"s, "\r"s, "x = 1\r2"s, "\f"s, "x = '\n'"s}) {
    INFO(wrong);
    CHECK(refusal("y = 1\n" + wrong).rfind("a.toml:2: this is not TOML: ", 0) == 0);
  }
  for (const std::string& wrong :
       {"\xff"s, "\x80"s, "\xc3"s, "\xc3("s, "\xc0\xaf"s, "\xe0\x80\xaf"s, "\xe2\x82"s,
        "\xe2\x82("s, "\xed\xa0\x80"s, "\xf5\x80\x80\x80"s, "\xf0\x80\x80\x80"s, "\xf0\x9f\x98"s}) {
    for (const std::string& text : {"x = '" + wrong + "'", "# " + wrong, wrong, "x = " + wrong}) {
      INFO(text);
      CHECK(refusal(text).rfind("a.toml:1: this is not TOML: ", 0) == 0);
    }
  }
}

TEST_CASE("toml: characters of all planes are kept in strings") {
  const char* const kept[] = {"\u0080",     "\u00a0",     "\u00a1",    "\u00e4", "\u0499",
                              "\u07ff",     "\u0800",     "\u1680",    "\u2028", "\u3000",
                              "\ud7ff",     "\ue000",     "\ufeff",    "\ufffe", "\uffff",
                              "\U00010000", "\U0001f600", "\U000fffff"};
  for (const std::string text : kept) {
    INFO(text);
    CHECK(std::get<std::string>(value("'" + text + "'")) == text);
    CHECK(std::get<std::string>(value("\"<" + text + ">\"")) == "<" + text + ">");
    CHECK(std::get<std::string>(value("\"\"\"a\\\n  " + text + "\"\"\"")) == "a" + text);
    CHECK(std::get<std::string>(value("'a' # " + text)) == "a");
    CHECK(std::get<std::vector<std::string>>(value("['" + text + "']")).at(0) == text);
    CHECK(read("'" + text + "' = 1").at(0).key == text);
    // Outside of strings TOML has none, white space included.
    CHECK(refusal("\n" + text + " = 1").find("saw '" + text + "'") != std::string::npos);
    CHECK(refusal("x =" + text + "1").rfind("a.toml:1: this is not TOML: ", 0) == 0);
    CHECK(refusal("x = 1" + text + "\n").rfind("a.toml:1: this is not TOML: ", 0) == 0);
    CHECK(refusal("x = \"\"\"\\" + text + "\"\"\"").rfind("a.toml:1: this is not TOML: ", 0) == 0);
  }
  CHECK(std::get<std::string>(value("\"\\u00e4\\uffff\\U0001F600\"")) == "\u00e4\uffff\U0001f600");
}

TEST_CASE("toml: the last plane is refused, not changed") {
  for (const char* wrong : {"x = '\U00100000'", "x = '\U00100080'", "# \U0010ffff",
                            "x = \"\\U00100080\"", "x = \"\\U0010FFFF\""}) {
    CHECK(refusal(std::string("\n") + wrong) ==
          "a.toml:2: this is not TOML: it has a character beyond U+FFFFF");
  }
  CHECK(refusal("x = \"\\U00110000\"").find("beyond U+FFFFF") == std::string::npos);
}

TEST_CASE("toml: a message about a very long key is cut between characters") {
  const std::string key = "'" + repeated("\u00e4", 2000) + "'";
  const auto why = refusal(key + " = 1\n" + key + " = 2\n");
  CHECK(why.rfind("a.toml:2: this is not TOML: ", 0) == 0);
  CHECK(why.find('\xf4') == std::string::npos);
  CHECK(why.find("\u00e4\u00e4") != std::string::npos);
}

// Each level is a table in a table, and freeing them recurses.
TEST_CASE("toml: tables nest no deeper than the stack is") {
  const std::function<std::string(std::size_t)> deep[] = {
      [](std::size_t dots) { return "a" + repeated(".a", dots) + " = 1\n"; },
      [](std::size_t dots) { return "[a" + repeated(".a", dots) + "]\n"; },
      [](std::size_t dots) { return "[[a" + repeated(".a", dots) + "]]\n"; },
      [](std::size_t dots) {
        return "x = " + repeated("{a.a.a=[\n", dots / 2) + repeated("]}", dots / 2);
      },
  };
  for (const auto& text : deep) {
    CHECK(refusal("\n" + text(500'000)).find("it has over 4096 dots") != std::string::npos);
  }
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(read(deep[i](1000)).size() == 1);
    // The worst that is parsed; later releases of toml++ have a bound of their own.
    const auto worst = parse_toml(deep[i](kTomlDots), "a.toml");
    CHECK((worst || worst.error().detail.find("a.toml:1: this is not TOML: ") == 0));
  }
  CHECK(refusal("\n" + deep[0](kTomlDots + 1)) ==
        "a.toml:2: this is not TOML: it has over 4096 dots");
  CHECK(refusal("x = " + repeated("[", 100'000)).rfind("a.toml:1: ", 0) == 0);
  CHECK(refusal("x = " + repeated("{a=", 100'000)).rfind("a.toml:1: ", 0) == 0);
}
