// Server: the machine on which the proxy runs. Its store, ingest, routes and hub are the real ones;
// sockets and threads are the network's and the world's.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/api/api.h"
#include "proxy/hub/hub_core.h"
#include "proxy/ingest/ingest.h"
#include "proxy/store/sqlite/log_store.h"
#include "sim/dice.h"
#include "sim/oracle.h"
#include "sim/shared_store.h"
#include "sim/world.h"
#include "support/sim_disk.h"
#include "wire/transport.h"

namespace offsync::sim {

// A connection that became a stream, as the proxy sees it.
class Pipe {
 public:
  virtual ~Pipe() = default;
  virtual std::size_t write(const std::vector<std::string_view>& pieces) = 0;  // bytes taken
  virtual void close() = 0;                                                    // by the proxy
};

class Server {
 public:
  // A log that several proxies have.
  struct SharedLog {
    std::shared_ptr<proxy::MemoryLog> log;
    std::function<void(Server& busy)> before_append;
    std::int64_t latest_wall = 0;  // of all of them: no time that the log gives is below it
  };
  // `shared`: nullptr where the log is on the proxy's own disk. It must outlive this.
  Server(World& world, Oracle& oracle, const std::string& folder, std::int64_t index,
         const std::vector<std::string>& spaces, SharedLog* shared);
  ~Server();

  void start();
  bool up() const { return running_ != nullptr; }
  // Precondition: up(). Nothing where the machine died over it: then nobody has heard the answer.
  std::optional<proxy::ApiAnswer> handle(const HttpRequest& request);
  // A stream begins; what it is to get comes by pipe->write().
  std::uint64_t open_stream(proxy::SubscribeRequest request, std::shared_ptr<Pipe> pipe);
  void writable(std::uint64_t stream);
  void hang_up(std::uint64_t stream);

  // Of the log that there is, or was when the proxy was last up.
  std::string epoch(const std::string& space) const {
    const auto at = epochs_.find(space);
    return at == epochs_.end() ? "" : at->second;
  }
  // Which run of the proxy this is; whoever waits for an earlier one waits in vain.
  int incarnation() const { return incarnation_; }
  // The request that it is handling; nullptr: none.
  const HttpRequest* handling() const { return handling_; }
  void die(bool power);
  void die_at(std::int64_t operation, bool power);  // of its disk, or of its way to the log
  void fail_at(std::int64_t operation, bool full);
  void fail_next_sync();
  void compact(const std::string& space, std::uint64_t upto);
  void wipe();
  void back_up();
  void put_back(
      bool new_epoch);  // the latest backup; its logs begin anew, or go on as if nothing were
  void heal();
  void count_disk();
  // What the store says of the space, as a person would see it.
  Entities state(const std::string& space);
  void jump(std::int64_t ms) { clock_.jump(ms); }
  std::int64_t wall_ms() { return clock_.wall_ms(); }

 private:
  struct Running;
  struct Stores;
  Result<Stores> open_own();
  Stores open_shared();
  void begin(Stores stores);
  void start_again();
  bool dead() const { return shared_ != nullptr ? faults_.dead : disk_.dead(); }
  void publish(const proxy::LogNews& news);
  void hear_news();
  void note_commit(const proxy::Commit& commit, std::uint64_t known_from);
  bool check_disk();
  void note_appended(const std::string& space, const proxy::LogEntry& entry,
                     std::optional<std::uint64_t> known_from);
  void look_into_store();
  void pump();
  void write_to(proxy::HubCore::Id id);
  void read_later(const proxy::ReadRequest& request);
  void drop(proxy::HubCore::Id id);
  void tick();

  World& world_;
  Oracle& oracle_;
  const std::int64_t index_;
  SharedLog* const shared_;
  Dice dice_, news_dice_;
  test::SimDisk disk_;
  test::SeededRandom random_;
  MachineClock clock_;
  const test::SimDisk::Image empty_;
  const std::string file_;
  const std::vector<std::string>& names_;
  StoreFaults faults_;
  std::unique_ptr<Running> running_;
  const HttpRequest* handling_ = nullptr;
  bool news_ = false;                               // it will catch up in a while
  std::map<std::string, std::uint64_t> committed_;  // by space, the first of its latest commit
  std::map<std::string, std::string> epochs_;       // by space
  struct Backup {
    test::SimDisk::Image image;
    Oracle::Logs logs;
  };
  std::optional<Backup> backup_;
  bool begins_anew_ = false;
  int incarnation_ = 0;
  bool power_ = false;  // how it dies next
  // The latest wall clock so far: recordedtime, and so a conflict's stamp, never goes back.
  std::int64_t latest_wall_ = 0;
};

// Adds what a disk has done to what has occurred.
void count_faults(World& world, const test::SimDisk& disk);

}  // namespace offsync::sim
