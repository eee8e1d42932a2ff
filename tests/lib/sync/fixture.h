// A client for the engine's tests: a replica in a folder of its own, an observer that keeps what it
// was told, and the loop that a command runs.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/sync/fake_proxy.h"
#include "replica/replica.h"
#include "support/catch.h"
#include "support/ports.h"
#include "sync/engine.h"

namespace offsync::test {

class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

struct Watcher final : SyncObserver {
  void on_applied(const Cursor& upto) override { applied.push_back(upto); }
  void on_reset(const Cursor& to) override { resets.push_back(to); }
  void on_connected() override { ++connected; }
  void on_blocked(const Error& error) override { blocked.push_back(error.message()); }
  void on_trouble(const Error& error, std::int64_t retry_in_ms) override {
    troubles.push_back(error.code);
    waits.push_back(retry_in_ms);
  }

  std::vector<Cursor> applied, resets;
  std::vector<std::string> troubles, blocked;
  std::vector<std::int64_t> waits;
  int connected = 0;
};

// One client with a connection of its own to the proxy.
class Client {
 public:
  Client(FakeProxy& proxy, ManualClock& clock, const std::string& file, std::uint64_t seed);

  // A sync to its end.
  SyncReport sync(SyncOptions options = {});
  // Begins a watch; run() moves it on.
  void watch(SyncOptions options = {});
  void stop() { engine_.reset(); }
  bool done() const { return engine_->done(); }
  const SyncReport& report() const { return engine_->report(); }
  // Until `until` holds; fails the test if that takes over a million steps.
  void run(const std::function<bool()>& until);
  void run_for(std::int64_t ms);

  Emitted emit(const std::string& subject, const std::string& field, const std::string& value,
               const std::string& type = "test.done");
  Emitted count_up(const std::string& subject, const std::string& field);
  // A field as it shows; "" where it does not.
  std::string get(const std::string& subject, const std::string& field,
                  Replica::View view = Replica::View::visible);
  std::map<std::string, std::string> confirmed();
  std::vector<std::uint64_t> log();
  std::string queue();  // "queued 1 accepted 0 rejected 0 held 0"
  ReplicaInfo info();

  ManualClock& clock;
  SeededRandom random;
  FakeTransport transport;
  Watcher watcher;
  Replica replica;

 private:
  void step();

  std::unique_ptr<SyncEngine> engine_;
};

// What Client::queue() says of an empty one.
inline constexpr const char* kNothingQueued = "queued 0 accepted 0 rejected 0 held 0";

// A proxy with one client.
struct OneClient {
  Folder folder;
  ManualClock clock;
  FakeProxy proxy{clock};
  Client a{proxy, clock, folder.file("a.db"), 1};
};

struct TwoClients : OneClient {
  Client b{proxy, clock, folder.file("b.db"), 2};
};

}  // namespace offsync::test
