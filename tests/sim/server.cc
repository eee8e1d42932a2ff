#include "sim/server.h"

#include <fcntl.h>
#include <sqlite3.h>

#include <algorithm>

#include "base/limits.h"
#include "proxy/hub/hub.h"
#include "proxy/ops/logger.h"
#include "proxy/ops/metrics.h"
#include "state/entity_codec.h"

namespace offsync::sim {
namespace {

constexpr std::int64_t kTickMs = 2000;
constexpr std::int64_t kRestartMs = 3000;

int null_device() {
  static const int fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  return fd;
}

proxy::HubOptions hub_options(const Params& params) {
  proxy::HubOptions options;
  options.ring_bytes = static_cast<std::size_t>(params.ring_bytes);
  options.stall_ms = params.hub_stall_ms;
  options.block_bytes = static_cast<std::size_t>(params.block_bytes);
  options.write_bytes = static_cast<std::size_t>(params.write_bytes);
  return options;
}

proxy::IngestOptions ingest_options(const Params& params) {
  proxy::IngestOptions options;
  options.commit_events = static_cast<std::size_t>(params.commit_events);
  return options;
}

}  // namespace

struct Server::Stores {
  std::unique_ptr<proxy::LogStore> ingest, others;  // others: nullptr where one serves all
};

struct Server::Running {
  Running(Stores opened, Clock& clock, const Params& params, proxy::PublishFn publish,
          std::function<void()> wake)
      : stores(std::move(opened)),
        store(stores.others ? *stores.others : *stores.ingest),
        log(clock, proxy::LogLevel::error, proxy::LogFormat::text, null_device()),
        ingest(*stores.ingest, clock, std::move(publish), ingest_options(params),
               {.wake = std::move(wake)}),
        api(store, ingest, clock, log, metrics, {}),
        hub(hub_options(params)) {}

  Stores stores;
  proxy::LogStore& store;
  proxy::Log log;
  proxy::Metrics metrics;
  proxy::Ingest ingest;
  proxy::Api api;
  proxy::HubCore hub;
  std::map<proxy::HubCore::Id, std::shared_ptr<Pipe>> pipes;
};

Server::Server(World& world, Oracle& oracle, const std::string& folder, std::int64_t index,
               const std::vector<std::string>& spaces, SharedLog* shared)
    : world_(world),
      oracle_(oracle),
      index_(index),
      shared_(shared),
      dice_(world.params.seed, index == 0 ? "proxy" : fmt::format("proxy {}", index)),
      news_dice_(world.params.seed, fmt::format("news {}", index)),
      disk_(folder + "/proxy", dice_.bits()),
      random_(dice_.bits()),
      clock_(world, 0),
      empty_(disk_.save()),
      file_(folder + "/proxy/proxy.db"),
      names_(spaces) {}

Server::~Server() = default;

Result<Server::Stores> Server::open_own() {
  proxy::SqliteLogStore::Options options;
  options.file = file_;
  options.cache_kib = 1000;
  options.checkpoint_pages = static_cast<int>(world_.params.checkpoint_pages);
  options.compact_step = static_cast<std::uint64_t>(world_.params.compact_step);
  options.new_epoch = begins_anew_;
  OFFSYNC_ASSIGN(auto store, proxy::SqliteLogStore::open(options, random_));
  return Stores{std::move(store), nullptr};
}

// Two ways to the log: what requests ask is not what the ingest has seen.
Server::Stores Server::open_shared() {
  SharedStore::Hooks hooks;
  hooks.before_append = [this](const proxy::Commit&) { shared_->before_append(*this); };
  hooks.appended = [this](const proxy::Commit& commit, std::uint64_t known_from) {
    note_commit(commit, known_from);
  };
  hooks.count = [this](const char* what) { world_.count(what); };
  return {std::make_unique<SharedStore>(shared_->log, faults_, hooks),
          std::make_unique<SharedStore>(shared_->log, faults_, hooks)};
}

void Server::start() {
  if (running_) return;
  ++incarnation_;
  if (shared_ != nullptr) return begin(open_shared());
  auto stores = open_own();
  if (stores) {
    begins_anew_ = false;
    return begin(std::move(*stores));
  }
  if (!disk_.dead() && stores.error().code == "corrupt") {
    world_.violated(1, "the store cannot be opened: {}", stores.error().message());
  }
  world_.trace("proxy not started: {}", stores.error().code);
  if (disk_.dead()) disk_.restart(power_ ? test::SimDisk::Loss::power : test::SimDisk::Loss::none);
  world_.after(kRestartMs, [this] { start(); });
}

void Server::begin(Stores stores) {
  news_ = false;
  running_ = std::make_unique<Running>(
      std::move(stores), clock_, world_.params,
      [this](const proxy::LogNews& news) { publish(news); }, [this] { hear_news(); });
  world_.trace("proxy {}started", index_ == 0 ? "" : fmt::format("{} ", index_));
  look_into_store();
  if (shared_ == nullptr) oracle_.restarted();
  if (!check_disk()) return;
  world_.after(kTickMs, [this, mine = incarnation_] {
    if (mine == incarnation_) tick();
  });
}

// Whoever shares its log has told of the commit when it was made.
void Server::publish(const proxy::LogNews& news) {
  if (shared_ == nullptr) {
    for (const proxy::LogEntry& entry : news.entries) note_appended(news.space, entry, {});
  } else if (news.entries.empty()) {
    world_.count("heads told");
  } else if (committed_[news.space] != news.entries.front().sequence) {
    world_.count("foreign commits published");
  }
  running_->hub.publish(news.space, news.epoch, proxy::Frames(news.epoch, news.entries));
  running_->hub.moved(news.space, news.epoch, news.head);
}

// The thread that catches up does so in a while.
void Server::hear_news() {
  if (std::exchange(news_, true)) return;
  world_.after(news_dice_.between(0, world_.params.news_ms), [this, mine = incarnation_] {
    if (mine != incarnation_) return;
    news_ = false;
    if (!running_->ingest.work()) hear_news();
    if (!check_disk()) return;
    pump();
  });
}

void Server::note_commit(const proxy::Commit& commit, std::uint64_t known_from) {
  if (!commit.entries.empty()) committed_[commit.space] = commit.first;
  for (const proxy::ClientMark& mark : commit.marks) {
    world_.trace("proxy {} commit {} of {}: mark {} of {}", index_, commit.number, commit.space,
                 mark.clientseq, mark.source);
  }
  for (const proxy::LogEntry& entry : commit.entries) {
    note_appended(commit.space, entry, known_from);
  }
}

void Server::note_appended(const std::string& space, const proxy::LogEntry& entry,
                           std::optional<std::uint64_t> known_from) {
  oracle_.appended(space, entry.sequence, entry.line, known_from);
  if (world_.broken()) return;
  const EventPtr event = oracle_.log(space).back();
  const bool of_the_log = event->is_conflict() || event->source.starts_with("/timeless/");
  const std::int64_t wall = of_the_log && shared_ != nullptr ? shared_->latest_wall : latest_wall_;
  const std::int64_t ahead = event->stamp_ms() - wall;
  if (ahead > limits::kClockGuardMs) {
    world_.violated(9, "{}: {} was taken {} ms ahead of the clock", space, entry.id, ahead);
  }
}

void Server::look_into_store() {
  for (const std::string& space : names_) {
    std::uint64_t at = 0;
    for (;;) {
      const auto state = running_->store.space(space);
      if (state) epochs_[space] = state->epoch;
      if (state && at + 1 < state->oldest) at = state->oldest - 1;
      const auto entries = running_->store.read(space, at, 1000, 1 << 20);
      if (!state || !entries) return;  // the disk has failed again
      if (entries->empty()) {
        oracle_.found_end(space, std::max(at, state->head));
        break;
      }
      for (const proxy::LogEntry& entry : *entries) {
        oracle_.found(space, entry.sequence, entry.line);
        at = entry.sequence;
      }
    }
  }
}

std::optional<proxy::ApiAnswer> Server::handle(const HttpRequest& request) {
  proxy::ApiRequest asked;
  asked.method = request.method;
  asked.target = request.target;
  asked.body = request.body;
  asked.fields = request.headers;
  latest_wall_ = std::max(latest_wall_, clock_.wall_ms());
  if (shared_ != nullptr) shared_->latest_wall = std::max(shared_->latest_wall, latest_wall_);
  handling_ = &request;
  proxy::ApiAnswer answer = running_->api.handle(asked);
  handling_ = nullptr;
  if (!check_disk()) return std::nullopt;
  pump();
  return answer;
}

// False where the machine has died over what it did.
bool Server::check_disk() {
  if (!dead()) return true;
  die(power_);
  return false;
}

void Server::die(bool power) {
  if (!running_) return;
  if (shared_ == nullptr && !disk_.dead()) disk_.kill();
  ++incarnation_;
  std::map<proxy::HubCore::Id, std::shared_ptr<Pipe>> cut;
  cut.swap(running_->pipes);
  running_.reset();
  faults_ = {};
  if (shared_ == nullptr) {
    disk_.restart(power ? test::SimDisk::Loss::power : test::SimDisk::Loss::none);
  }
  world_.trace("proxy {}died, {}", index_ == 0 ? "" : fmt::format("{} ", index_),
               power ? "power cut" : "killed");
  world_.count(power ? "proxy power cuts" : "proxy kills");
  if (shared_ != nullptr) world_.count("proxies of a fleet died");
  for (auto& [id, pipe] : cut) pipe->close();
  world_.after(dice_.between(100, 2 * kRestartMs), [this] { start(); });
}

void Server::die_at(std::int64_t operation, bool power) {
  power_ = power;
  faults_.dies_in = operation;
  if (shared_ == nullptr) disk_.crash_at(static_cast<std::uint64_t>(operation));
}

void Server::fail_at(std::int64_t operation, bool full) {
  faults_.fails_in = operation;
  if (shared_ != nullptr) return;
  disk_.fail_at(static_cast<std::uint64_t>(operation), full ? SQLITE_FULL : SQLITE_IOERR);
}

void Server::fail_next_sync() {
  faults_.loses_next_answer = true;
  if (shared_ != nullptr) return;
  disk_.at_next_sync([this] { disk_.fail_at(1, SQLITE_IOERR_FSYNC); });
}

void Server::compact(const std::string& space, std::uint64_t upto) {
  if (!up() || upto == 0) return;
  oracle_.compacted(space, upto);
  const Status done = running_->store.compact(space, upto);
  if (done) world_.count("compactions");
  world_.trace("proxy compacted {} to {}: {}", space, upto, done.ok());
  check_disk();
}

void Server::wipe() {
  if (!up()) return;
  die(false);
  disk_.load(empty_);
  oracle_.wiped();
  epochs_.clear();
  world_.count("wipes");
  world_.trace("proxy wiped");
}

void Server::back_up() {
  if (!up()) return;
  backup_ = Backup{disk_.save(), oracle_.logs()};
  world_.trace("proxy backed up");
}

void Server::put_back(bool new_epoch) {
  if (!up() || !backup_) return;
  die(false);
  disk_.load(backup_->image);
  oracle_.put_back(backup_->logs);
  epochs_.clear();
  begins_anew_ = new_epoch;
  world_.count(new_epoch ? "backups put back" : "backups put back in their epoch");
  world_.trace("proxy put back{}", new_epoch ? "" : " in its epoch");
}

void Server::heal() {
  faults_ = {};
  disk_.before_operation({});
  disk_.crash_at(0);
  disk_.fail_at(0, SQLITE_OK);
}

void Server::count_disk() {
  count_faults(world_, disk_);
}

Entities Server::state(const std::string& space) {
  Entities entities;
  EntityDecoder decoder;
  proxy::SnapshotSink sink;
  sink.begin = [](const proxy::SpaceState&, std::uint64_t, std::uint64_t) { return true; };
  sink.entity = [&](std::string_view line) {
    const auto record = decoder.decode(line);
    if (record && record->entity.lives()) {
      entities[record->subject] = shown_line(record->subject, record->entity);
    }
    return record.ok();
  };
  sink.conflict = [](std::string_view) { return true; };
  if (up()) (void)running_->store.snapshot(space, sink);
  return entities;
}

void count_faults(World& world, const test::SimDisk& disk) {
  const test::SimDisk::Counters counters = disk.counters();
  world.count("writes lost", counters.lost_writes);
  world.count("writes torn", counters.torn_writes);
  world.count("writes reordered", counters.reordered);
  world.count("file names lost", counters.lost_names);
  world.count("I/O errors", counters.io_errors);
  world.count("disk full errors", counters.full_errors);
}

std::uint64_t Server::open_stream(proxy::SubscribeRequest request, std::shared_ptr<Pipe> pipe) {
  const proxy::HubCore::Id id = running_->hub.subscribe(std::move(request), world_.now());
  running_->pipes[id] = std::move(pipe);
  world_.after(0, [this, mine = incarnation_] {
    if (mine == incarnation_) pump();
  });
  return id;
}

void Server::writable(std::uint64_t stream) {
  if (!up() || !running_->pipes.contains(stream)) return;
  running_->hub.writable(stream);
  pump();
}

void Server::hang_up(std::uint64_t stream) {
  if (!up() || !running_->pipes.contains(stream)) return;
  running_->pipes.erase(stream);
  running_->hub.unsubscribe(stream);
}

void Server::drop(proxy::HubCore::Id id) {
  const auto at = running_->pipes.find(id);
  if (at == running_->pipes.end()) return;
  const std::shared_ptr<Pipe> pipe = std::move(at->second);
  running_->pipes.erase(at);
  running_->hub.unsubscribe(id);
  pipe->close();
}

void Server::write_to(proxy::HubCore::Id id) {
  const auto at = running_->pipes.find(id);
  if (at == running_->pipes.end()) return;
  std::vector<std::string_view> pieces;
  if (running_->hub.gather(id, pieces)) {
    running_->hub.wrote(id, at->second->write(pieces), world_.now());
  }
  if (running_->hub.finished(id)) drop(id);
}

void Server::pump() {
  for (;;) {
    while (auto request = running_->hub.next_read()) read_later(*request);
    const std::vector<proxy::HubCore::Id> ready = running_->hub.take_ready();
    if (ready.empty()) return;
    for (const proxy::HubCore::Id id : ready) write_to(id);
  }
}

// The reader is a thread of its own: it looks into the store now or later, and is heard later
// still.
void Server::read_later(const proxy::ReadRequest& request) {
  auto result = std::make_shared<std::optional<proxy::ReadResult>>();
  if (dice_.chance(500)) *result = proxy::read_for_stream(running_->store, request);
  world_.after(dice_.below(30), [this, request, result, mine = incarnation_] {
    if (mine != incarnation_) return;
    if (!*result) *result = proxy::read_for_stream(running_->store, request);
    if (!check_disk()) return;
    running_->hub.read_done(request.id, std::move(**result));
    pump();
  });
}

void Server::tick() {
  for (const proxy::HubCore::Id id : running_->hub.tick(world_.now())) {
    world_.count("streams cut as stalled");
    drop(id);
  }
  pump();
  world_.after(kTickMs, [this, mine = incarnation_] {
    if (mine == incarnation_) tick();
  });
}

}  // namespace offsync::sim
