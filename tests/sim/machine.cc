#include "sim/machine.h"

#include <sqlite3.h>

#include <algorithm>

#include "base/limits.h"

namespace offsync::sim {
namespace {

constexpr std::int64_t kRestartMs = 2000;
constexpr std::int64_t kSyncEveryMs = 3000;

std::string identity_of(const PendingEvent& event) {
  return event.source + " " + event.id;
}

}  // namespace

Machine::Machine(World& world, Oracle& oracle, Fleet& fleet, Network& network,
                 const std::string& folder, std::int64_t index)
    : world_(world),
      oracle_(oracle),
      fleet_(fleet),
      network_(network),
      index_(index),
      space_(fleet.name_of(index % fleet.spaces())),
      dice_(world.params.seed, fmt::format("machine {}", index)),
      disk_(fmt::format("{}/c{}", folder, index), dice_.bits()),
      random_(dice_.bits()),
      clock_(world, dice_.between(-world.params.clock_drift, world.params.clock_drift)),
      file_(fmt::format("{}/c{}/replica.db", folder, index)),
      watches_(dice_.chance(600)) {
  Replica::CreateOptions options;
  options.remote = "http://proxy/v1/spaces/" + space_;
  if (auto made = Replica::create(file_, options, clock_, random_); !made) {
    world_.violated(1, "no replica can be created: {}", made.error().message());
  }
}

Machine::~Machine() = default;

void Machine::boot() {
  if (up()) return;
  ++incarnation_;
  for (std::unique_ptr<Replica>* opened : {&replica_, &shell_}) {
    auto replica = Replica::open(file_, clock_, random_);
    if (!replica) return open_failed(replica.error());
    *opened = std::make_unique<Replica>(std::move(*replica));
  }
  world_.trace("c{} up", index_);
  check_state();
  if (!check_disk()) return;
  begin_sync();
}

void Machine::open_failed(const Error& error) {
  replica_.reset();
  shell_.reset();
  world_.trace("c{} cannot open: {}", index_, error.code);
  if (disk_.dead()) {
    disk_.restart(power_ ? test::SimDisk::Loss::power : test::SimDisk::Loss::none);
  } else if (error.code == "corrupt" || error.code == "not_a_replica") {
    world_.violated(1, "c{}: the replica cannot be opened: {}", index_, error.message());
  }
  world_.after(kRestartMs, [this, mine = incarnation_] {
    if (mine == incarnation_) boot();
  });
}

void Machine::die(bool power) {
  if (!up()) return;
  if (!disk_.dead()) disk_.kill();
  ++incarnation_;
  engine_.reset();
  transport_.reset();
  replica_.reset();
  shell_.reset();
  disk_.restart(power ? test::SimDisk::Loss::power : test::SimDisk::Loss::none);
  world_.trace("c{} died, {}", index_, power ? "power cut" : "killed");
  world_.count(power ? "client power cuts" : "client kills");
  world_.after(dice_.between(50, 2 * kRestartMs), [this, mine = incarnation_] {
    if (mine == incarnation_) boot();
  });
}

void Machine::die_at(std::int64_t operation, bool power) {
  power_ = power;
  disk_.crash_at(static_cast<std::uint64_t>(operation));
}

void Machine::die_unsynced() {
  power_ = false;
  disk_.at_next_sync([this] { disk_.crash_at(1); });
}

void Machine::fail_at(std::int64_t operation, bool full) {
  disk_.fail_at(static_cast<std::uint64_t>(operation), full ? SQLITE_FULL : SQLITE_IOERR);
}

void Machine::fill(bool full) {
  // A few pages are left, so that the disk gets full in the middle of something.
  disk_.set_capacity(full ? disk_.size(file_) + disk_.size(file_ + "-wal") + 16'384 : UINT64_MAX);
  if (full) world_.count("full disks");
}

void Machine::heal() {
  disk_.before_operation({});
  disk_.crash_at(0);
  disk_.fail_at(0, SQLITE_OK);
  disk_.set_capacity(UINT64_MAX);
}

void Machine::count_disk() {
  count_faults(world_, disk_);
}

// False where the disk has died, and the machine with it.
bool Machine::check_disk() {
  if (!disk_.dead()) return true;
  die(power_);
  return false;
}

// --- the process that syncs
// -----------------------------------------------------------------------

void Machine::begin_sync(const std::string& remote) {
  SyncOptions options;
  options.remote = remote;
  options.mode = watches_ && remote.empty() ? SyncOptions::Mode::watch : SyncOptions::Mode::once;
  options.push_events = static_cast<std::size_t>(world_.params.push_events);
  options.page_events = static_cast<std::size_t>(world_.params.page_events);
  options.poll_queue_ms = world_.params.poll_queue_ms;
  astray_ = !remote.empty();
  engine_.reset();
  const auto heard = [this](const std::string& target, std::uint64_t life) {
    if (target.ends_with("/state")) fetched_ = life;
  };
  transport_ = std::make_unique<SimTransport>(
      network_, index_, [this] { wake(); }, heard);
  engine_ = std::make_unique<SyncEngine>(*replica_, *transport_, clock_, random_, *this, options);
  next_tick_ = -1;  // what the process before has put off until now, nobody does
  wake();
}

void Machine::wake() {
  if (next_tick_ == world_.now()) return;
  next_tick_ = world_.now();
  world_.after(0, [this, mine = incarnation_] {
    if (mine == incarnation_) tick();
  });
}

void Machine::tick() {
  if (!up() || !engine_) return;
  for (int rounds = 0; rounds < 100; ++rounds) {
    note_wall();
    engine_->tick();
    if (!check_disk()) return;
    if (engine_->done()) return end_sync();
    if (const std::int64_t wait = engine_->wait_time(); wait > 0) {
      next_tick_ = world_.now() + wait;
      world_.at(next_tick_, [this, mine = incarnation_, due = next_tick_] {
        if (mine == incarnation_ && due == next_tick_) tick();
      });
      return;
    }
  }
  world_.violated(5, "c{}: the engine is busy without end", index_);
}

void Machine::end_sync() {
  const SyncReport report = engine_->report();
  engine_.reset();
  transport_.reset();
  world_.trace("c{} sync ended: {}", index_, report.error ? report.error->code : "ok");
  world_.count(report.error ? "syncs failed" : "syncs done");
  world_.count("own events queued again", report.again);
  if (astray_) back_from_astray(report);
  if (!report.error) check_status();
  if (report.error && report.error->kind == Errc::internal) {
    world_.violated(5, "c{}: {}", index_, report.error->message());
  }
  world_.after(dice_.between(500, kSyncEveryMs), [this, mine = incarnation_] {
    if (mine == incarnation_ && up() && !engine_) begin_sync();
  });
}

void Machine::on_trouble(const Error& error, std::int64_t retry_in_ms) {
  world_.trace("c{} trouble: {}, again in {} ms", index_, error.code, retry_in_ms);
  world_.count("backoffs");
}

void Machine::on_applied(const Cursor& /*upto*/) {
  follow();
}

void Machine::on_reset(const Cursor& to) {
  world_.trace("c{} reset to {}", index_, to.text());
  world_.count("snapshots installed");
  if (fetched_) base_ = Base{to, *fetched_};
  fetched_.reset();
  follow();
}

// --- what people do
// -------------------------------------------------------------------------------

void Machine::emit(const std::vector<EventDraft>& drafts) {
  note_wall();
  std::vector<std::pair<Emitted, std::vector<EventPtr>>> done;
  // What an author saw of another log is not checked.
  std::optional<Held> held = this->held(*shell_);
  if (held && follows(*held) != Follows::current) held.reset();
  std::vector<EventPtr> pending = shown_pending();
  auto batch = shell_->begin_batch();
  if (!batch) return void(check_disk());
  for (const EventDraft& draft : drafts) {
    auto emitted = batch->add(draft);
    if (!emitted) {
      if (refused_as_it_must(emitted.error())) continue;
      world_.trace("c{} emit failed: {}", index_, emitted.error().code);
      return void(check_disk());
    }
    done.emplace_back(*emitted, pending);
    pending.push_back(oracle_.parse(emitted->line));
  }
  const Status committed = batch->commit();
  if (!check_disk()) return;  // nobody was told
  world_.trace("c{} emit of {}: {}", index_, done.size(),
               committed ? "ok" : committed.error().code);
  if (!committed) return world_.count("emits failed");
  for (const auto& [emitted, before] : done) take(emitted, held, before);
}

bool Machine::refused_as_it_must(const Error& error) {
  if (error.kind != Errc::bad_data) return false;
  world_.count("events refused by emit");
  world_.trace("c{} refused: {}", index_, error.code);
  return true;
}

// An own event was promised to be kept.
void Machine::take(const Emitted& emitted, const std::optional<Held>& held,
                   const std::vector<EventPtr>& pending) {
  const EventPtr event = oracle_.parse(emitted.line);
  oracle_.emitted(*event);
  if (held) oracle_.saw(*event, seen_by(*event, held->events, pending));
  confirmed_.insert(event->identity());
  world_.count("events emitted");
  world_.trace("c{} emitted {} {}", index_, event->id, event->stamp);
  if (event->stamp_ms() > latest_wall_ + limits::kClockGuardMs + 2) {
    world_.violated(9, "c{}: the stamp {} is {} ms ahead of its clock", index_, event->stamp,
                    event->stamp_ms() - latest_wall_);
  }
}

std::map<Target, EventPtr> Machine::seen_by(const Event& event, Log log, Log pending) {
  std::map<Target, EventPtr> seen;
  const History visible = history_of(log, event.subject, pending);
  for (const Target& target : event.del ? visible.targets() : event.targets()) {
    seen[target] = visible.writer(target);
  }
  if (event.create && visible.deleter() && !visible.lives()) {
    for (const auto& [field, by] : event.inc) seen[{field, ""}] = visible.counted(field);
    for (auto& [target, by] : seen) {
      if (!by) by = visible.deleter();
    }
  }
  if (!event.del) return seen;
  for (const std::string& field : visible.counters()) seen[{field, ""}] = visible.counted(field);
  return seen;
}

void Machine::import(const std::string& line) {
  note_wall();
  auto batch = shell_->begin_batch();
  if (!batch) return void(check_disk());
  const auto emitted = batch->add_line(line);
  if (!emitted) {
    if (refused_as_it_must(emitted.error())) check_id_conflict(line, emitted.error());
    return void(check_disk());
  }
  const Status committed = batch->commit();
  if (!check_disk() || !committed) return;
  confirmed_.insert(oracle_.parse(emitted->line)->identity());
  world_.count(emitted->duplicate ? "imports known before" : "imports");
  world_.trace("c{} imported {}", index_, emitted->id);
}

// P3: only an event that is there can be in the way of another.
void Machine::check_id_conflict(const std::string& line, const Error& error) {
  if (error.code != "id_conflict") return;
  const std::string identity = oracle_.parse(line)->identity();
  for (const PendingEvent& event : queue()) {
    if (identity_of(event) == identity) return;
  }
  if (oracle_.find(space_, identity) || oracle_.lost(identity)) return;
  world_.violated(3, "c{}: {} was refused as {}, and nobody knows another", index_, identity,
                  error.code);
}

void Machine::resolve(Dice& dice) {
  note_wall();
  const auto open = shell_->conflicts(false);
  if (!open || open->empty()) return void(check_disk());
  const Replica::ConflictRecord& record = dice.pick(*open);
  std::string value = dice.chance(200) ? "" : fmt::format("\"resolved {}\"", dice.below(100));
  if (dice.chance(300)) value = record.conflict.current.value;
  // With dice of its own, so that the seeds of before are as they were.
  Dice how(world_.params.seed, fmt::format("c{} resolves {}", index_, record.conflict.id));
  const std::int64_t drawn = how.below(4);
  const bool side = drawn == 1, keep = drawn == 2;
  const Conflict& conflict = record.conflict;
  const auto emitted =
      side   ? shell_->resolve(record,
                               Choice::of(how.chance(500) ? conflict.current : conflict.incoming))
      : keep ? shell_->resolve(record, Choice{})
             : shell_->resolve(record, value);
  if (!check_disk() || !emitted) return;
  confirmed_.insert(oracle_.parse(emitted->line)->identity());
  world_.count(side   ? "conflicts resolved by a side"
               : keep ? "conflicts resolved by keeping what is there"
                      : "conflicts resolved");
  world_.trace("c{} resolved {} by {}", index_, record.conflict.id, emitted->id);
}

void Machine::settle_rejected(Dice& dice) {
  note_wall();
  std::vector<PendingEvent> rejected;
  std::vector<std::string> parked;
  for (const PendingEvent& event : queue()) {
    if (event.state == PendingState::rejected) rejected.push_back(event);
    if (event.state == PendingState::rejected || event.state == PendingState::held) {
      parked.push_back(identity_of(event));
    }
  }
  if (rejected.empty()) return void(check_disk());
  const PendingEvent chosen = dice.pick(rejected);
  std::set<std::string> before, after;
  for (const PendingEvent& event : queue()) before.insert(identity_of(event));
  bool done = false;
  if (dice.chance(500)) {
    done = shell_->retry(chosen.id, chosen.source).ok();
    world_.count("retries");
  } else {
    done = shell_->drop(chosen.id, chosen.source).ok();
    world_.count("drops");
  }
  // Whether it was done or not: what is queued instead of what, the replica itself says.
  if (!check_disk()) {
    // Nobody knows whether these have got other ids.
    for (const std::string& doubtful : parked) {
      confirmed_.erase(doubtful);
      oracle_.given_up(doubtful);
    }
    return;
  }
  world_.trace("c{} settled {}: {}", index_, chosen.id, done);
  if (!done) return;
  for (const PendingEvent& event : queue()) after.insert(identity_of(event));
  for (const std::string& old : before) {
    if (after.contains(old)) continue;
    confirmed_.erase(old);
    oracle_.given_up(old);
  }
  for (const std::string& fresh : after) {
    if (!before.contains(fresh)) confirmed_.insert(fresh);
  }
}

void Machine::note_wall() {
  if (const auto info = replica_->info()) {
    latest_wall_ = std::max(latest_wall_, clock_.wall_ms() + info->clock_offset_ms);
  }
}

}  // namespace offsync::sim
