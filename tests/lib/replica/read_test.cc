// Readers go page by page: nothing is held open while whoever reads takes his time.
#include <filesystem>
#include <functional>

#include "lib/replica/fixture.h"

using namespace offsync;
using namespace offsync::test;

namespace {

constexpr int kEvents = 1200;  // more than two pages

void fill(Fixture& f) {
  auto batch = must(f.replica.begin_batch());
  for (int i = 0; i < kEvents; ++i) {
    EventDraft draft;
    draft.type = "t";
    draft.subject = fmt::format("k/{:04}", i);
    draft.set["v"] = "1";
    must(batch.add(draft));
  }
  must(batch.commit());
}

// All that is read, one by one, to `each`.
using Reader = std::function<Status(Replica&, const std::function<bool()>& each)>;
const std::vector<std::pair<const char*, Reader>> kReaders = {
    {"entities",
     [](Replica& r, const std::function<bool()>& each) {
       return r.for_each_entity("", Replica::View::visible,
                                [&](std::string_view, const Entity&) { return each(); });
     }},
    {"log",
     [](Replica& r, const std::function<bool()>& each) {
       return r.for_each_log({}, [&](std::uint64_t, std::string_view) { return each(); });
     }},
    {"pending",
     [](Replica& r, const std::function<bool()>& each) {
       return r.for_each_pending([&](const PendingEvent&) { return each(); });
     }},
    {"base",
     [](Replica& r, const std::function<bool()>& each) {
       return r.for_each_base([&](std::string_view) { return each(); });
     }},
};

// More than a WAL that nobody cuts could hide.
void write_much(Replica& writer) {
  for (int i = 0; i < 300; ++i) {
    EventDraft draft;
    draft.type = "t";
    draft.subject = "late/1";
    draft.set["v"] = "\"" + std::string(4000, 'x') + "\"";
    must(writer.emit(draft));
  }
}

}  // namespace

TEST_CASE("the WAL stays short while a reader sleeps") {
  for (const auto& [name, read] : kReaders) {
    INFO(name);
    Fixture f;
    fill(f);
    if (std::string(name) == "log" || std::string(name) == "base") {
      for (int i = 0; i < 2; ++i) f.push();  // 1,000 at most are pushed at once
      if (std::string(name) == "log") f.pull();
    }
    if (std::string(name) == "base") {
      must(f.replica.begin_snapshot());
      must(f.replica.stage_snapshot(f.log.snapshot()));
      must(f.replica.install_snapshot());
    }
    Replica writer = f.open_again();
    bool slept = false;
    int seen = 0;
    must(read(f.replica, [&] {
      ++seen;
      if (slept) return true;
      slept = true;
      write_much(writer);
      return true;
    }));
    CHECK(seen >= kEvents);
    const auto wal = std::filesystem::file_size(f.file() + "-wal");
    CHECK(wal < 200 * 4096);  // a commit beyond 125 pages cuts it; these are over 600
  }
}

TEST_CASE("the WAL stays short while somebody looks at what was lost, or at a conflict") {
  Fixture f;
  for (int i = 0; i < 700; ++i) {
    f.log.append(foreign(fmt::format("x{}", i), "k/1", R"({"set":{"v":1}})", i - 1000));
  }
  const std::string id = "11111111-1111-8111-8111-111111111111";
  f.log.append(conflict_line(id, "k/1", "v"));
  f.pull();
  Replica writer = f.open_again();
  SECTION("lost") {
    FakeLog anew("e2");
    must(f.replica.begin_snapshot());
    must(f.replica.stage_snapshot(anew.snapshot()));
    must(f.replica.install_snapshot());
    const auto asked = must(f.replica.doubtful(10'000));
    std::vector<std::uint64_t> missing;
    for (const FormerEvent& one : asked) missing.push_back(one.n);
    must(f.replica.settle_doubtful("e2", asked, missing));
    int seen = 0;
    must(f.replica.for_each_lost([&](const FormerEvent&) {
      if (++seen == 1) write_much(writer);
      return true;
    }));
    CHECK(seen == 700);
  }
  SECTION("conflict") {
    const bool whole = GENERATE(true, false);
    must(f.replica.conflict(whole ? id : id.substr(0, 8)));
    write_much(writer);
  }
  CHECK(std::filesystem::file_size(f.file() + "-wal") < 200 * 4096);
}

TEST_CASE("a page follows the one before it, also where rows came and went") {
  Fixture f;
  fill(f);
  Replica other = f.open_again();
  std::string last;
  int seen = 0;
  must(f.replica.for_each_entity("k/", Replica::View::visible,
                                 [&](std::string_view subject, const Entity&) {
                                   CHECK(last < subject);
                                   last = subject;
                                   if (++seen == 1) {
                                     EventDraft draft;
                                     draft.type = "t";
                                     draft.subject = "k/9999";
                                     draft.set["v"] = "1";
                                     must(other.emit(draft));
                                   }
                                   return true;
                                 }));
  CHECK(last == "k/9999");
  CHECK(seen == kEvents + 1);
}

TEST_CASE("a log that is replaced while it is read is no mixture of two") {
  for (const auto& [name, read] : kReaders) {
    if (std::string(name) == "base") continue;
    INFO(name);
    Fixture f;
    fill(f);
    for (int i = 0; i < 2; ++i) f.push();
    f.pull();
    fill(f);
    Replica other = f.open_again();
    FakeLog anew("e2");
    anew.append(foreign("x", "k/1", R"({"set":{"v":9}})"));
    bool done = false;
    const Status status = read(f.replica, [&] {
      if (done) return true;
      done = true;
      must(other.begin_snapshot());
      must(other.stage_snapshot(anew.snapshot()));
      must(other.install_snapshot());
      return true;
    });
    REQUIRE_FALSE(status);
    CHECK(status.error().code == "log_replaced");
    CHECK(status.error().kind == Errc::partial);
  }
}
