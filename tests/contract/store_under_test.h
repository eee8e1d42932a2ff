// The stores that the contract suite runs over. A new store is added to StoreKind and make_store().
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "proxy/store/log_store.h"
#include "support/log_questions.h"

namespace offsync::test {

enum class StoreKind { memory, sqlite };
std::string name_of(StoreKind kind);

class StoreUnderTest {
 public:
  virtual ~StoreUnderTest() = default;
  virtual proxy::LogStore& store() = 0;
  proxy::LogStore* operator->() { return &store(); }
  operator proxy::LogStore&() { return store(); }
  // As after a restart of the proxy. False where the store does not outlive its process.
  virtual bool reopen() = 0;
  // Another store of the same logs, as another proxy on one database has it; nullptr where there
  // can be one only.
  virtual std::unique_ptr<proxy::LogStore> another() = 0;
};

std::unique_ptr<StoreUnderTest> make_store(StoreKind kind);

// A commit of `count` events of "/<prefix>" from `first` on, with ids "<prefix>-<sequence>".
proxy::Commit commit_of(const std::string& space, std::uint64_t first, std::size_t count,
                        const std::string& prefix = "e");

// What snapshot() gave.
struct Snapshot {
  proxy::SpaceState at;
  std::uint64_t entities_announced = 0;
  std::uint64_t conflicts_announced = 0;
  std::vector<std::string> entities, conflicts;
};
Result<Snapshot> take_snapshot(proxy::LogStore& store, const std::string& space);

}  // namespace offsync::test

// One TEST_CASE over every store: `store` is a fresh one.
#define OFFSYNC_STORE(store)                                                                      \
  const auto store_kind_ =                                                                        \
      GENERATE(values({::offsync::test::StoreKind::memory, ::offsync::test::StoreKind::sqlite})); \
  INFO("store: " << ::offsync::test::name_of(store_kind_));                                       \
  const auto store##_owner_ = ::offsync::test::make_store(store_kind_);                           \
  ::offsync::test::StoreUnderTest& store = *store##_owner_

// The same over every store that several proxies may share.
#define OFFSYNC_SHARED_STORE(store) \
  OFFSYNC_STORE(store);             \
  if (store.another() == nullptr) return
