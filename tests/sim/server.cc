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

struct Server::Running {
  Running(std::unique_ptr<proxy::SqliteLogStore> opened, Clock& clock, const Params& params,
          proxy::PublishFn publish)
      : store(std::move(opened)),
        log(clock, proxy::LogLevel::error, proxy::LogFormat::text, null_device()),
        ingest(*store, clock, std::move(publish), ingest_options(params)),
        api(*store, ingest, clock, log, metrics, {}),
        hub(hub_options(params)) {}

  std::unique_ptr<proxy::SqliteLogStore> store;
  proxy::Log log;
  proxy::Metrics metrics;
  proxy::Ingest ingest;
  proxy::Api api;
  proxy::HubCore hub;
  std::map<proxy::HubCore::Id, std::shared_ptr<Pipe>> pipes;
};

Server::Server(World& world, Oracle& oracle, const std::string& folder)
    : world_(world),
      oracle_(oracle),
      dice_(world.params.seed, "proxy"),
      disk_(folder + "/proxy", dice_.bits()),
      random_(dice_.bits()),
      clock_(world, 0),
      empty_(disk_.save()),
      file_(folder + "/proxy/proxy.db") {
  for (std::int64_t i = 0; i < world.params.spaces; ++i) names_.push_back(fmt::format("s{}", i));
}

Server::~Server() = default;

void Server::start() {
  if (running_) return;
  proxy::SqliteLogStore::Options options;
  options.file = file_;
  options.cache_kib = 1000;
  options.checkpoint_pages = static_cast<int>(world_.params.checkpoint_pages);
  options.compact_step = static_cast<std::uint64_t>(world_.params.compact_step);
  options.new_epoch = begins_anew_;
  auto store = proxy::SqliteLogStore::open(options, random_);
  if (store) begins_anew_ = false;
  ++incarnation_;
  if (!store) {
    if (!disk_.dead() && store.error().code == "corrupt") {
      world_.violated(1, "the store cannot be opened: {}", store.error().message());
    }
    world_.trace("proxy not started: {}", store.error().code);
    if (disk_.dead())
      disk_.restart(power_ ? test::SimDisk::Loss::power : test::SimDisk::Loss::none);
    world_.after(kRestartMs, [this] { start(); });
    return;
  }
  const auto publish = [this](const proxy::LogNews& news) {
    for (const proxy::LogEntry& entry : news.entries) note_appended(news.space, entry);
    running_->hub.publish(news.space, news.epoch, proxy::Frames(news.epoch, news.entries));
    running_->hub.moved(news.space, news.epoch, news.head);
  };
  running_ = std::make_unique<Running>(std::move(*store), clock_, world_.params, publish);
  world_.trace("proxy started");
  look_into_store();
  oracle_.restarted();
  if (!check_disk()) return;
  world_.after(kTickMs, [this, mine = incarnation_] {
    if (mine == incarnation_) tick();
  });
}

void Server::note_appended(const std::string& space, const proxy::LogEntry& entry) {
  oracle_.appended(space, entry.sequence, entry.line);
  if (world_.broken()) return;
  const std::int64_t ahead = oracle_.log(space).back()->stamp_ms() - latest_wall_;
  if (ahead > limits::kClockGuardMs) {
    world_.violated(9, "{}: {} was taken {} ms ahead of the clock", space, entry.id, ahead);
  }
}

void Server::look_into_store() {
  for (const std::string& space : names_) {
    std::uint64_t at = 0;
    for (;;) {
      const auto state = running_->store->space(space);
      if (state) epochs_[space] = state->epoch;
      if (state && at + 1 < state->oldest) at = state->oldest - 1;
      const auto entries = running_->store->read(space, at, 1000, 1 << 20);
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
  proxy::ApiAnswer answer = running_->api.handle(asked);
  if (!check_disk()) return std::nullopt;
  pump();
  return answer;
}

// False where the disk has died, and the machine with it.
bool Server::check_disk() {
  if (!disk_.dead()) return true;
  die(power_);
  return false;
}

void Server::die(bool power) {
  if (!running_) return;
  if (!disk_.dead()) disk_.kill();
  ++incarnation_;
  std::map<proxy::HubCore::Id, std::shared_ptr<Pipe>> cut;
  cut.swap(running_->pipes);
  running_.reset();
  disk_.restart(power ? test::SimDisk::Loss::power : test::SimDisk::Loss::none);
  world_.trace("proxy died, {}", power ? "power cut" : "killed");
  world_.count(power ? "proxy power cuts" : "proxy kills");
  for (auto& [id, pipe] : cut) pipe->close();
  world_.after(dice_.between(100, 2 * kRestartMs), [this] { start(); });
}

void Server::die_at(std::int64_t operation, bool power) {
  power_ = power;
  disk_.crash_at(static_cast<std::uint64_t>(operation));
}

void Server::fail_at(std::int64_t operation, bool full) {
  disk_.fail_at(static_cast<std::uint64_t>(operation), full ? SQLITE_FULL : SQLITE_IOERR);
}

void Server::fail_next_sync() {
  disk_.at_next_sync([this] { disk_.fail_at(1, SQLITE_IOERR_FSYNC); });
}

void Server::compact(const std::string& space, std::uint64_t upto) {
  if (!up() || upto == 0) return;
  oracle_.compacted(space, upto);
  const Status done = running_->store->compact(space, upto);
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
  if (up()) (void)running_->store->snapshot(space, sink);
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
  if (dice_.chance(500)) *result = proxy::read_for_stream(*running_->store, request);
  world_.after(dice_.below(30), [this, request, result, mine = incarnation_] {
    if (mine != incarnation_) return;
    if (!*result) *result = proxy::read_for_stream(*running_->store, request);
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
