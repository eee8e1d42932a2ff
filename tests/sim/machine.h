// Machine: a client's computer. It has a disk, a clock and one replica; a process that watches or
// syncs now and then; a reader that follows the log; and people who run commands.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "replica/replica.h"
#include "sim/dice.h"
#include "sim/network.h"
#include "sim/oracle.h"
#include "sim/world.h"
#include "support/sim_disk.h"
#include "sync/engine.h"
#include "sync/status.h"

namespace offsync::sim {

class Machine final : public SyncObserver {
 public:
  Machine(World& world, Oracle& oracle, Fleet& fleet, Network& network, const std::string& folder,
          std::int64_t index);
  ~Machine() override;

  void boot();
  bool up() const { return replica_ != nullptr; }
  void die(bool power);
  void die_at(std::int64_t operation, bool power);
  void die_unsynced();  // when something is to be synced next
  void fail_at(std::int64_t operation, bool full);
  void fill(bool full);  // the disk has no room left, or has again
  void jump(std::int64_t ms) { clock_.jump(ms); }
  // The faults are over: the disk is well, and the machine starts if it is down.
  void heal();
  void count_disk();
  std::int64_t index() const { return index_; }

  // What a person does here. Each is a command that ends.
  void emit(const std::vector<EventDraft>& drafts);
  void import(const std::string& line);
  void resolve(Dice& dice);
  void settle_rejected(Dice& dice);  // retry or drop
  void recover(Dice& dice);          // sends or drops others' events that the log lacks
  void recover_all();
  // The next sync is led to another space.
  void go_astray(const std::string& space);

  // P2: states are what cursor and queue say. Precondition: up().
  void check_state();
  // P10. Precondition: up(), and nothing is under way on the network.
  void check_status();
  // P1, P5, P11, after the healing. `why`: what is still to come, or empty.
  bool settled(std::string& why);
  void check_end();
  const std::string& space() const { return space_; }
  // What it had from a log and the log has no more, unless it cannot know.
  std::set<std::string> received_and_gone();
  // Takes the ids out that this machine's queue has.
  void strike_out_pending(std::set<std::string>& gone);

 private:
  // What the replica has of a log: what its snapshot stands for, and the lines behind that.
  struct Held {
    Cursor at;                // without an epoch: nothing yet
    std::uint64_t after = 0;  // the place of the snapshot
    std::vector<EventPtr> events;
  };
  // The replica's snapshot: where it stands, and in which life of the log.
  struct Base {
    Cursor at;
    std::uint64_t life;
  };
  // former: it is to notice that there is another log. cannot_know: it went on in a log that was
  // put back, and has its lines: it was to notice before, which check_end() says.
  enum class Follows { current, former, cannot_know };

  void on_applied(const Cursor& upto) override;
  void on_reset(const Cursor& to) override;
  void on_connected() override { world_.count("streams connected"); }
  void on_trouble(const Error& error, std::int64_t retry_in_ms) override;

  bool check_disk();
  void open_failed(const Error& error);
  void begin_sync(const std::string& remote = {});
  void end_sync();
  void back_from_astray(const SyncReport& report);
  std::vector<FormerEvent> lost_events();
  void wake();
  void tick();
  void follow();
  void count_noticed(const Held& now) const;
  bool know_base(const ReplicaInfo& info);
  // Nothing where the disk fails, or where nobody knows.
  std::optional<Held> held(Replica& replica);
  void check_held(const Held& held);
  bool is_piece(Log lines, std::uint64_t after, std::uint64_t life) const;
  Follows follows(const Held& held) const;
  bool is_told_of_another_line(const Held& held);
  void synced_once(const ReplicaInfo& info);
  void check_order();
  void check_rejected(const PendingEvent& event);
  void check_held(const PendingEvent& event);
  std::vector<PendingEvent> queue();
  std::vector<EventPtr> shown_pending();
  static std::map<Target, EventPtr> seen_by(const Event& event, Log log, Log pending);
  bool refused_as_it_must(const Error& error);
  void check_id_conflict(const std::string& line, const Error& error);
  void note_wall();
  void take(const Emitted& emitted, const std::optional<Held>& held,
            const std::vector<EventPtr>& pending);
  void compare(const Entities& want, Replica::View view, const char* what);

  World& world_;
  Oracle& oracle_;
  Fleet& fleet_;
  Network& network_;
  const std::int64_t index_;
  const std::string space_;
  Dice dice_;
  test::SimDisk disk_;
  test::SeededRandom random_;
  MachineClock clock_;
  const std::string file_;
  const bool watches_;

  // The process that syncs, and the commands that people run.
  std::unique_ptr<Replica> replica_, shell_;
  std::unique_ptr<SimTransport> transport_;
  std::unique_ptr<SyncEngine> engine_;
  int incarnation_ = 0;
  bool astray_ = false;
  std::int64_t next_tick_ = -1;
  bool power_ = false;

  std::optional<Base> base_;
  // Of which life the latest state is that came in, until it is known to be the replica's.
  std::optional<std::uint64_t> fetched_;

  // The reader: what it has seen outlives every crash.
  std::optional<Base> tail_base_;
  std::vector<EventPtr> tail_;
  std::set<std::string> received_;  // identities of what it has read as events

  std::set<std::string> confirmed_;  // identities of events that a command has promised to keep
  std::int64_t latest_wall_ = 0;     // the latest corrected wall clock so far
  std::string blocked_;              // why not everything is settled
};

}  // namespace offsync::sim
