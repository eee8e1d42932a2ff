#include <fcntl.h>
#include <unistd.h>

#include <thread>

#include "cli/input/line_reader.h"
#include "event/decoder.h"
#include "support/catch.h"
#include "support/ports.h"
#include "support/temp_dir.h"

using namespace offsync;
using namespace offsync::cli;

namespace {

struct Seen {
  std::string text;
  std::uint64_t number = 0, byte = 0;
  bool too_long = false;
  friend bool operator==(const Seen&, const Seen&) = default;
};

struct Pipe {
  Pipe() { REQUIRE(::pipe2(ends, O_CLOEXEC) == 0); }
  ~Pipe() {
    ::close(ends[0]);
    finish();
  }
  void write(std::string_view text) const {
    while (!text.empty()) {
      const ssize_t n = ::write(ends[1], text.data(), text.size());
      if (n < 0) return;
      text.remove_prefix(static_cast<std::size_t>(n));
    }
  }
  void finish() {
    if (ends[1] >= 0) ::close(ends[1]);
    ends[1] = -1;
  }
  int ends[2] = {-1, -1};
};

// The lines of `pieces`, each written when the reader waits for it.
std::vector<Seen> read(const std::vector<std::string>& pieces, std::size_t max = 8) {
  Pipe pipe;
  std::thread writer([&] {
    for (const std::string& piece : pieces) {
      pipe.write(piece);
      if (pieces.size() > 1) std::this_thread::yield();
    }
    pipe.finish();
  });
  LineReader reader(pipe.ends[0], "test", max);
  std::vector<Seen> seen;
  LineReader::Line line;
  std::uint64_t bytes = 0;
  while (reader.next(line)) {
    seen.push_back({std::string(line.text), line.number, line.byte, line.too_long});
    // What is behind a line may be read, as decode_in_place() does.
    if (!line.too_long) {
      volatile char sum = 0;
      for (std::size_t i = 0; i < kDecodePadding; ++i) {
        sum = static_cast<char>(sum + line.text.data()[line.text.size() + i]);
      }
    }
  }
  writer.join();
  CHECK(reader.status().ok());
  for (const std::string& piece : pieces) bytes += piece.size();
  CHECK(reader.bytes() == bytes);
  return seen;
}

}  // namespace

TEST_CASE("line reader: LF, CRLF and the end of the input end a line; empty ones only count") {
  CHECK(read({""}).empty());
  CHECK(read({"\n\r\n\n"}).empty());
  CHECK(read({"a"}) == std::vector<Seen>{{"a", 1, 0}});
  CHECK(read({"a\nb\r\n\n\nc"}) == std::vector<Seen>{{"a", 1, 0}, {"b", 2, 2}, {"c", 5, 7}});
  CHECK(read({"a\rb\r\r\n"}) == std::vector<Seen>{{"a\rb", 1, 0}});
  CHECK(read({" a \t\r\r\n\t\r\r\n  \nb\r\r"}) == std::vector<Seen>{{" a", 1, 0}, {"b", 4, 14}});
  using namespace std::string_literals;
  CHECK(read({"a\0b\n"s}) == std::vector<Seen>{{"a\0b"s, 1, 0}});
}

TEST_CASE("line reader: the same wherever the input is cut") {
  const std::string input = "one\r\ntwo\n\n12345678\r\n123456789\nthree\n123456789012\r\nend";
  const auto whole = read({input});
  REQUIRE(whole.size() == 7);
  for (std::size_t i = 0; i <= input.size(); ++i) {
    if (read({input.substr(0, i), input.substr(i)}) != whole) FAIL("differs when cut at " << i);
  }
  std::vector<std::string> single;
  for (const char c : input) single.emplace_back(1, c);
  CHECK(read(single) == whole);
}

TEST_CASE("line reader: objects over lines are the same wherever the input is cut") {
  const std::string input =
      "{}{ }\n{\n \"a}\": \"{\\\"\"\n}\r\n{\"x\":\n{} {\r\n}\nbad\n{\n\"s\n}\n{}\n{\n";
  const auto whole = read({input}, 40);
  REQUIRE(whole.size() == 10);
  for (std::size_t i = 0; i <= input.size(); ++i) {
    if (read({input.substr(0, i), input.substr(i)}, 40) != whole) FAIL("differs when cut at " << i);
  }
  std::vector<std::string> single;
  for (const char c : input) single.emplace_back(1, c);
  CHECK(read(single, 40) == whole);
}

TEST_CASE("line reader: a line over the maximum is told, and the next one comes") {
  CHECK(read({"12345678\n123456789\nx"}) ==
        std::vector<Seen>{{"12345678", 1, 0}, {"", 2, 9, true}, {"x", 3, 19}});
  CHECK(read({"12345678\r\n"}) == std::vector<Seen>{{"12345678", 1, 0}});
  CHECK(read({"123456789"}) == std::vector<Seen>{{"", 1, 0, true}});  // at the end, too
}

TEST_CASE("line reader: a line of many megabytes is skipped, and its memory not kept") {
  Pipe pipe;
  std::thread writer([&] {
    pipe.write("a\n");
    for (int i = 0; i < 300; ++i) pipe.write(std::string(100'000, 'x'));
    pipe.write("\nb\n");
    pipe.finish();
  });
  LineReader reader(pipe.ends[0], "test", 1000);
  LineReader::Line line;
  REQUIRE(reader.next(line));
  REQUIRE(reader.next(line));
  CHECK(line.too_long);
  CHECK(line.byte == 2);
  REQUIRE(reader.next(line));
  CHECK(line.text == "b");
  CHECK(line.number == 3);
  CHECK(line.byte == 2 + 30'000'000 + 1);
  CHECK_FALSE(reader.next(line));
  writer.join();
}

TEST_CASE("line reader: long input of lines of any length comes out as it went in") {
  test::SeededRandom random(11);
  std::vector<std::string> lines;
  std::string input;
  for (int i = 0; i < 3000; ++i) {
    lines.emplace_back(1 + random.next() % 2000, static_cast<char>('a' + random.next() % 26));
    input += lines.back() + (random.next() % 2 == 0 ? "\n" : "\r\n");
  }
  const auto seen = read({input}, 4096);
  REQUIRE(seen.size() == lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    REQUIRE(seen[i].text == lines[i]);
    REQUIRE(input.compare(seen[i].byte, lines[i].size(), lines[i]) == 0);
  }
}

TEST_CASE("line reader: would_wait says whether a line can be had now") {
  Pipe pipe;
  LineReader reader(pipe.ends[0], "test");
  LineReader::Line line;
  CHECK(reader.would_wait());
  pipe.write("a\nb\n");
  CHECK_FALSE(reader.would_wait());
  REQUIRE(reader.next(line));
  CHECK_FALSE(reader.would_wait());
  REQUIRE(reader.next(line));
  CHECK(reader.would_wait());
  pipe.finish();
  CHECK_FALSE(reader.would_wait());  // the end can be had
  CHECK_FALSE(reader.next(line));
}

TEST_CASE("line reader: input that cannot be read is an error with its name") {
  LineReader reader(-1, "orders.ndjson");
  LineReader::Line line;
  CHECK_FALSE(reader.next(line));
  CHECK(reader.status().error().kind == Errc::io);
  CHECK(reader.status().error().detail.find("orders.ndjson") != std::string::npos);
}

TEST_CASE("input file: what cannot be opened is no input, and names itself") {
  const test::TempDir folder;
  for (const std::string& name : {folder.path(), folder.file("none")}) {
    const auto opened = InputFile::open(name);
    REQUIRE_FALSE(opened.ok());
    CHECK(opened.error().kind == Errc::no_input);
    CHECK(opened.error().detail.find(name) != std::string::npos);
  }
  CHECK(InputFile::open("-").value().name() == "stdin");
}

TEST_CASE("input file: all of it, up to a limit") {
  const test::TempDir folder;
  const std::string text(200'000, 'x');
  const int fd = ::open(folder.file("f").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  REQUIRE(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  ::close(fd);
  const auto file = InputFile::open(folder.file("f"));
  REQUIRE(file.ok());
  CHECK(read_all(*file, text.size()).value() == text);
  const auto again = InputFile::open(folder.file("f"));
  CHECK(read_all(*again, text.size() - 1).error().code == "too_large");
}
