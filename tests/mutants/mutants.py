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
    ("replica-not-secured", "P1", "lib/replica/open.cc",
     "if (!lock_->doubtful()) return {};\n  OFFSYNC_TRY(db_->secure());",
     "if (!lock_->doubtful() || MUTANT) return {};\n  OFFSYNC_TRY(db_->secure());"),

    # --- the clock ----------------------------------------------------------------------------------
    ("clock-not-kept", "P9", "lib/replica/write.cc",
     "write.row.clock = clock.last();", "if (!MUTANT) write.row.clock = clock.last();"),
    ("clock-not-ticking", "P9", "lib/event/hybrid_clock.cc",
     "std::max(last_, floor) + 1);", "std::max(last_, floor) + (MUTANT ? 0 : 1));"),
    ("clock-without-guard", "P9", "lib/event/hybrid_clock.cc",
     "std::min(seen.time, bound));", "MUTANT ? seen.time : std::min(seen.time, bound));"),
    ("proxy-without-clock-guard", "P9", "proxy/ingest/decider.cc",
     "if (skew <= tools_.options.clock_guard_ms)", "if (MUTANT || skew <= tools_.options.clock_guard_ms)"),

    ("given-times-go-back", "P9", "proxy/ingest/decider.cc",
     "clock_.observe(Stamp::make(wall_ms, 0, 0), wall_ms, 0);",
     "if (MUTANT) clock_ = HybridClock(0, 0);\n    clock_.observe(Stamp::make(wall_ms, 0, 0), wall_ms, 0);"),
    ("given-times-forgotten", "P9", "proxy/store/sqlite/writer.cc",
     "row.clock = std::max(row.clock, commit.clock);",
     "if (!MUTANT) row.clock = std::max(row.clock, commit.clock);"),

    # --- the replica's states -----------------------------------------------------------------------
    ("overlay-not-removed", "P2", "lib/replica/write.cc",
     "if (entity.pending > 0) return;\n  entity.visible.reset();",
     "if (entity.pending > 0 || MUTANT) return;\n  entity.visible.reset();"),
    ("overlay-misses-others", "P2", "lib/replica/write.cc",
     "shown->fold(event);\n    entity->visible_changed = true;",
     "if (!MUTANT) shown->fold(event);\n    entity->visible_changed = true;"),
    ("confirmed-not-folded", "P2", "lib/replica/write.cc",
     "sure->fold(event);", "if (!MUTANT) sure->fold(event);"),
    ("rejected-not-rolled-back", "P2", "lib/replica/queue.cc",
     "++settled.rejected;\n    followed.affected.insert(key->subject);",
     "++settled.rejected;\n    if (!MUTANT) followed.affected.insert(key->subject);"),
    ("settled-events-stay", "P5", "lib/replica/pull.cc",
     "if (!same) return {};", "if (!same || MUTANT) return {};"),
    ("cursor-saved-early", "P2", "lib/replica/pull.cc",
     "OFFSYNC_TRY(keep(event, canonical));",
     "if (MUTANT && event.sequence % 3 == 0) {\n"
     "      write_.row.cursor = event.sequence;\n      return {};\n    }\n"
     "    OFFSYNC_TRY(keep(event, canonical));"),
    # That a gap is refused cannot be seen here, as the proxy of the simulator makes none: that is the
    # matter of tests/lib/replica/replica_pull_test.cc.
    ("next-event-skipped", "P5", "lib/replica/pull.cc",
     "if (event.sequence < expected) return {};",
     "if (MUTANT ? event.sequence <= expected : event.sequence < expected) return {};"),
    ("log-line-not-kept", "P8", "lib/replica/pull.cc",
     "OFFSYNC_TRY(keep(event, canonical));",
     "if (!MUTANT || event.sequence % 5 != 0) OFFSYNC_TRY(keep(event, canonical));"),
    ("conflict-not-kept", "P7", "lib/replica/conflicts.cc",
     "if (event.type == kConflictType) {", "if (event.type == kConflictType && !MUTANT) {"),
    ("conflict-not-closed", "P7", "lib/replica/conflicts.cc",
     "if (event.causationid.empty()) return {};",
     "if (event.causationid.empty() || MUTANT) return {};"),
    ("epoch-not-checked", "P2", "lib/replica/pull.cc",
     "OFFSYNC_TRY(must_be_of(row, epoch));", "if (!MUTANT) OFFSYNC_TRY(must_be_of(row, epoch));"),
    ("settled-by-another-log", "P1", "lib/replica/queue.cc",
     "OFFSYNC_TRY(must_be_of(write->row, epoch));", "if (!MUTANT) OFFSYNC_TRY(must_be_of(write->row, epoch));"),

    # --- the queue ----------------------------------------------------------------------------------
    ("pushed-backwards", "P4", "lib/replica/queue.cc",
     '" FROM pending WHERE n > ? AND state = " OFFSYNC_QUEUED " ORDER BY n"));\n  next->bind(1, after);',
     '" FROM pending WHERE n > ? AND state = " OFFSYNC_QUEUED " ORDER BY n"));\n'
     '  if (MUTANT) {\n'
     '    OFFSYNC_ASSIGN(next, impl_->store.use("SELECT " OFFSYNC_PENDING_COLUMNS\n'
     '                                          " FROM pending WHERE n > ? AND state = " OFFSYNC_QUEUED\n'
     '                                          " ORDER BY n DESC"));\n'
     '  }\n  next->bind(1, after);'),
    ("confirmed-by-mistake", "P1", "lib/replica/queue.cc",
     "followed.affected.insert(key->subject);\n    OFFSYNC_TRY(forget_pending_resolve(write.store, key->source, outcome.id));",
     "followed.affected.insert(key->subject);\n    if (MUTANT) return queue::remove(write, key->n);\n"
     "    OFFSYNC_TRY(forget_pending_resolve(write.store, key->source, outcome.id));"),
    ("emit-forgets-the-queue", "P1", "lib/replica/emit.cc",
     "write->count(entity, 1, held ? 1 : 0);", "write->count(entity, 1, held ? 1 : 0);\n"
     "  if (MUTANT && write->row.next % 7 == 0) OFFSYNC_TRY(queue::remove(*write, write->row.next));"),
    ("number-given-twice", "P4", "lib/replica/emit.cc",
     "++write->row.next;\n  write->row_changed = true;",
     "++write->row.next;\n  write->row_changed = !MUTANT || write->row.next % 4 != 0;"),

    ("settled-by-the-id-alone", "P5", "lib/replica/write.cc",
     'store.use("SELECT n, state, sequence, subject FROM pending"\n'
     '                           " WHERE id = ? AND source = ?"));',
     'store.use(MUTANT ? "SELECT n, state, sequence, subject FROM pending WHERE id = ?1 AND ?2 = ?2"\n'
     '                  : "SELECT n, state, sequence, subject FROM pending"\n'
     '                           " WHERE id = ? AND source = ?"));'),
    ("confirmed-by-the-id-alone", "P5", "lib/replica/pull.cc",
     'write_.store.use("SELECT n, state, line FROM pending"\n'
     '                                                             " WHERE id = ? AND source = ?"));',
     'write_.store.use(MUTANT ? "SELECT n, state, line FROM pending WHERE id = ?1 AND ?2 = ?2"\n'
     '                         : "SELECT n, state, line FROM pending WHERE id = ? AND source = ?"));'),
    ("emitted-by-the-id-alone", "P3", "lib/replica/emit.cc",
     'write->store.use("SELECT line FROM pending WHERE id = ?1 AND source = ?2"',
     'write->store.use(MUTANT ? "SELECT line FROM pending WHERE id = ?1 AND ?2 = ?2"\n'
     '                        : "SELECT line FROM pending WHERE id = ?1 AND source = ?2"'),

    # --- snapshots ----------------------------------------------------------------------------------
    ("snapshot-forgets-pending", "P2", "lib/replica/snapshot.cc",
     "if (state == PendingState::rejected) continue;",
     "if (state == PendingState::rejected || MUTANT) continue;"),
    ("snapshot-keeps-covered", "P5", "lib/replica/snapshot.cc",
     "OFFSYNC_TRY(queue::remove(write_, n));", "if (!MUTANT) OFFSYNC_TRY(queue::remove(write_, n));"),
    ("snapshot-leaves-accepted", "P5", "lib/replica/snapshot.cc",
     "        again.push_back(next.uinteger(0));",
     "        if (!MUTANT) again.push_back(next.uinteger(0));"),
    ("snapshot-drops-conflicts", "P7", "lib/replica/snapshot.cc",
     "const EventView& event = reader_.conflict();",
     "const EventView& event = reader_.conflict();\n    if (MUTANT) return {};"),
    ("snapshot-cursor-behind", "P8", "lib/replica/snapshot.cc",
     "row.cursor = row.log_after = cursor.sequence;",
     "row.cursor = row.log_after = cursor.sequence - (MUTANT && cursor.sequence > 0 ? 1 : 0);"),

    # --- whose log it is, and what a log has lost ----------------------------------------------------
    ("other-log-followed", "P1", "lib/replica/log.cc",
     "if (replica.place.empty() || replica.place == there.url) return {};",
     "if (replica.place.empty() || replica.place == there.url || MUTANT) return {};"),
    ("place-not-kept", "P1", "lib/replica/snapshot.cc",
     "if (!from_.url.empty()) row.place = from_.url;",
     "if (!from_.url.empty() && !MUTANT) row.place = from_.url;\n    if (MUTANT) row.place = \"http://proxy/v1/spaces/s1\";"),
    ("received-log-thrown-away", "P1", "lib/replica/snapshot.cc",
     "OFFSYNC_TRY(former::take_over(write_));", "if (!MUTANT) OFFSYNC_TRY(former::take_over(write_));"),
    ("own-not-queued-again", "P1", "lib/replica/former.cc",
     "OFFSYNC_TRY(put_into_queue(write, event->clientseq, *event, former.line));",
     "if (!MUTANT) OFFSYNC_TRY(put_into_queue(write, event->clientseq, *event, former.line));"),
    ("lost-taken-for-there", "P1", "lib/replica/former.cc",
     "if (!queued) OFFSYNC_TRY(set_state(impl_->store, one.n, Former::lost));",
     "if (!queued) OFFSYNC_TRY(set_state(impl_->store, one.n, MUTANT ? Former::there : Former::lost));"),
    ("question-forgotten", "P5", "lib/sync/engine.cc",
     "if (asked->empty() || !info->cursor) return false;",
     "if (asked->empty() || !info->cursor || MUTANT) return false;"),
    ("missing-not-named", "P1", "proxy/api/missing.cc",
     "if (facts->events[i]) continue;", "if (facts->events[i] || (MUTANT && i % 2 == 1)) continue;"),
    ("mark-asked-of-what-is-passed-on", "P1", "proxy/ingest/decider.cc",
     "const bool own = request_->author.empty() || request_->author == event.source;",
     "const bool own = request_->author.empty() || request_->author == event.source || MUTANT;"),
    ("put-back-not-noticed-by-a-line", "P8", "proxy/api/events.cc",
     'const auto mark = call.request.header("Offsync-Line");',
     'const auto mark = MUTANT ? std::string_view() : call.request.header("Offsync-Line");'),
    ("accepted-never-given-up", "P5", "lib/replica/former.cc",
     "  for (const std::uint64_t n : gone) {",
     "  if (MUTANT) gone.clear();\n  for (const std::uint64_t n : gone) {"),
    ("sent-lost-forgotten", "P1", "lib/replica/former.cc",
     "OFFSYNC_TRY(put_into_queue(*write, write->row.next, *event, former.line));",
     "if (!MUTANT) OFFSYNC_TRY(put_into_queue(*write, write->row.next, *event, former.line));"),
    ("synced-with-losses", "P10", "lib/sync/status.h",
     "former.doubtful + former.lost == 0;", "(former.doubtful + former.lost == 0 || MUTANT);"),

    # --- the engine ---------------------------------------------------------------------------------
    ("push-names-no-place", "P1", "lib/sync/session.cc",
     'request.headers.emplace_back("Offsync-Cursor", seen.text());',
     'if (!MUTANT) request.headers.emplace_back("Offsync-Cursor", seen.text());'),
    ("silence-not-noticed", "P5", "lib/sync/session.cc",
     "context_.clock.steady_ms() >= deadline()) give_up();",
     "context_.clock.steady_ms() >= deadline() && !MUTANT) give_up();"),
    ("no-snapshot-after-expiry", "P5", "lib/sync/engine.cc",
     "if (!cursor || cursor == expired) {", "if (!cursor || (cursor == expired && !MUTANT)) {"),
    ("backoff-without-cap", "P5", "lib/base/backoff.h",
     "std::min(cap_ms_, base_ms_ << shift);", "MUTANT ? base_ms_ << shift : std::min(cap_ms_, base_ms_ << shift);"),
    ("watch-does-not-push", "P5", "lib/sync/engine.cc",
     "if (context.options.push && launch_push()) return;\n  push.due_ms",
     "if (context.options.push && !MUTANT && launch_push()) return;\n  push.due_ms"),

    # --- the fold -----------------------------------------------------------------------------------
    ("last-arrival-wins", "P2", "lib/state/entity.cc",
     "if (!same_write || value <= this->value()) return;",
     "if (!MUTANT && (!same_write || value <= this->value())) return;"),
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
     "return !saw(event_, writer.stamp, field, element);",
     "return !saw(event_, writer.stamp, field, element) && !(MUTANT && writer.stamp > event_.stamp);"),
    ("late-comer-meets-who-knew-it", "P7", "lib/state/decision.cc",
     "if (known_to_current(conflict, target.met)) return false;",
     "if (!MUTANT && known_to_current(conflict, target.met)) return false;"),
    ("older-is-known", "P7", "lib/state/decision.cc",
     "return seen == write || follows(seen, write);",
     "return seen == write || (MUTANT ? seen > write : follows(seen, write));"),
    ("elements-seen-as-one", "P7", "lib/replica/emit.cc",
     "bases.push_back({op.field, element->writer.stamp(), op.value});",
     "bases.push_back({op.field, MUTANT ? field->stamp() : element->writer.stamp(), MUTANT ? std::string_view() : op.value});"),
    ("deleted-set-seen-as-one", "P7", "lib/replica/emit.cc",
     "if (field.kind() != FieldKind::set) {\n    bases.push_back({field.name(), field.stamp()});",
     "if (field.kind() != FieldKind::set || MUTANT) {\n    bases.push_back({field.name(), field.stamp()});"),
    ("delete-meets-nothing", "P7", "lib/state/decision.cc",
     "if (!field.shows() || already(field.name())) continue;",
     "if (!field.shows() || already(field.name()) || MUTANT) continue;"),
    ("wrong-winner", "P7", "lib/state/decision.cc",
     "if (event_.stamp != current.stamp) return event_.stamp > current.stamp;",
     "if (event_.stamp != current.stamp) return MUTANT ? event_.stamp < current.stamp : event_.stamp > current.stamp;"),
    ("conflict-not-opened", "P7", "proxy/ingest/decider.cc",
     "out_.commit.opened.push_back(", "if (!MUTANT) out_.commit.opened.push_back("),

    # --- the proxy ----------------------------------------------------------------------------------
    ("no-dedup", "P3", "proxy/ingest/decider.cc",
     "if (*known) return decide_known", "if (*known && !MUTANT) return decide_known"),
    ("other-bytes-taken-as-same", "P3", "proxy/ingest/decider.cc",
     "  if (same) {\n    answer(OutcomeKind::duplicate)",
     "  if (same || MUTANT) {\n    answer(OutcomeKind::duplicate)"),
    ("known-by-the-id-alone", "P3", "proxy/ingest/decider.cc",
     "pair_key(event.source, event.id), out_", "pair_key(MUTANT ? \"\" : event.source, event.id), out_"),
    ("stored-without-source", "P3", "proxy/store/sqlite/writer.cc",
     "add_event_.bind(4, source->second)", "add_event_.bind(4, MUTANT ? 0 : source->second)"),
    ("mark-not-moved", "P4", "proxy/ingest/decider.cc",
     "if (event.clientseq <= mark->clientseq) return;\n  *mark",
     "if (event.clientseq <= mark->clientseq || MUTANT) return;\n  *mark"),
    ("state-behind-the-log", "P5", "proxy/ingest/decider.cc",
     "changed_.insert(*working.subject);",
     "if (!MUTANT || next_sequence() % 5 != 0) changed_.insert(*working.subject);"),
    ("published-before-durable", "P1", "proxy/ingest/ingest.cc",
     "  if (!decided.nothing()) OFFSYNC_TRY(append(decided.commit));",
     "  if (MUTANT && !decided.nothing()) {\n"
     "    const Commit early = decided.commit;\n"
     "    logs_.keep(known, std::move(decided));\n    return append(early);\n  }\n"
     "  if (!decided.nothing()) OFFSYNC_TRY(append(decided.commit));"),
    ("left-commit-not-published", "P8", "proxy/ingest/ingest.cc",
     'status.error().code == "unknown" && !logs_.catch_up(known)) note_moved(name);',
     'status.error().code == "unknown" && !MUTANT && !logs_.catch_up(known)) note_moved(name);'),

    # --- several proxies ------------------------------------------------------------------------------
    ("foreign-commits-not-published", "P5", "proxy/ingest/known_logs.cc",
     "tell(known, upto, entries);", "if (!MUTANT) tell(known, upto, entries);"),
    ("foreign-heads-not-told", "P5", "proxy/ingest/known_logs.cc",
     "if (publish_) publish_({space, state.epoch, state.head, {}});",
     "if (publish_ && !MUTANT) publish_({space, state.epoch, state.head, {}});"),
    ("news-not-followed", "P5", "proxy/ingest/ingest.cc",
     "moved.add(space);\n  if (hooks.wake) hooks.wake();", "if (MUTANT) return;\n  moved.add(space);\n  if (hooks.wake) hooks.wake();"),
    ("cache-kept-after-a-lost-race", "P7", "proxy/ingest/known_logs.cc",
     "fold(known, entries);\n    const", "if (!MUTANT) fold(known, entries);\n    const"),
    ("lost-race-not-decided-again", "P10", "proxy/ingest/ingest.cc",
     'if (status.error().code != "behind") break;\n    status',
     'if (MUTANT) {\n      status = {};\n      break;\n    }\n'
     '    if (status.error().code != "behind") break;\n    status'),
    ("hub-forgets-how-far-the-log-is", "P5", "proxy/hub/hub_core.cc",
     "  feed->head = head;\n", "  if (!MUTANT) feed->head = head;\n"),

    # --- the proxy's store ----------------------------------------------------------------------------
    ("failed-commit-not-looked-for", "P8", "proxy/store/sqlite/pool.cc",
     "  secured_ = false;\n}", "  if (!MUTANT) secured_ = false;\n}"),
    ("acknowledged-before-commit", "P1", "proxy/store/sqlite/writer.cc",
     "OFFSYNC_TRY(put_row(row));\n  return commit_or_unknown(std::move(transaction));\n}\n\nResult<SpaceRow>",
     "OFFSYNC_TRY(put_row(row));\n"
     "  if (MUTANT && row.head % 5 == 0) return {};\n"
     "  return commit_or_unknown(std::move(transaction));\n}\n\nResult<SpaceRow>"),
    ("conflict-stays-open", "P7", "proxy/store/sqlite/writer.cc",
     "for (const std::string& conflict : commit.resolved) {",
     "for (const std::string& conflict : commit.resolved) {\n    if (MUTANT) break;"),
    ("compaction-forgets-ids", "P3", "proxy/store/sqlite/reader.cc",
     "if (!found) return std::optional<KnownEvent>();\n  KnownEvent event;",
     "if (!found || (MUTANT && find_.integer(2) != 0)) return std::optional<KnownEvent>();\n  KnownEvent event;"),
    ("compacts-one-too-many", "P8", "proxy/store/sqlite/writer.cc",
     "row->oldest = last + 1;", "row->oldest = last + (MUTANT && last > 1 ? 0 : 1);"),
    ("old-cursor-taken", "P8", "proxy/api/events.cc",
     "if (cursor->epoch != at.epoch) {", "if (cursor->epoch != at.epoch && !MUTANT) {"),
    ("hello-without-position", "P8", "proxy/api/events.cc",
     'append_sse(answer.body, Cursor{call.at.epoch, std::get<std::uint64_t>(after)}.text(), "hello",',
     'append_sse(answer.body, MUTANT ? std::string() : '
     'Cursor{call.at.epoch, std::get<std::uint64_t>(after)}.text(), "hello",'),
    ("snapshot-misplaced", "P8", "proxy/api/state.cc",
     "{{at.epoch, at.head}, entities, conflicts, at.head_line,",
     "{{at.epoch, at.head + (MUTANT ? 1 : 0)}, entities, conflicts, at.head_line,"),

    # --- the hub ------------------------------------------------------------------------------------
    ("hub-skips-to-the-ring", "P8", "proxy/hub/hub_core.cc",
     "s.next = scanned_to_;\n  s.replay.reset();",
     "s.next = MUTANT && !s.feed->ring.empty() ? std::max(scanned_to_, s.feed->first()) : scanned_to_;\n"
     "  s.replay.reset();"),
    ("hub-repeats-a-cut-message", "P8", "proxy/hub/hub_core.cc",
     "s.next = at + 1;\n  s.told = at;", "s.next = MUTANT ? at : at + 1;\n  s.told = at;"),
    ("hub-loses-the-rest", "P8", "proxy/hub/hub_core.cc",
     "s.out.erase(0, done);", "s.out.erase(0, MUTANT ? s.out.size() : done);"),
    ("hub-never-cuts", "P5", "proxy/hub/hub_core.cc",
     "if (fresh) reads_.emplace(next_read_++, Read{place, s.feed->space, {}, false});",
     "if (MUTANT && s.next % 3 == 0) return;\n"
     "  if (fresh) reads_.emplace(next_read_++, Read{place, s.feed->space, {}, false});"),

    # --- what is said -------------------------------------------------------------------------------
    ("synced-with-a-queue", "P10", "lib/sync/status.h",
     "return queue.queued + queue.accepted + queue.rejected + queue.held;",
     "return MUTANT ? 0 : queue.queued + queue.accepted + queue.rejected + queue.held;"),
    ("synced-behind-the-head", "P10", "lib/sync/status.h",
     "std::uint64_t lag() const { return head()", "std::uint64_t lag() const { return !MUTANT && head()"),
    ("held-without-a-reason", "P11", "lib/replica/pull.cc",
     "if (event.state == PendingState::rejected) break;\n    released",
     "if (event.state == PendingState::rejected || MUTANT) break;\n    released"),
]
