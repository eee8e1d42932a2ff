#include <algorithm>

#include "replica/states.h"
#include "replica/store.h"

namespace offsync {

Result<std::unique_ptr<ReplicaWrite>> ReplicaWrite::begin(ReplicaStore& store) {
  OFFSYNC_TRY(store.ready());
  if (store.read_only_) return *store.read_only_;
  if (store.lock_->locked()) {
    return make_error(Errc::internal, "locked", "a write to " + store.file() + " is still open");
  }
  OFFSYNC_TRY(store.lock_->lock());
  std::unique_ptr<ReplicaWrite> write(new ReplicaWrite(store));  // unlocks from here on
  OFFSYNC_TRY(store.secure());
  OFFSYNC_ASSIGN(auto transaction,
                 sqlite::Transaction::begin(*store.db_, sqlite::Transaction::Kind::write));
  write->transaction_.emplace(std::move(transaction));
  OFFSYNC_ASSIGN(write->row, store.load_row());
  return write;
}

ReplicaWrite::~ReplicaWrite() {
  close();
}

void ReplicaWrite::close() {
  if (!open_) return;
  open_ = false;
  for (auto& [sql, statement] : store.statements_) statement.reset();
  transaction_.reset();
  store.lock_->unlock();
}

Status ReplicaWrite::commit() {
  if (!open_) return make_error(Errc::internal, "closed", "this write was finished before");
  Status done = flush();
  if (done && row_changed) done = store.save_row(row);
  if (done) {
    done = store.doubted([&] { return transaction_->commit(); });
  }
  const bool large = touched_ >= 500;
  close();
  if (done && large) store.bulk();
  return done;
}

Result<EntityRow*> ReplicaWrite::entity(std::string_view subject) {
  key_.assign(subject);
  ++touched_;
  if (const auto it = entities_.find(key_); it != entities_.end()) return &it->second;
  OFFSYNC_ASSIGN(
      sqlite::Statement * get,
      store.use("SELECT rowid, pending, held, confirmed, visible FROM entity WHERE subject = ?"));
  get->bind(1, subject);
  OFFSYNC_ASSIGN(const bool found, get->step());
  EntityRow& entity = entities_[key_];
  if (found) {
    entity.row = get->integer(0);
    entity.pending = get->integer(1);
    entity.held = get->integer(2);
    entity.confirmed_text = get->text(3);
    entity.visible_text = get->text(4);
    get->reset();
    constexpr std::int64_t kMost = std::int64_t{1} << 53;
    if (entity.pending < 0 || entity.pending > kMost || entity.held < 0 || entity.held > kMost) {
      return store.damaged("it has a number of events pending that cannot be");
    }
  }
  return &entity;
}

Result<Entity> ReplicaWrite::decode(std::string_view subject, const std::string& text) {
  if (text.empty()) return Entity{};
  auto record = store.entities.decode(text);
  if (!record) {
    return store.damaged("the state of " + std::string(subject) + " cannot be read (" +
                         record.error().detail + ")");
  }
  return std::move(record->entity);
}

Result<Entity*> ReplicaWrite::confirmed(std::string_view subject, EntityRow& entity) {
  if (!entity.confirmed) {
    OFFSYNC_ASSIGN(entity.confirmed, decode(subject, entity.confirmed_text));
  }
  return &*entity.confirmed;
}

Result<const Entity*> ReplicaWrite::look(std::string_view subject, EntityRow& entity) {
  if (entity.visible) return &*entity.visible;
  if (entity.pending == 0 && entity.confirmed) return &*entity.confirmed;
  OFFSYNC_ASSIGN(const Entity* seen, visible(subject, entity));
  return seen;
}

Result<Entity*> ReplicaWrite::visible(std::string_view subject, EntityRow& entity) {
  if (entity.visible) return &*entity.visible;
  if (!entity.visible_text.empty()) {
    OFFSYNC_ASSIGN(entity.visible, decode(subject, entity.visible_text));
  } else if (entity.confirmed) {
    entity.visible.emplace();
    entity.visible->join(*entity.confirmed);
  } else {
    OFFSYNC_ASSIGN(entity.visible, decode(subject, entity.confirmed_text));
  }
  return &*entity.visible;
}

Status ReplicaWrite::confirm(const EventView& event) {
  if (!event.writes() || event.stamp.none()) return {};
  OFFSYNC_ASSIGN(EntityRow * entity, this->entity(event.subject));
  if (entity->pending > 0) {
    OFFSYNC_ASSIGN(Entity * shown, visible(event.subject, *entity));
    shown->fold(event);
    entity->visible_changed = true;
  } else {
    entity->visible.reset();
  }
  OFFSYNC_ASSIGN(Entity * sure, confirmed(event.subject, *entity));
  sure->fold(event);
  entity->confirmed_changed = entity->changed = true;
  return {};
}

void ReplicaWrite::count(EntityRow& entity, int pending, int held) {
  entity.pending += pending;
  entity.held += held;
  entity.changed = true;
  if (entity.pending > 0) return;
  entity.visible.reset();
  entity.visible_text.clear();
  entity.visible_changed = true;
}

Status ReplicaWrite::trim(std::size_t keep) {
  if (entities_.size() <= keep) return {};
  OFFSYNC_TRY(flush());
  entities_.clear();
  return {};
}

// In order of the key: the tree is walked once, and new neighbours fill its pages.
Status ReplicaWrite::flush() {
  std::vector<std::pair<const std::string, EntityRow>*> changed;
  for (auto& item : entities_) {
    if (item.second.changed) changed.push_back(&item);
  }
  std::sort(changed.begin(), changed.end(),
            [](const auto* a, const auto* b) { return a->first < b->first; });
  for (auto* item : changed) OFFSYNC_TRY(flush_one(item->first, item->second));
  return {};
}

Status ReplicaWrite::flush_one(const std::string& subject, EntityRow& entity) {
  if (entity.confirmed_changed) entity.confirmed_text = encode_entity(subject, *entity.confirmed);
  if (entity.visible_changed && entity.pending > 0) {
    entity.visible_text = encode_entity(subject, *entity.visible);
  }
  if (entity.pending == 0 && entity.confirmed_text.empty()) {
    OFFSYNC_ASSIGN(sqlite::Statement * gone, store.use("DELETE FROM entity WHERE subject = ?"));
    gone->bind(1, subject);
    OFFSYNC_TRY(gone->run());
    entity.row = 0;
  } else {
    OFFSYNC_ASSIGN(
        sqlite::Statement * put,
        store.use(entity.row != 0
                      ? "UPDATE entity SET pending = ?2, held = ?3, confirmed = ?4, visible = ?5"
                        " WHERE rowid = ?1"
                      : "INSERT INTO entity(subject, pending, held, confirmed, visible)"
                        " VALUES (?1, ?2, ?3, ?4, ?5)"));
    entity.row != 0 ? put->bind(1, entity.row) : put->bind(1, subject);
    put->bind(2, entity.pending).bind(3, entity.held);
    entity.confirmed_text.empty() ? put->bind_null(4) : put->bind(4, entity.confirmed_text);
    entity.visible_text.empty() ? put->bind_null(5) : put->bind(5, entity.visible_text);
    OFFSYNC_TRY(put->run());
    if (entity.row == 0) entity.row = store.db_->inserted();
  }
  entity.changed = entity.confirmed_changed = entity.visible_changed = false;
  return {};
}

Stamp next_stamp(ReplicaWrite& write, std::uint64_t seen) {
  const std::int64_t wall = write.store.corrected_wall(write.row);
  HybridClock guarded(write.row.node, 0);
  guarded.observe({seen, 0}, wall);
  HybridClock clock(write.row.node, write.row.clock);
  const Stamp stamp = clock.tick(wall, guarded.last());
  write.row.clock = clock.last();
  write.row_changed = true;
  return stamp;
}

namespace queue {

Result<std::optional<PendingKey>> find(ReplicaStore& store, std::string_view source,
                                       std::string_view id) {
  OFFSYNC_ASSIGN(const std::optional<std::string> whose,
                 source_of(store, kPendingSources, id, source));
  if (!whose) return std::optional<PendingKey>{};
  OFFSYNC_ASSIGN(sqlite::Statement * get,
                 store.use("SELECT n, state, sequence, subject, code FROM pending"
                           " WHERE id = ? AND source = ?"));
  get->bind(1, id).bind(2, *whose);
  OFFSYNC_ASSIGN(const bool found, get->step());
  if (!found) return std::optional<PendingKey>{};
  PendingKey key;
  key.n = get->uinteger(0);
  key.state = static_cast<PendingState>(get->integer(1));
  key.sequence = get->uinteger(2);
  key.source = *whose;
  key.subject = get->text(3);
  key.out_of_order = key.state == PendingState::queued && get->text(4) == PendingEvent::kOutOfOrder;
  get->reset();
  return std::optional<PendingKey>(std::move(key));
}

Result<std::string> first_rejected(ReplicaStore& store, std::string_view subject) {
  OFFSYNC_ASSIGN(sqlite::Statement * get,
                 store.use("SELECT id FROM pending WHERE state = " OFFSYNC_REJECTED
                           " AND subject = ? ORDER BY n LIMIT 1"));
  get->bind(1, subject);
  OFFSYNC_ASSIGN(const bool found, get->step());
  std::string id(found ? get->text(0) : "");
  get->reset();
  return id;
}

Status insert(ReplicaWrite& write, std::uint64_t n, PendingState state, const EventView& event,
              std::string_view line) {
  OFFSYNC_ASSIGN(sqlite::Statement * put,
                 write.store.use("INSERT INTO pending(n, state, sequence, source, id, subject,"
                                 " type, line) VALUES (?, ?, 0, ?, ?, ?, ?, ?)"));
  put->bind(1, n).bind(2, static_cast<int>(state)).bind(3, event.source).bind(4, event.id);
  put->bind(5, event.subject).bind(6, event.type).bind(7, line);
  return put->run();
}

Status remove(ReplicaWrite& write, std::uint64_t n) {
  OFFSYNC_ASSIGN(sqlite::Statement * gone, write.store.use("DELETE FROM pending WHERE n = ?"));
  gone->bind(1, n);
  return gone->run();
}

Status set_state(ReplicaWrite& write, std::uint64_t n, PendingState state, std::uint64_t sequence,
                 std::string_view code, std::string_view detail) {
  OFFSYNC_ASSIGN(sqlite::Statement * put,
                 write.store.use("UPDATE pending SET state = ?2, sequence = ?3, code = ?4,"
                                 " detail = ?5 WHERE n = ?1"));
  put->bind(1, n).bind(2, static_cast<int>(state)).bind(3, sequence);
  put->bind(4, code).bind(5, detail);
  return put->run();
}

Status hold(ReplicaWrite& write, std::uint64_t n) {
  return set_state(write, n, PendingState::held, 0, "held",
                   "an earlier event of this entity was rejected");
}

}  // namespace queue
}  // namespace offsync
