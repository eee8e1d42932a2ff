#include "cli/input/log_folder.h"

#include <fmt/format.h>

#include "cli/input/line_reader.h"
#include "state/entity_codec.h"
#include "support/catch.h"
#include "wire/snapshot.h"

using namespace offsync;
using namespace offsync::cli;

namespace {

std::string event(std::uint64_t n, const std::string& subject, std::uint64_t sequence = 0) {
  std::string line =
      fmt::format(R"({{"specversion":"1.0","id":"e{}","source":"/c","type":"t{}","subject":"{}",)"
                  R"("stamp":"{}","data":{{"inc":{{"n":1}}}}}})",
                  n, n % 2, subject, Stamp::make(static_cast<std::int64_t>(1000 + n), 0, 1).text());
  return sequence == 0 ? line : with_sequence(line, sequence, "2026-11-23T12:00:00.000Z");
}

std::string entity(const std::string& subject) {
  Entity made;
  Decoder decoder;
  made.fold(**decoder.decode(event(900, subject)));
  return encode_entity(subject, made);
}

std::string head(std::uint64_t sequence, std::uint64_t entities) {
  return encode_snapshot_header({{"epoch", sequence}, entities, 0});
}

struct Folding {
  explicit Folding(FilterOptions options = {})
      : filter(Filter::make(options, 0).value()), folder(filter) {}
  // What became of the line, once it is folded.
  Status fold(std::string line) {
    const std::size_t bytes = line.size();
    line.resize(bytes + kDecodePadding);
    OFFSYNC_TRY(folder.fold({std::string_view(line).substr(0, bytes), ++number}, reader));
    folder.finish();
    const std::vector<Refused> refused = folder.take_refused();
    if (refused.empty()) return {};
    CHECK(refused.size() == 1);
    CHECK(refused[0].number == number);
    return refused[0].error;
  }
  std::string shown(const std::string& subject) {
    const Entity* found = folder.state().find(subject);
    return found == nullptr ? "none" : found->find("n")->shown();
  }

  Filter filter;
  LogFolder folder;
  LineReader reader{-1, "test"};
  std::uint64_t number = 0;
};

}  // namespace

TEST_CASE("log folder: a log's events, filtered") {
  FilterOptions options;
  options.types = {"t1"};
  options.after = "3";
  Folding f(options);
  for (std::uint64_t n = 1; n <= 9; ++n) REQUIRE(f.fold(event(n, "k/1", n)).ok());
  CHECK(f.shown("k/1") == "3");  // 5, 7, 9
}

TEST_CASE("log folder: a duplicate counts once, an event out of its order is no matter") {
  Folding f;
  for (const std::uint64_t n : {3, 1, 2, 1, 3}) REQUIRE(f.fold(event(n, "k/1")).ok());
  CHECK(f.shown("k/1") == "3");
}

TEST_CASE("log folder: so many events and no more") {
  FilterOptions options;
  options.limit = 2;
  Folding f(options);
  REQUIRE(f.fold(event(1, "k/1")).ok());
  CHECK_FALSE(f.folder.full());
  REQUIRE(f.fold(event(2, "k/1")).ok());
  CHECK(f.folder.full());
}

TEST_CASE("log folder: without a sequence nobody knows on which side of one an event is") {
  for (auto option : {&FilterOptions::since, &FilterOptions::until, &FilterOptions::after}) {
    for (const bool one_by_one : {false, true}) {
      FilterOptions options;
      options.*option = "5";
      options.subjects = {"k/*"};
      if (one_by_one) options.limit = 9;
      Folding f(options);
      CHECK(f.fold(event(1, "k/1")).error().code == "missing");
      CHECK(f.fold(event(2, "other/1")).ok());  // whatever its place
      CHECK(f.fold(event(3, "k/1", 5)).ok());
      CHECK(f.shown("k/1") == (option == &FilterOptions::after ? "none" : "1"));
    }
  }
}

TEST_CASE("log folder: a snapshot, then what came behind it") {
  Folding f;
  REQUIRE(f.fold(head(40, 2)).ok());
  CHECK(f.folder.whole().error().code == "short_snapshot");
  REQUIRE(f.fold(entity("k/1")).ok());
  CHECK(f.folder.whole().error().detail.find("1 more") != std::string::npos);
  REQUIRE(f.fold(entity("k/2")).ok());
  CHECK(f.folder.whole().ok());
  REQUIRE(f.fold(event(901, "k/1", 41)).ok());
  CHECK(f.shown("k/1") == "2");
  CHECK(f.shown("k/2") == "1");
}

TEST_CASE("log folder: an entity only where one was announced, an event only where none was") {
  Folding f;
  CHECK(f.fold(entity("k/1")).error().kind == Errc::bad_data);
  REQUIRE(f.fold(head(40, 1)).ok());
  CHECK(f.fold(event(1, "k/1")).error().kind == Errc::bad_data);
  CHECK(f.folder.whole().ok());  // it was refused, and it was the last one
  CHECK(f.shown("k/1") == "none");
}

TEST_CASE("log folder: heads that are none are refused") {
  for (const char* line :
       {R"({"cursor":)", R"({"cursor":5,"entities":1})", R"({"cursor":"e","entities":1})",
        R"({"cursor":"e-1"})", R"({"cursor":"e-1","entities":-1})"}) {
    Folding f;
    INFO(line);
    CHECK(f.fold(line).error().kind == Errc::bad_data);
    CHECK(f.folder.whole().ok());
    CHECK(f.fold(event(1, "k/1")).ok());
  }
}

TEST_CASE("log folder: filters that a snapshot cannot answer are a usage error") {
  std::vector<FilterOptions> bad(4);
  bad[0].types = {"t1"};
  bad[1].since = "1";
  bad[2].until = "39";
  bad[3].limit = 5;
  for (const FilterOptions& options : bad) {
    CHECK(Folding(options).fold(head(40, 1)).error().kind == Errc::usage);
  }
  FilterOptions good;
  good.subjects = {"k/*"};
  good.until = "40";
  Folding f(good);
  REQUIRE(f.fold(head(40, 2)).ok());
  REQUIRE(f.fold(entity("k/1")).ok());
  REQUIRE(f.fold(entity("other/1")).ok());
  REQUIRE(f.fold(event(1, "k/1", 41)).ok());  // behind --until
  CHECK(f.shown("k/1") == "1");
  CHECK(f.shown("other/1") == "none");
}
