#include "cli/input/line_reader.h"

#include <unistd.h>

#include <array>
#include <string>
#include <vector>

#include "support/catch.h"

using offsync::cli::LineReader;

namespace {

// The lines that are read of `input`, which fits a pipe; "!" for one that is too long.
std::vector<std::string> lines_of(const std::string& input, std::size_t max_line = 100) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  REQUIRE(::write(ends[1], input.data(), input.size()) == static_cast<ssize_t>(input.size()));
  ::close(ends[1]);
  LineReader reader(ends[0], "test", max_line);
  LineReader::Line line;
  std::vector<std::string> lines;
  while (reader.next(line)) {
    lines.push_back(std::to_string(line.number) + "@" + std::to_string(line.byte) + ":" +
                    (line.too_long ? "!" : std::string(line.text)));
  }
  REQUIRE(reader.status().ok());
  ::close(ends[0]);
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("lines end with LF, CRLF or the input") {
  CHECK(lines_of("a\nb\r\nc") == Lines{"1@0:a", "2@2:b", "3@5:c"});
  CHECK(lines_of("\n\r\na\n\n") == Lines{"3@3:a"});
  CHECK(lines_of("").empty());
  CHECK(lines_of(std::string("\0\n", 2)) == Lines{"1@0:" + std::string(1, '\0')});
}

TEST_CASE("a byte order mark is skipped at the very start only") {
  CHECK(lines_of("\xef\xbb\xbf{}\n{}\n") == Lines{"1@3:{}", "2@6:{}"});
  CHECK(lines_of("\xef\xbb\xbf").empty());
  CHECK(lines_of("{}\n\xef\xbb\xbf{}\n") == Lines{"1@0:{}", "2@3:\xef\xbb\xbf{}"});
}

TEST_CASE("what is no lines is told as a whole") {
  const auto told = [](std::string_view input) -> std::string {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    LineReader reader(ends[0], "file");
    LineReader::Line line;
    for (const char c : input) REQUIRE(::write(ends[1], &c, 1) == 1);
    ::close(ends[1]);
    bool any = false;
    while (reader.next(line)) any = true;
    ::close(ends[0]);
    if (reader.status().ok()) return any ? "lines" : "nothing";
    CHECK(reader.status().error().kind == offsync::Errc::bad_data);
    return reader.status().error().detail;
  };
  CHECK(told("\x1f\x8b\x08____\n{}\n") == "file is compressed with gzip");
  CHECK(told("\x28\xb5\x2f\xfd____") == "file is compressed with zstd");
  CHECK(told("\xfd"
             "7zXZ___") == "file is compressed with xz");
  CHECK(told("BZh91AY") == "file is compressed with bzip2");
  CHECK(told("\xff\xfe{_____") == "file is UTF-16");
  CHECK(told("\xef\xbb\xbf[\r\n{}\n") == "file is a JSON array");
  CHECK(told("[{}]\n____") == "file is a JSON array");
  CHECK(told("[1]\n{}\n{}") == "lines");
  CHECK(told("\n\r\n[\t{}") == "file is a JSON array");
  CHECK(told("[ {}\n]") == "file is a JSON array");
  CHECK(told("{}\n[\n____") == "lines");
  CHECK(told("[{") == "lines");  // too short to be sure of anything
}

TEST_CASE("a line that is too long is skipped, the next one has its right place") {
  const std::string giant(30'000, 'x');
  CHECK(lines_of(giant + "\nb\n") == Lines{"1@0:!", "2@30001:b"});
  CHECK(lines_of("a\n" + giant) == Lines{"1@0:a", "2@2:!"});
}

TEST_CASE("an object may go over lines, and several may stand in one") {
  CHECK(lines_of("{\n  \"a\": {\n    \"b\": [1,\n2]\n  }\n}\n{}\n") ==
        Lines{"1@0:{\n  \"a\": {\n    \"b\": [1,\n2]\n  }\n}", "7@33:{}"});
  CHECK(lines_of("{}{} {\"a\":{}}\t{\n}\n{}") ==
        Lines{"1@0:{}", "1@2:{}", "1@5:{\"a\":{}}", "1@14:{\n}", "3@18:{}"});
  CHECK(lines_of("{\r\n\r\n}\r\n") == Lines{"1@0:{\r\n\r\n}"});
  CHECK(lines_of("  {\n  }\n") == Lines{"1@0:  {\n  }"});
  CHECK(lines_of("{\"a\":\n{}\n}x\n{}") == Lines{"1@0:{\"a\":", "2@6:{}", "3@9:}x", "4@12:{}"});
  CHECK(lines_of("{\n}x\n{}") == Lines{"1@0:{\n}x", "3@5:{}"});
  CHECK(lines_of("{\n}\n\n{\n}") == Lines{"1@0:{\n}", "4@5:{\n}"});
}

TEST_CASE("braces in strings are no braces") {
  for (const std::string one :
       {R"({"a":"}"})", R"({"a":"{"})", R"({"a":"}{"})", R"({"a":"\"}{"})", R"({"a":"} {\\"})"}) {
    INFO(one);
    CHECK(lines_of(one + one + "\n" + one) ==
          Lines{"1@0:" + one, "1@" + std::to_string(one.size()) + ":" + one,
                "2@" + std::to_string(2 * one.size() + 1) + ":" + one});
  }
  CHECK(lines_of("{\"}\":\n \"{\"}\n{}") == Lines{"1@0:{\"}\":\n \"{\"}", "3@12:{}"});
}

TEST_CASE("an object that is cut off takes nothing along") {
  CHECK(lines_of("{\"a\":1,\n{\"b\":2}\n{\"c\":[\n{}\n") ==
        Lines{"1@0:{\"a\":1,", "2@8:{\"b\":2}", "3@16:{\"c\":[", "4@23:{}"});
  CHECK(lines_of("{\"a\":\"x\nbad\n{}\n") == Lines{"1@0:{\"a\":\"x", "2@8:bad", "3@12:{}"});
  CHECK(lines_of("{\n \"a\":\"x\n \"b\":1\n}\n{}") ==
        Lines{"1@0:{\n \"a\":\"x\n \"b\":1\n}", "5@19:{}"});
  CHECK(lines_of("{\n \"a\": 1\n") == Lines{"1@0:{\n \"a\": 1"});
  CHECK(lines_of("{}}\n{}") == Lines{"1@0:{}}", "2@4:{}"});
  CHECK(lines_of("{]\n{}") == Lines{"1@0:{]", "2@3:{}"});
}

TEST_CASE("an object over many lines that is too long is skipped as a whole") {
  std::string giant = "{\n";
  for (int i = 0; i < 5000; ++i) giant += " \"a\": 1,\n";
  CHECK(lines_of("{}\n" + giant + "}\n{}\n").back() ==
        "5004@" + std::to_string(3 + giant.size() + 2) + ":{}");
  CHECK(lines_of("{}\n" + giant + "}\n{}\n").size() == 3);
  CHECK(lines_of("{}\n" + giant + "}\n{}\n")[1] == "2@3:!");
  CHECK(lines_of("{\n" + std::string(30'000, ' ') + "\n}\n{}\n").size() == 2);
}
