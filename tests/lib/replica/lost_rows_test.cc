// Replica::repair where pages are lost that hold rows which only the replica has: each is told of.
#include <algorithm>
#include <iterator>
#include <set>

#include "lib/replica/fixture.h"
#include "replica/examine.h"
#include "sqlite/db.h"
#include "support/file_bytes.h"

namespace offsync::test {
namespace {

constexpr std::size_t kPage = 4096;

sqlite::Db raw(const std::string& file) {
  return must(sqlite::Db::open(file, sqlite::OpenOptions{}));
}

std::set<std::string> texts(const std::string& file, const std::string& sql) {
  sqlite::Db db = raw(file);
  sqlite::Statement next = must(db.prepare(sql));
  std::set<std::string> found;
  while (must(next.step())) found.emplace(next.text(0));
  return found;
}

std::string with_lost_page(const std::string& bytes, std::size_t page) {
  std::string all = bytes;
  return all.replace(page * kPage, kPage, kPage, '\0');
}

// The pages of that kind on which `text` stands.
std::vector<std::size_t> pages_with(const std::string& bytes, char kind, const std::string& text) {
  std::vector<std::size_t> found;
  for (std::size_t page = 1; page < bytes.size() / kPage; ++page) {
    const std::string_view one = std::string_view(bytes).substr(page * kPage, kPage);
    if (one[0] == kind && one.find(text) != std::string_view::npos) found.push_back(page);
  }
  return found;
}

constexpr char kTableLeaf = 0x0d, kIndexLeaf = 0x0a;

}  // namespace

TEST_CASE("repair: events of a log that was replaced are named where they are lost") {
  Fixture f;
  f.set("todo/1", "a", "1");
  {
    sqlite::Db db = raw(f.file());
    sqlite::Statement put =
        must(db.prepare("INSERT INTO former(n, state, sequence, source, id, line) VALUES (?, 1, ?, "
                        "'/theirs', ?, ?)"));
    for (int i = 1; i <= 60; ++i) {
      const std::string id = fmt::format("former-{}", i);
      const std::string line =
          foreign(id, "todo/9", R"({"set":{"f":")" + std::string(600, 'x') + "\"}}");
      must(put.bind(1, i).bind(2, i).bind(3, id).bind(4, line).run());
    }
    must(db.exec("UPDATE former SET source = line ->> '$.source'"));
    must(db.exec("UPDATE replica SET next = 100"));
    must(db.checkpoint());
  }
  const std::string sound = bytes_of(f.file());
  const auto before = texts(f.file(), "SELECT id || ' of ' || source FROM former");
  const auto leaves = pages_with(sound, kTableLeaf, "former-");
  const auto index = pages_with(sound, kIndexLeaf, "former-");
  REQUIRE(leaves.size() > 5);
  REQUIRE_FALSE(index.empty());
  const bool index_lost = GENERATE(false, true);
  std::string harmed = with_lost_page(sound, leaves[leaves.size() / 2]);
  if (index_lost) harmed = with_lost_page(harmed, index.front());
  put_bytes(f.file(), harmed);
  const Replica::Repaired done = must(Replica::repair(f.file(), f.clock, f.random));
  const auto after = texts(f.file(), "SELECT id || ' of ' || source FROM former");
  REQUIRE(after.size() < before.size());
  CHECK(after.size() > before.size() / 2);
  std::set<std::string> missing;
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                      std::inserter(missing, missing.end()));
  const std::set<std::string> named(done.lost_former.begin(), done.lost_former.end());
  CHECK(done.lost_former_unknown == index_lost);
  if (!index_lost) CHECK(named == missing);
  CHECK(std::includes(missing.begin(), missing.end(), named.begin(), named.end()));
  CHECK(done.lost.empty());
  CHECK(bytes_of(done.aside) == harmed);
  CHECK(must(examine_replica(f.file())).problems == std::vector<std::string>{});
}

TEST_CASE("repair: rejected events are counted, too, where the index of the queue is lost") {
  Fixture f;
  std::vector<Outcome> outcomes;
  for (int i = 0; i < 120; ++i) {
    const Emitted one = f.set(fmt::format("todo/{}", i), "a", "\"" + std::string(300, 'v') + "\"");
    if (i % 3 != 0) continue;
    outcomes.push_back({one.id, OutcomeKind::rejected, 0, outcomes.size() + 1, "no", "because", 0});
  }
  must(f.replica.settle(f.log.epoch, outcomes));
  must(raw(f.file()).checkpoint());
  const std::string sound = bytes_of(f.file());
  const auto lines = pages_with(sound, kTableLeaf, "\"specversion\"");
  const auto ids = pages_with(sound, kIndexLeaf, "-7");
  REQUIRE(lines.size() > 5);
  std::size_t told = 0;
  for (const std::size_t index : ids) {
    const std::string file = f.dir.file(fmt::format("{}.db", index));
    put_bytes(file, with_lost_page(with_lost_page(sound, lines[lines.size() / 2]), index));
    const Replica::Repaired done = must(Replica::repair(file, f.clock, f.random));
    if (done.lost_unknown) continue;
    const auto kept = texts(file, "SELECT n FROM pending WHERE line <> ''");
    CHECK(done.lost.size() + done.lost_more == 120 - kept.size());
    CHECK(done.lost.size() + done.lost_more > 0);
    ++told;
  }
  CHECK(told > 0);
}

}  // namespace offsync::test
