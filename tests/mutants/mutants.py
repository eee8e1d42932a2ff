"""The planted bugs for the simulator: each is an edit of one place that must be found there exactly.

(name, promise that it breaks, file, text, text with the bug; MUTANT is true while the bug is on)
"""

MUTANTS = [
    # --- the disk -----------------------------------------------------------------------------------
    ("sync-normal", "P1", "lib/sqlite/db.cc",
     '"PRAGMA synchronous=FULL; PRAGMA cache_size=-" +\n         std::to_string',
     '"PRAGMA synchronous=FULL; PRAGMA cache_size=-" + std::string() +\n'
     '         (MUTANT ? "1; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-" : "") + std::to_string'),
    ("wal-not-secured", "P1", "lib/sqlite/secure.cc",
     "Status Db::secure() {", "Status Db::secure() {\n  if (MUTANT) return {};"),
    ("doubt-not-noted", "P1", "lib/sqlite/file_lock.cc",
     "const char note = doubtful ? '!' : ' ';", "const char note = doubtful && !MUTANT ? '!' : ' ';"),
    ("replica-not-secured", "P1", "lib/replica/replica_store.cc",
     "if (!lock_->doubtful()) return {};\n  OFFSYNC_TRY(db_->secure());",
     "if (!lock_->doubtful() || MUTANT) return {};\n  OFFSYNC_TRY(db_->secure());"),

    # --- the clock ----------------------------------------------------------------------------------
    ("clock-not-kept", "P9", "lib/replica/replica_write.cc",
     "write.row.clock = clock.last();", "if (!MUTANT) write.row.clock = clock.last();"),
    ("clock-not-ticking", "P9", "lib/event/hybrid_clock.cc",
     "std::max(last_, floor) + 1);", "std::max(last_, floor) + (MUTANT ? 0 : 1));"),
    ("clock-without-guard", "P9", "lib/event/hybrid_clock.cc",
     "std::min(seen.time, bound));", "MUTANT ? seen.time : std::min(seen.time, bound));"),
    ("proxy-without-clock-guard", "P9", "proxy/decider.cc",
     "if (skew <= d_.options_.clock_guard_ms)", "if (MUTANT || skew <= d_.options_.clock_guard_ms)"),

    # --- the replica's states -----------------------------------------------------------------------
    ("overlay-not-removed", "P2", "lib/replica/replica_write.cc",
     "if (entity.pending > 0) return;\n  entity.visible.reset();",
     "if (entity.pending > 0 || MUTANT) return;\n  entity.visible.reset();"),
    ("overlay-misses-others", "P2", "lib/replica/replica_write.cc",
     "shown->fold(event);\n    entity->visible_changed = true;",
     "if (!MUTANT) shown->fold(event);\n    entity->visible_changed = true;"),
    ("confirmed-not-folded", "P2", "lib/replica/replica_write.cc",
     "sure->fold(event);", "if (!MUTANT) sure->fold(event);"),
    ("rejected-not-rolled-back", "P2", "lib/replica/replica_queue.cc",
     "++settled.rejected;\n    affected.insert(key->subject);",
     "++settled.rejected;\n    if (!MUTANT) affected.insert(key->subject);"),
    ("settled-events-stay", "P5", "lib/replica/replica_pull.cc",
     "if (!same) return {};", "if (!same || MUTANT) return {};"),
    ("cursor-saved-early", "P2", "lib/replica/replica_pull.cc",
     "OFFSYNC_TRY(keep(event));",
     "if (MUTANT && event.sequence % 3 == 0) {\n"
     "      write_.row.cursor = event.sequence;\n      return {};\n    }\n"
     "    OFFSYNC_TRY(keep(event));"),
    # That a gap is refused cannot be seen here, as the proxy of the simulator makes none: that is the
    # matter of tests/lib/replica/replica_pull_test.cc.
    ("next-event-skipped", "P5", "lib/replica/replica_pull.cc",
     "if (event.sequence < expected) return {};",
     "if (MUTANT ? event.sequence <= expected : event.sequence < expected) return {};"),
    ("log-line-not-kept", "P8", "lib/replica/replica_pull.cc",
     "OFFSYNC_TRY(keep(event));\n    OFFSYNC_TRY(note_conflict(event));",
     "if (!MUTANT || event.sequence % 5 != 0) OFFSYNC_TRY(keep(event));\n"
     "    OFFSYNC_TRY(note_conflict(event));"),
    ("conflict-not-kept", "P7", "lib/replica/replica_pull.cc",
     "if (event.type == kConflictType) {", "if (event.type == kConflictType && !MUTANT) {"),
    ("conflict-not-closed", "P7", "lib/replica/replica_pull.cc",
     "if (event.causationid.empty()) return {};",
     "if (event.causationid.empty() || MUTANT) return {};"),
    ("epoch-not-checked", "P2", "lib/replica/replica_pull.cc",
     "if (!row.epoch.empty() && row.epoch != epoch) {",
     "if (!row.epoch.empty() && row.epoch != epoch && !MUTANT) {"),
    ("settled-by-another-log", "P1", "lib/replica/replica_queue.cc",
     "if (!write->row.epoch.empty() && write->row.epoch != epoch) {",
     "if (!write->row.epoch.empty() && write->row.epoch != epoch && !MUTANT) {"),

    # --- the queue ----------------------------------------------------------------------------------
    ("pushed-backwards", "P4", "lib/replica/replica_queue.cc",
     '" FROM pending WHERE n > ? AND state = 0 ORDER BY n"));\n  next->bind(1, after);',
     '" FROM pending WHERE n > ? AND state = 0 ORDER BY n"));\n'
     '  if (MUTANT) {\n'
     '    OFFSYNC_ASSIGN(next, impl_->store.use("SELECT " OFFSYNC_PENDING_COLUMNS\n'
     '                                          " FROM pending WHERE n > ? AND state = 0"\n'
     '                                          " ORDER BY n DESC"));\n'
     '  }\n  next->bind(1, after);'),
    ("confirmed-by-mistake", "P1", "lib/replica/replica_queue.cc",
     "affected.insert(key->subject);\n    OFFSYNC_TRY(forget_pending_resolve(write.store, key->source, outcome.id));",
     "affected.insert(key->subject);\n    if (MUTANT) return queue::remove(write, key->n);\n"
     "    OFFSYNC_TRY(forget_pending_resolve(write.store, key->source, outcome.id));"),
    ("emit-forgets-the-queue", "P1", "lib/replica/replica_emit.cc",
     "write->count(entity, 1, held ? 1 : 0);", "write->count(entity, 1, held ? 1 : 0);\n"
     "  if (MUTANT && write->row.next % 7 == 0) OFFSYNC_TRY(queue::remove(*write, write->row.next));"),
    ("number-given-twice", "P4", "lib/replica/replica_emit.cc",
     "++write->row.next;\n  write->row_changed = true;",
     "++write->row.next;\n  write->row_changed = !MUTANT || write->row.next % 4 != 0;"),

    ("settled-by-the-id-alone", "P5", "lib/replica/replica_write.cc",
     'store.use("SELECT n, state, sequence, subject FROM pending"\n'
     '                           " WHERE id = ? AND source = ?"));',
     'store.use(MUTANT ? "SELECT n, state, sequence, subject FROM pending WHERE id = ?1 AND ?2 = ?2"\n'
     '                  : "SELECT n, state, sequence, subject FROM pending"\n'
     '                           " WHERE id = ? AND source = ?"));'),
    ("confirmed-by-the-id-alone", "P5", "lib/replica/replica_pull.cc",
     'write_.store.use("SELECT n, state, line FROM pending"\n'
     '                                                             " WHERE id = ? AND source = ?"));',
     'write_.store.use(MUTANT ? "SELECT n, state, line FROM pending WHERE id = ?1 AND ?2 = ?2"\n'
     '                         : "SELECT n, state, line FROM pending WHERE id = ? AND source = ?"));'),
    ("emitted-by-the-id-alone", "P3", "lib/replica/replica_emit.cc",
     'write->store.use("SELECT line FROM pending WHERE id = ?1 AND source = ?2"',
     'write->store.use(MUTANT ? "SELECT line FROM pending WHERE id = ?1 AND ?2 = ?2"\n'
     '                        : "SELECT line FROM pending WHERE id = ?1 AND source = ?2"'),

    # --- snapshots ----------------------------------------------------------------------------------
    ("snapshot-forgets-pending", "P2", "lib/replica/replica_snapshot.cc",
     "if (state == PendingState::rejected) continue;",
     "if (state == PendingState::rejected || MUTANT) continue;"),
    ("snapshot-keeps-covered", "P5", "lib/replica/replica_snapshot.cc",
     "OFFSYNC_TRY(queue::remove(write_, n));", "if (!MUTANT) OFFSYNC_TRY(queue::remove(write_, n));"),
    ("snapshot-leaves-accepted", "P5", "lib/replica/replica_snapshot.cc",
     "        again.push_back(next.uinteger(0));",
     "        if (!MUTANT) again.push_back(next.uinteger(0));"),
    ("snapshot-drops-conflicts", "P7", "lib/replica/replica_snapshot.cc",
     "++conflicts_;", "++conflicts_;\n    if (MUTANT) return {};"),
    ("snapshot-cursor-behind", "P8", "lib/replica/replica_snapshot.cc",
     "row.cursor = row.log_after = cursor.sequence;",
     "row.cursor = row.log_after = cursor.sequence - (MUTANT && cursor.sequence > 0 ? 1 : 0);"),

    # --- whose log it is, and what a log has lost ----------------------------------------------------
    ("other-log-followed", "P1", "lib/replica/replica_log.cc",
     "if (replica.place.empty() || replica.place == there.url) return {};",
     "if (replica.place.empty() || replica.place == there.url || MUTANT) return {};"),
    ("place-not-kept", "P1", "lib/replica/replica_snapshot.cc",
     "if (!from_.url.empty()) row.place = from_.url;",
     "if (!from_.url.empty() && !MUTANT) row.place = from_.url;\n    if (MUTANT) row.place = \"http://proxy/v1/spaces/s1\";"),
    ("received-log-thrown-away", "P1", "lib/replica/replica_snapshot.cc",
     "OFFSYNC_TRY(former::take_over(write_));", "if (!MUTANT) OFFSYNC_TRY(former::take_over(write_));"),
    ("own-not-queued-again", "P1", "lib/replica/replica_former.cc",
     "OFFSYNC_TRY(put_into_queue(write, event->clientseq, *event, former.line));",
     "if (!MUTANT) OFFSYNC_TRY(put_into_queue(write, event->clientseq, *event, former.line));"),
    ("lost-taken-for-there", "P1", "lib/replica/replica_former.cc",
     "if (!queued) OFFSYNC_TRY(set_state(impl_->store, one.n, Former::lost));",
     "if (!queued) OFFSYNC_TRY(set_state(impl_->store, one.n, MUTANT ? Former::there : Former::lost));"),
    ("question-forgotten", "P5", "lib/replica/sync_engine.cc",
     "if (asked->empty() || !info->cursor) return false;",
     "if (asked->empty() || !info->cursor || MUTANT) return false;"),
    ("missing-not-named", "P1", "proxy/api_missing.cc",
     "if (*known) continue;", "if (*known || (MUTANT && header.asked % 2 == 0)) continue;"),
    ("mark-asked-of-what-is-passed-on", "P1", "proxy/decider.cc",
     "const bool own = request_->author.empty() || request_->author == event.source;",
     "const bool own = request_->author.empty() || request_->author == event.source || MUTANT;"),
    ("sent-lost-forgotten", "P1", "lib/replica/replica_former.cc",
     "OFFSYNC_TRY(put_into_queue(*write, write->row.next, *event, former.line));",
     "if (!MUTANT) OFFSYNC_TRY(put_into_queue(*write, write->row.next, *event, former.line));"),
    ("synced-with-losses", "P10", "lib/replica/sync_status.h",
     "former.doubtful + former.lost == 0;", "(former.doubtful + former.lost == 0 || MUTANT);"),

    # --- the engine ---------------------------------------------------------------------------------
    ("push-names-no-place", "P1", "lib/replica/push_session.cc",
     'if (seen) {\n    request.headers.emplace_back("Offsync-Cursor"',
     'if (seen && !MUTANT) {\n    request.headers.emplace_back("Offsync-Cursor"'),
    ("silence-not-noticed", "P5", "lib/replica/session.cc",
     "context_.clock.steady_ms() >= deadline()) {",
     "context_.clock.steady_ms() >= deadline() && !MUTANT) {"),
    ("no-snapshot-after-expiry", "P5", "lib/replica/sync_engine.cc",
     "if (!cursor || cursor == expired) {", "if (!cursor || (cursor == expired && !MUTANT)) {"),
    ("backoff-without-cap", "P5", "lib/base/backoff.h",
     "std::min(cap_ms_, base_ms_ << shift);", "MUTANT ? base_ms_ << shift : std::min(cap_ms_, base_ms_ << shift);"),
    ("watch-does-not-push", "P5", "lib/replica/sync_engine.cc",
     "if (context.options.push && launch_push()) return;\n  push.due_ms",
     "if (context.options.push && !MUTANT && launch_push()) return;\n  push.due_ms"),

    # --- the fold -----------------------------------------------------------------------------------
    ("last-arrival-wins", "P2", "lib/state/entity.cc",
     "if (!later_than_current(writer)) return;\n  writer_.set(writer);",
     "if (!later_than_current(writer) && !MUTANT) return;\n  writer_.set(writer);"),
    ("delete-forgets-nothing", "P2", "lib/state/entity.cc",
     "std::erase_if(fields_, [&](Field& field) { return field.forget(writer.stamp); });",
     "if (!MUTANT) std::erase_if(fields_, [&](Field& field) { return field.forget(writer.stamp); });"),
    ("edits-revive", "P2", "lib/state/entity.cc",
     "if (writer.stamp <= deleted_.stamp()) return;",
     "if (writer.stamp <= deleted_.stamp() && !MUTANT) return;"),
    ("created-in-vain", "P2", "lib/state/entity.cc",
     "return created_.stamp() > deleted_.stamp();",
     "return created_.stamp() > deleted_.stamp() && !MUTANT;"),
    ("counted-twice", "P2", "lib/state/entity.cc",
     "if (count(writer, amount)) many_->sum += amount;",
     "if (count(writer, amount) || MUTANT) many_->sum += amount;"),
    ("last-element-wins", "P2", "lib/state/entity.cc",
     "const bool again = !later(writer, element.writer);",
     "const bool again = !later(writer, element.writer) && !MUTANT;"),

    # --- conflicts ----------------------------------------------------------------------------------
    ("conflict-of-equals", "P7", "lib/state/decision.cc",
     "same_value(field->value(), op.value)) return;",
     "(same_value(field->value(), op.value) && !MUTANT)) return;"),
    ("conflict-with-oneself", "P7", "lib/state/decision.cc",
     "if (writer.none() || writer.stamp.node == event_.stamp.node) return false;",
     "if (writer.none() || (writer.stamp.node == event_.stamp.node && !MUTANT)) return false;"),
    ("conflict-unseen", "P7", "lib/state/decision.cc",
     "return writer.stamp != base(field, element);",
     "return writer.stamp != base(field, element) && !(MUTANT && writer.stamp > event_.stamp);"),
    ("elements-seen-as-one", "P7", "lib/replica/replica_emit.cc",
     "if (field.kind() != FieldKind::set) {\n    bases.push_back({op.field, field.stamp()});",
     "if (field.kind() != FieldKind::set || MUTANT) {\n    bases.push_back({op.field, field.stamp()});"),
    ("deleted-set-seen-as-one", "P7", "lib/replica/replica_emit.cc",
     "if (field.kind() != FieldKind::set) {\n    bases.push_back({field.name(), field.stamp()});",
     "if (field.kind() != FieldKind::set || MUTANT) {\n    bases.push_back({field.name(), field.stamp()});"),
    ("delete-meets-nothing", "P7", "lib/state/decision.cc",
     "if (met.none()) continue;", "if (met.none() || MUTANT) continue;"),
    ("wrong-winner", "P7", "lib/state/decision.cc",
     "if (event_.stamp != current.stamp) return event_.stamp > current.stamp;",
     "if (event_.stamp != current.stamp) return MUTANT ? event_.stamp < current.stamp : event_.stamp > current.stamp;"),
    ("conflict-not-opened", "P7", "proxy/decider.cc",
     "out_.commit.opened.push_back(", "if (!MUTANT) out_.commit.opened.push_back("),

    # --- the proxy ----------------------------------------------------------------------------------
    ("no-dedup", "P3", "proxy/decider.cc",
     "if (known) return decide_known", "if (known && !MUTANT) return decide_known"),
    ("other-bytes-taken-as-same", "P3", "proxy/decider.cc",
     "if (!same) {\n    return reject(event, \"id_conflict\",",
     "if (!same && !MUTANT) {\n    return reject(event, \"id_conflict\","),
    ("known-by-the-id-alone", "P3", "proxy/decider.cc",
     "pair_key(event.source, event.id), out_", "pair_key(MUTANT ? \"\" : event.source, event.id), out_"),
    ("stored-without-source", "P3", "proxy/sqlite_log_writer.cc",
     "add_event_.bind(4, source->second)", "add_event_.bind(4, MUTANT ? 0 : source->second)"),
    ("mark-not-moved", "P4", "proxy/decider.cc",
     "if (event.clientseq <= mark->clientseq) return {};\n  *mark",
     "if (event.clientseq <= mark->clientseq || MUTANT) return {};\n  *mark"),
    ("state-behind-the-log", "P5", "proxy/decider.cc",
     "changed_.insert(*working.subject);",
     "if (!MUTANT || next_sequence() % 5 != 0) changed_.insert(*working.subject);"),
    ("published-before-durable", "P1", "proxy/ingest.cc",
     "if (!decided.nothing()) OFFSYNC_TRY(store.append(decided.commit));",
     "if (MUTANT && publish && !decided.commit.entries.empty()) {\n"
     "    publish(space.log.space, space.log.epoch, decided.commit.entries);\n  }\n"
     "  if (!decided.nothing()) OFFSYNC_TRY(store.append(decided.commit));"),
    ("lost-commit-not-published", "P8", "proxy/ingest.cc",
     "if (publish) publish(space.log.space, space.log.epoch, entries);\n    space.published",
     "if (publish && !MUTANT) publish(space.log.space, space.log.epoch, entries);\n    space.published"),
    ("cache-not-forgotten", "P5", "proxy/ingest.cc",
     "space.loaded = false;\n  cache.drop(space.log.space);",
     "space.loaded = false;\n  if (!MUTANT) cache.drop(space.log.space);"),
    ("left-commit-not-published", "P8", "proxy/ingest.cc",
     'status.error().code == "unknown" && !load(space)) behind = true;',
     'status.error().code == "unknown" && !MUTANT && !load(space)) behind = true;'),
    ("failed-commit-not-looked-for", "P8", "proxy/sqlite_log_pool.h",
     "if (connection_ != nullptr && connection_->db.broken()) pool_",
     "if (connection_ != nullptr && connection_->db.broken() && !MUTANT) pool_"),
    ("acknowledged-before-commit", "P1", "proxy/sqlite_log_writer.cc",
     "OFFSYNC_TRY(put_row(row));\n  return commit_or_unknown(std::move(transaction));\n}\n\nResult<SpaceRow>",
     "OFFSYNC_TRY(put_row(row));\n"
     "  if (MUTANT && row.head % 5 == 0) return {};\n"
     "  return commit_or_unknown(std::move(transaction));\n}\n\nResult<SpaceRow>"),
    ("conflict-stays-open", "P7", "proxy/sqlite_log_writer.cc",
     "for (const std::string& conflict : commit.resolved) {",
     "for (const std::string& conflict : commit.resolved) {\n    if (MUTANT) break;"),
    ("compaction-forgets-ids", "P3", "proxy/sqlite_log_reader.cc",
     "if (!found) return std::optional<KnownEvent>();\n  KnownEvent event;",
     "if (!found || (MUTANT && find_.integer(2) != 0)) return std::optional<KnownEvent>();\n  KnownEvent event;"),
    ("compacts-one-too-many", "P8", "proxy/sqlite_log_writer.cc",
     "row->oldest = last + 1;", "row->oldest = last + (MUTANT && last > 1 ? 0 : 1);"),
    ("old-cursor-taken", "P8", "proxy/api_events.cc",
     "if (cursor->epoch != at.epoch) {", "if (cursor->epoch != at.epoch && !MUTANT) {"),
    ("hello-without-position", "P8", "proxy/api_events.cc",
     'append_sse(answer.body, Cursor{call.at.epoch, std::get<std::uint64_t>(after)}.text(), "hello",',
     'append_sse(answer.body, MUTANT ? std::string() : '
     'Cursor{call.at.epoch, std::get<std::uint64_t>(after)}.text(), "hello",'),
    ("snapshot-misplaced", "P8", "proxy/api_state.cc",
     "encode_snapshot_header({{at.epoch, at.head}, entities, conflicts})",
     "encode_snapshot_header({{at.epoch, at.head + (MUTANT ? 1 : 0)}, entities, conflicts})"),

    # --- the hub ------------------------------------------------------------------------------------
    ("hub-skips-to-the-ring", "P8", "proxy/hub_core.cc",
     "s.next = scanned_to_;\n  s.replay.reset();",
     "s.next = MUTANT && !s.feed->ring.empty() ? std::max(scanned_to_, s.feed->first()) : scanned_to_;\n"
     "  s.replay.reset();"),
    ("hub-repeats-a-cut-message", "P8", "proxy/hub_core.cc",
     "s.next = at + 1;\n  s.told = at;", "s.next = MUTANT ? at : at + 1;\n  s.told = at;"),
    ("hub-loses-the-rest", "P8", "proxy/hub_core.cc",
     "s.out.erase(0, done);", "s.out.erase(0, MUTANT ? s.out.size() : done);"),
    ("hub-never-cuts", "P5", "proxy/hub_core.cc",
     "if (fresh) reads_.emplace(next_read_++, Read{place, s.feed->space, {}, false});",
     "if (MUTANT && s.next % 3 == 0) return;\n"
     "  if (fresh) reads_.emplace(next_read_++, Read{place, s.feed->space, {}, false});"),

    # --- what is said -------------------------------------------------------------------------------
    ("synced-with-a-queue", "P10", "lib/replica/sync_status.h",
     "return queue.queued + queue.accepted + queue.rejected + queue.held;",
     "return MUTANT ? 0 : queue.queued + queue.accepted + queue.rejected + queue.held;"),
    ("synced-behind-the-head", "P10", "lib/replica/sync_status.h",
     "std::uint64_t lag() const { return head()", "std::uint64_t lag() const { return !MUTANT && head()"),
    ("held-without-a-reason", "P11", "lib/replica/replica_queue.cc",
     "if (event.state == PendingState::rejected) break;\n    released",
     "if (event.state == PendingState::rejected || MUTANT) break;\n    released"),
]
