#include "contract/store_under_test.h"

#include <stdexcept>

#include "proxy/store/memory_log_store.h"
#include "proxy/store/sqlite/log_store.h"
#include "support/ports.h"
#include "support/temp_dir.h"

namespace offsync::test {

using namespace proxy;

namespace {

class Memory final : public StoreUnderTest {
 public:
  LogStore& store() override { return store_; }
  bool reopen() override { return false; }
  std::unique_ptr<LogStore> another() override {
    return std::make_unique<MemoryLogStore>(store_.log());
  }

 private:
  MemoryLogStore store_{"epoch1"};
};

class Sqlite final : public StoreUnderTest {
 public:
  Sqlite() { open(); }
  LogStore& store() override { return *store_; }
  bool reopen() override {
    store_.reset();
    open();
    return true;
  }
  // A second one is refused: log_store_durable_test.cc.
  std::unique_ptr<LogStore> another() override { return nullptr; }

 private:
  void open() {
    SqliteLogStore::Options options;
    options.file = dir_.file("log.db");
    options.cache_kib = 2000;
    options.compact_step = 3;  // so that a handful of events takes several steps
    auto opened = SqliteLogStore::open(options, random_);
    if (!opened) throw std::runtime_error(opened.error().message());
    store_ = std::move(*opened);
  }

  TempDir dir_;
  SeededRandom random_{1};
  std::unique_ptr<SqliteLogStore> store_;
};

}  // namespace

std::string name_of(StoreKind kind) {
  return kind == StoreKind::memory ? "memory" : "sqlite";
}

std::unique_ptr<StoreUnderTest> make_store(StoreKind kind) {
  if (kind == StoreKind::memory) return std::make_unique<Memory>();
  return std::make_unique<Sqlite>();
}

Commit commit_of(const std::string& space, std::uint64_t first, std::size_t count,
                 const std::string& prefix) {
  Commit commit;
  commit.space = space;
  commit.first = first;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t sequence = first + i;
    const std::string id = prefix + "-" + std::to_string(sequence);
    commit.entries.push_back({sequence, "/" + prefix, id, "{\"id\":\"" + id + "\"}"});
  }
  return commit;
}

Result<Snapshot> take_snapshot(LogStore& store, const std::string& space) {
  Snapshot taken;
  SnapshotSink sink;
  sink.begin = [&](const SpaceState& at, std::uint64_t entities, std::uint64_t conflicts) {
    taken.at = at;
    taken.entities_announced = entities;
    taken.conflicts_announced = conflicts;
    return true;
  };
  sink.entity = [&](std::string_view line) {
    taken.entities.emplace_back(line);
    return true;
  };
  sink.conflict = [&](std::string_view line) {
    taken.conflicts.emplace_back(line);
    return true;
  };
  OFFSYNC_TRY(store.snapshot(space, sink));
  return taken;
}

}  // namespace offsync::test
