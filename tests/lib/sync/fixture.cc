#include "lib/sync/fixture.h"

#include <cstdlib>

#include "state/entity_codec.h"

namespace offsync::test {
namespace {

constexpr int kManySteps = 1'000'000;

Replica make_replica(const std::string& file, Clock& clock, Random& random) {
  if (std::filesystem::exists(file)) return Replica::open(file, clock, random).value();
  Replica::CreateOptions options;
  options.remote = "http://proxy.test:8080/v1/spaces/shop/";
  auto created = Replica::create(file, options, clock, random);
  if (!created) throw std::runtime_error(created.error().detail);
  return std::move(created).value();
}

}  // namespace

Folder::Folder() {
  // In memory where that can be had: these tests are about the engine, and commit many times.
  const std::filesystem::path memory = "/dev/shm";
  const auto parent =
      std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path();
  std::string pattern = (parent / "offsync-sync-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = pattern;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Client::Client(FakeProxy& proxy, ManualClock& wall, const std::string& file, std::uint64_t seed)
    : clock(wall),
      random(seed),
      transport(proxy, wall),
      replica(make_replica(file, wall, random)) {}

void Client::step() {
  engine_->tick();
  transport.poll(engine_->wait_time());
}

SyncReport Client::sync(SyncOptions options) {
  options.mode = SyncOptions::Mode::once;
  engine_ = std::make_unique<SyncEngine>(replica, transport, clock, random, watcher, options);
  run([&] { return engine_->done(); });
  SyncReport report = engine_->report();
  engine_.reset();
  return report;
}

void Client::watch(SyncOptions options) {
  options.mode = SyncOptions::Mode::watch;
  engine_ = std::make_unique<SyncEngine>(replica, transport, clock, random, watcher, options);
}

void Client::run(const std::function<bool()>& until) {
  for (int steps = 0; !until(); ++steps) {
    if (steps > kManySteps) FAIL("it goes on for ever");
    step();
  }
}

void Client::run_for(std::int64_t ms) {
  const std::int64_t end = clock.steady_ms() + ms;
  run([&] { return engine_->done() || clock.steady_ms() >= end; });
}

Emitted Client::emit(const std::string& subject, const std::string& field, const std::string& value,
                     const std::string& type) {
  EventDraft draft;
  draft.type = type;
  draft.subject = subject;
  draft.set[field] = value;
  auto emitted = replica.emit(std::move(draft));
  if (!emitted) throw std::runtime_error(emitted.error().detail);
  return *emitted;
}

Emitted Client::count_up(const std::string& subject, const std::string& field) {
  EventDraft draft;
  draft.type = "test.counted";
  draft.subject = subject;
  draft.inc[field] = "1";
  auto emitted = replica.emit(std::move(draft));
  if (!emitted) throw std::runtime_error(emitted.error().detail);
  return *emitted;
}

std::string Client::get(const std::string& subject, const std::string& field, Replica::View view) {
  const auto entity = replica.entity(subject, view).value();
  if (!entity || !entity->lives()) return {};
  const Field* found = entity->find(field);
  return found == nullptr ? std::string() : found->shown();
}

std::map<std::string, std::string> Client::confirmed() {
  std::map<std::string, std::string> records;
  const Status read = replica.for_each_entity(
      "", Replica::View::confirmed, [&](std::string_view subject, const Entity& entity) {
        if (!entity.empty()) records.emplace(subject, encode_entity(subject, entity));
        return true;
      });
  REQUIRE(read.ok());
  return records;
}

std::vector<std::uint64_t> Client::log() {
  std::vector<std::uint64_t> sequences;
  const Status read = replica.for_each_log({}, [&](std::uint64_t sequence, std::string_view) {
    sequences.push_back(sequence);
    return true;
  });
  REQUIRE(read.ok());
  return sequences;
}

std::string Client::queue() {
  const QueueCounts counts = replica.counts().value();
  return "queued " + std::to_string(counts.queued) + " accepted " +
         std::to_string(counts.accepted) + " rejected " + std::to_string(counts.rejected) +
         " held " + std::to_string(counts.held);
}

ReplicaInfo Client::info() {
  return replica.info().value();
}

}  // namespace offsync::test
