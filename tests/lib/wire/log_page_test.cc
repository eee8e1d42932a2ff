// LogPage: what a page may be, however its bytes come.
#include "wire/log_page.h"

#include "support/catch.h"
#include "wire/answer_limits.h"

using namespace offsync;

namespace {

std::string line(std::uint64_t sequence) {
  const std::string n = std::to_string(sequence);
  return R"({"specversion":"1.0","id":"e)" + n +
         R"(","source":"/s","type":"t","subject":"t/1","time":"2026-11-23T12:00:00.000Z",)" +
         R"("data":{},"sequence":")" + n + R"(","recordedtime":"2026-11-23T12:00:00.000Z"})";
}

std::string lines(std::uint64_t from, std::uint64_t to) {
  std::string out;
  for (auto n = from; n <= to; ++n) out += line(n) + "\n";
  return out;
}

LogPage::Place at(const std::string& cursor, std::uint64_t head) {
  const auto next = Cursor::parse(cursor);
  return {next->epoch, next, head};
}

// The page behind e1-4, of 5 events at most.
Result<std::vector<std::string>> read(const std::string& body, const LogPage::Place& place,
                                      std::size_t piece = SIZE_MAX) {
  LogPage page({"e1", 4}, 5);
  for (std::size_t i = 0; i < body.size(); i += std::min(piece, body.size())) {
    OFFSYNC_TRY(page.take(std::string_view(body).substr(i, piece)));
  }
  return page.finish(place);
}

std::string code(const Result<std::vector<std::string>>& page) {
  if (page) return "";
  CHECK(page.error().kind == Errc::protocol);
  return page.error().code;
}

}  // namespace

TEST_CASE("a page is the events right behind its place, however they come") {
  const std::string body = lines(5, 7);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{100}, SIZE_MAX}) {
    for (const std::string& text : {body, body.substr(0, body.size() - 1), "\n\n" + body + "\n"}) {
      const auto page = read(text, at("e1-7", 9), piece);
      REQUIRE(page);
      CHECK(*page == std::vector<std::string>{line(5), line(6), line(7)});
    }
  }
  CHECK(code(read(lines(5, 9), at("e1-9", 9))).empty());
  CHECK(code(read("", at("e1-4", 4))).empty());
}

TEST_CASE("a page from the beginning is of whichever log answers") {
  LogPage page({}, 5);
  REQUIRE(page.take(lines(1, 2)));
  CHECK(page.whole_lines() == 2);
  CHECK(page.finish(at("e7-2", 2)));
}

TEST_CASE("what is no page of the log is refused") {
  const LogPage::Place place = at("e1-7", 9);
  SECTION("other events than those behind its place") {
    for (const std::string& body :
         {lines(4, 6), lines(6, 8), line(5) + "\n" + line(7) + "\n" + line(9),
          line(5) + "\n" + line(7) + "\n" + line(6), line(5) + "\n" + line(5) + "\n" + line(5),
          lines(5, 6) + "nonsense", lines(5, 6) + line(7).substr(0, 60),
          lines(5, 6) + R"({"specversion":"1.0","id":"x","source":"/s","type":"t","data":{}})"}) {
      INFO(body);
      CHECK(code(read(body, place)) == "bad_event");
    }
  }
  SECTION("an event that no proxy takes") {
    const std::string time = R"("time":"2026-11-23T12:00:00.000Z",)";
    const auto with = [&](const std::string& other) {
      std::string last = line(7);
      return lines(5, 6) + last.replace(last.find(time), time.size(), other);
    };
    CHECK(code(read(with(""), place)) == "bad_event");
    CHECK(code(read(with(R"("time":"2026-11-23T12:01:00.000Z",)"), place)).empty());
    CHECK(code(read(with(R"("time":"2026-11-23T12:01:00.001Z",)"), place)) == "bad_event");
    CHECK(code(read(with(R"("stamp":"01a20846fe00-0000-0000000000000001",)"), place)).empty());
    CHECK(code(read(with(R"("stamp":"11a20846fe00-0000-0000000000000001",)"), place)) ==
          "bad_event");
  }
  SECTION("as many as it does not say") {
    CHECK(code(read(lines(5, 6), place)) == "bad_answer");
    CHECK(code(read(lines(5, 8), place)) == "bad_answer");
    CHECK(code(read(lines(5, 7), {"e1", {}, 9})) == "bad_answer");
    CHECK(code(read(lines(5, 7), {"e1", Cursor{"e1", 7}, {}})) == "bad_answer");
    CHECK(code(read(lines(5, 7), {"e1", Cursor{"e2", 7}, 9})) == "bad_answer");
  }
  SECTION("a head that cannot be") {
    CHECK(code(read(lines(5, 7), at("e1-7", 6))) == "bad_answer");
    CHECK(code(read("", at("e1-4", 5))) == "bad_answer");
  }
  SECTION("another log") {
    CHECK(code(read(lines(5, 7), at("e2-7", 9))) == "cursor_expired");
    CHECK(code(read("", at("e1-4", 3))) == "cursor_expired");
  }
}

TEST_CASE("of a page that does not end no more is kept than a page can be") {
  LogPage page({"e1", 4}, 5);
  SECTION("lines") {
    REQUIRE(page.take("x\nx\nx\nx\nx\n"));
    CHECK(page.take("x\n").error().code == "too_large");
    CHECK(page.whole_lines() == 5);
  }
  SECTION("one line") {
    REQUIRE(page.take(std::string(limits::kLineBytes, ' ')));
    CHECK(page.take(" ").error().code == "too_large");
  }
  SECTION("nothing") {
    const std::string blank(1 << 20, '\n');
    for (int i = 0; i < 8; ++i) REQUIRE(page.take(blank));
    CHECK(page.whole_lines() == 0);
    CHECK(page.finish(at("e1-9", 9)).error().code == "bad_answer");
  }
}
