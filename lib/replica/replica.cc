#include "replica/replica.h"

#include <algorithm>

#include "base/limits.h"
#include "base/rfc3339.h"
#include "replica/store.h"

namespace offsync {

Replica::Replica(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Replica::Replica(Replica&&) noexcept = default;
Replica& Replica::operator=(Replica&&) noexcept = default;
Replica::~Replica() = default;

Result<Replica> Replica::create(const std::string& file, const CreateOptions& options, Clock& clock,
                                Random& random) {
  auto impl = std::make_unique<Impl>(file, clock, random);
  OFFSYNC_TRY(impl->store.create(options));
  return Replica(std::move(impl));
}

Result<Replica> Replica::open(const std::string& file, Clock& clock, Random& random) {
  auto impl = std::make_unique<Impl>(file, clock, random);
  OFFSYNC_TRY(impl->store.open());
  return Replica(std::move(impl));
}

const std::string& Replica::renamed_from() const {
  return impl_->store.renamed_from_;
}

Status Replica::secure() {
  OFFSYNC_TRY(impl_->store.ready());
  // Who cannot note an answer must not ask: he would send the same again each time.
  if (impl_->store.read_only_) return *impl_->store.read_only_;
  if (!impl_->store.lock_->doubtful()) return {};
  OFFSYNC_TRY(impl_->store.lock_->lock());
  Status done = impl_->store.secure();
  impl_->store.lock_->unlock();
  return done;
}

Result<ReplicaInfo> Replica::info() {
  OFFSYNC_TRY(impl_->store.ready());
  OFFSYNC_ASSIGN(ReplicaRow row, impl_->store.load_row());
  const ReplicaStore::Offset offset = impl_->store.offset(row);
  ReplicaInfo info = info_of(std::move(row));
  info.clock_offset_ms = offset.ms;
  info.clock_offset_holds = offset.holds;
  return info;
}

ReplicaInfo info_of(ReplicaRow row) {
  ReplicaInfo info;
  info.former_sources = row.former();
  info.remote = std::move(row.remote);
  info.source = std::move(row.source);
  info.log = std::move(row.log);
  info.place = std::move(row.place);
  info.node = row.node;
  info.epoch = row.epoch;
  if (row.pulled) info.cursor = Cursor{std::move(row.epoch), row.cursor};
  info.log_after = row.log_after;
  info.head = row.head;
  info.clock_offset_ms = row.clock_offset;
  info.last_sync_ms = row.last_sync;
  return info;
}

namespace {

// A write that only changes the row; none at all if it stays as it is.
template <class T>
Status change(ReplicaStore& store, T ReplicaRow::*field, const T& value) {
  OFFSYNC_TRY(store.ready());
  OFFSYNC_ASSIGN(const ReplicaRow row, store.load_row());
  if (row.*field == value) return {};
  OFFSYNC_ASSIGN(auto write, ReplicaWrite::begin(store));
  write->row.*field = value;
  write->row_changed = true;
  return write->commit();
}

// When the proxy recorded the newest event of the received log; 0: there is none.
Result<std::int64_t> confirmed_ms(ReplicaStore& store) {
  OFFSYNC_ASSIGN(sqlite::Statement * get,
                 store.use("SELECT line FROM log ORDER BY sequence DESC LIMIT 1"));
  OFFSYNC_ASSIGN(const bool found, get->step());
  if (!found) return std::int64_t{0};
  OFFSYNC_ASSIGN(const EventView* event, store.decoder.decode(get->text(0)));
  const auto ms = parse_rfc3339(event->recordedtime);
  get->reset();
  return ms.value_or(0);
}

}  // namespace

Status Replica::set_remote(const std::string& remote) {
  return change(impl_->store, &ReplicaRow::remote, remote);
}

Status Replica::note_clock_offset(std::int64_t offset_ms) {
  ReplicaStore& store = impl_->store;
  OFFSYNC_TRY(store.ready());
  OFFSYNC_ASSIGN(const ReplicaRow row, store.load_row());
  const ReplicaStore::Offset before = store.offset(row);
  if (offset_ms > limits::kClockGuardMs) {
    OFFSYNC_ASSIGN(const std::int64_t confirmed, confirmed_ms(store));
    const std::int64_t latest = std::max(confirmed, impl_->snapshot_ms);
    const std::int64_t beyond = std::max<std::int64_t>(0, latest - store.clock.wall_ms());
    const std::int64_t most = std::max(before.ms, beyond + limits::kClockGuardMs);
    offset_ms = std::min(offset_ms, most);
  }
  if (before.holds && before.ms == offset_ms) return {};
  OFFSYNC_ASSIGN(auto write, ReplicaWrite::begin(store));
  const Clock::Uptime up = store.clock.uptime();
  write->row.clock_offset = offset_ms;
  write->row.clock_boot = up.boot;
  write->row.clock_started = store.clock.wall_ms() - up.ms;
  write->row_changed = true;
  return write->commit();
}

Status Replica::note_head(std::uint64_t head) {
  return change(impl_->store, &ReplicaRow::head, head);
}

Status Replica::note_synced() {
  return change(impl_->store, &ReplicaRow::last_sync, impl_->store.clock.wall_ms());
}

Result<std::optional<Entity>> Replica::entity(std::string_view subject, View view) {
  ReplicaStore& store = impl_->store;
  OFFSYNC_TRY(store.ready());
  OFFSYNC_ASSIGN(sqlite::Statement * get,
                 store.use("SELECT confirmed, visible FROM entity WHERE subject = ?"));
  get->bind(1, subject);
  OFFSYNC_ASSIGN(const bool found, get->step());
  if (!found) return std::optional<Entity>{};
  const int column = view == View::visible && !get->null(1) ? 1 : 0;
  if (get->null(column)) return std::optional<Entity>{};
  auto record = store.entities.decode(get->text(column));
  get->reset();
  if (!record) return store.damaged("an entity cannot be read (" + record.error().detail + ")");
  if (record->entity.empty()) return std::optional<Entity>{};
  return std::optional<Entity>(std::move(record->entity));
}

Result<std::optional<std::string>> Replica::find_event(std::string_view id,
                                                       std::string_view source) {
  OFFSYNC_TRY(impl_->store.ready());
  OFFSYNC_ASSIGN(const std::optional<std::string> whose,
                 source_of(impl_->store,
                           "SELECT source FROM pending WHERE id = ?1"
                           " UNION ALL SELECT source FROM log WHERE id = ?1",
                           id, source));
  if (!whose) return std::optional<std::string>{};
  OFFSYNC_ASSIGN(sqlite::Statement * get,
                 impl_->store.use("SELECT line FROM pending WHERE id = ?1 AND source = ?2"
                                  " UNION ALL SELECT line FROM log WHERE id = ?1 AND source = ?2"));
  get->bind(1, id).bind(2, *whose);
  OFFSYNC_ASSIGN(const bool found, get->step());
  if (!found) return std::optional<std::string>{};
  std::optional<std::string> line(get->text(0));
  get->reset();
  return line;
}

}  // namespace offsync
