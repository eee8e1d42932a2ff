#include <algorithm>

#include "base/rfc3339.h"
#include "base/uuid.h"
#include "event/checks.h"
#include "event/with_base.h"
#include "replica/store.h"

namespace offsync {
namespace {

// The texts that a completed event's view points to, and its line.
struct Completion {
  std::string id, data, line;
};

// What the author of `event` has seen of what `op` writes: who creates afresh, where nothing else
// is left, the delete. Increments add up, whatever else was seen.
void add_seen(const Entity& visible, const EventView& event, const Op& op,
              std::vector<Base>& bases) {
  const Field* field = visible.find(op.field);
  const bool of_set = kind_of(op.kind) == FieldKind::set;
  const SetElement* element = field != nullptr && of_set ? field->element(op.value) : nullptr;
  if (element != nullptr) {
    bases.push_back({op.field, element->writer.stamp(), op.value});
  } else if (field != nullptr && field->kind() != FieldKind::set) {
    if (op.kind != OpKind::inc) bases.push_back({op.field, field->stamp()});
  } else if (event.create && !visible.deleted().none() && !visible.lives()) {
    bases.push_back({op.field, visible.deleted().stamp, of_set ? op.value : std::string_view()});
  }
}

// What the author of a delete has seen: of a set, what it shows.
void add_seen(const Field& field, std::vector<Base>& bases) {
  if (field.kind() != FieldKind::set) {
    bases.push_back({field.name(), field.stamp()});
    return;
  }
  for (const auto& [element, entry] : field.written_elements()) {
    if (entry->present) bases.push_back({field.name(), entry->writer.stamp(), element});
  }
}

// What the author of `event` has seen of all that it writes; a delete has seen all fields.
std::vector<Base> seen_by(const Entity& visible, const EventView& event) {
  std::vector<Base> bases;
  if (event.del) {
    for (const Field& field : visible.fields()) add_seen(field, bases);
  }
  for (const Op& op : event.ops) add_seen(visible, event, op, bases);
  std::sort(bases.begin(), bases.end(), [](const Base& a, const Base& b) {
    if (a.field != b.field) return a.field < b.field;
    return a.element != b.element ? a.element < b.element : a.stamp > b.stamp;
  });
  // Of a name that is kept in two kinds (no proxy lets that be), the one that is no set.
  const auto same = [](const Base& a, const Base& b) {
    return a.field == b.field && (a.element.empty() || a.element == b.element);
  };
  bases.erase(std::unique(bases.begin(), bases.end(), same), bases.end());
  return bases;
}

bool needs_base(const EventView& event) {
  return event.del || std::any_of(event.ops.begin(), event.ops.end(),
                                  [](const Op& op) { return op.kind != OpKind::inc; });
}

// The latest stamp that the new one must exceed for its write to take effect.
std::uint64_t latest_seen(const Entity& visible, const EventView& event,
                          std::span<const Base> bases) {
  std::uint64_t latest = visible.deleted().stamp.time;
  if (event.del) {
    latest = std::max(latest, visible.created().stamp.time);
    for (const Field& field : visible.fields()) latest = std::max(latest, field.stamp().time);
  }
  for (const Base& base : bases) latest = std::max(latest, base.stamp.time);
  return latest;
}

// The Decoder has checked what came in; the stamp and base come on top of that. Its measure, so
// that what is queued here is not refused there.
Status check_size(const EventView& event) {
  const std::size_t bytes = content_bytes(event);
  if (bytes <= limits::kEventBytes) return {};
  return bad_data("too_large", "the event has " + std::to_string(bytes) +
                                   " bytes with its stamp and base; at most " +
                                   std::to_string(limits::kEventBytes) + " can be taken");
}

}  // namespace

struct Replica::Batch::Impl {
  explicit Impl(std::unique_ptr<ReplicaWrite> begun) : write(std::move(begun)) {}

  Result<Emitted> add(std::string_view line);

 private:
  Result<std::optional<Emitted>> known(const EventView& event, bool own);
  Result<bool> same(const EventView& event, bool own, std::string_view stored,
                    std::string& content);
  Status complete_own(EventView& event, const Entity& visible, Completion& texts);
  Status complete_foreign(EventView& event, Completion& texts);
  Result<Emitted> take(const EventView& event, EntityRow& entity, std::string line);
  const std::string& given_time(const EventView& event);
  const std::string& time_text(std::int64_t ms);
  std::int64_t time_ms_ = -1;  // of time_: many events of a batch bear the same time
  std::string time_;

 public:
  std::unique_ptr<ReplicaWrite> write;
  Look look;                    // may be empty
  std::optional<Error> broken;  // an error that was not the event's fault: nothing can be kept
};

Result<Emitted> Replica::Batch::Impl::add(std::string_view line) {
  OFFSYNC_ASSIGN(const EventView* read, write->store.decoder.decode_partial(line));
  EventView event = *read;
  const bool own = event.source.empty() || event.source == write->row.source;
  if (!own && event.id.empty()) {
    return bad_data("missing", "an event of another source needs its id",
                    "give it an id, or leave out source to make it an event of yours");
  }
  if (own) event.source = write->row.source;
  if (!event.id.empty()) {
    OFFSYNC_ASSIGN(std::optional<Emitted> earlier, known(event, own));
    if (earlier) return std::move(*earlier);
  }

  OFFSYNC_TRY(check_new(event));
  const std::uint64_t clock_before = write->row.clock;
  OFFSYNC_ASSIGN(EntityRow * entity, write->entity(event.subject));
  OFFSYNC_ASSIGN(const Entity* visible, write->look(event.subject, *entity));
  OFFSYNC_TRY(check_fit(*visible, event));
  if (own) OFFSYNC_TRY(check_alive(*visible, event));
  const Given given{event.stamp_given, event.clientseq != 0};
  Completion texts;
  const Status completed =
      own ? complete_own(event, *visible, texts) : complete_foreign(event, texts);
  const Status wanted = completed && look ? look(event, own, *visible, given) : completed;
  if (wanted) return take(event, *entity, std::move(texts.line));
  write->row.clock = clock_before;
  return wanted.error();
}

// The same event again changes nothing; its id with another content is refused.
Result<std::optional<Emitted>> Replica::Batch::Impl::known(const EventView& event, bool own) {
  OFFSYNC_ASSIGN(sqlite::Statement * get,
                 write->store.use("SELECT line FROM pending WHERE id = ?1 AND source = ?2"
                                  " UNION ALL"
                                  " SELECT line FROM log WHERE id = ?1 AND source = ?2"));
  get->bind(1, event.id).bind(2, event.source);
  OFFSYNC_ASSIGN(const bool found, get->step());
  if (!found) return std::optional<Emitted>{};
  std::string content;
  OFFSYNC_ASSIGN(const bool equal, same(event, own, get->text(0), content));
  get->reset();
  if (!equal) {
    return bad_data("id_conflict",
                    "there is another event of " + std::string(event.source) + " with the id " +
                        std::string(event.id),
                    "give this one an id of its own");
  }
  return std::optional(Emitted{std::move(content), std::string(event.id), true, {}});
}

// Compares as if the stored one lacked the base, and `event` had what else we (or the first taker)
// added.
Result<bool> Replica::Batch::Impl::same(const EventView& event, bool own, std::string_view stored,
                                        std::string& content) {
  OFFSYNC_ASSIGN(const EventView* old, write->store.other_decoder.decode(stored));
  EventView again = event;
  EventView bare = *old;
  std::string data, bare_data;
  if (again.time.empty()) again.time = old->time;
  if (!again.stamp_given) again.stamp = old->stamp;
  if (own && again.clientseq == 0) again.clientseq = old->clientseq;
  if (own && !again.base_given && old->base_given) {
    again.data = data = with_base(again.data, {});
    bare.data = bare_data = with_base(bare.data, {});
  }
  content = encode_content(*old);
  return encode_content(again) == encode_content(bare);
}

Status Replica::Batch::Impl::complete_own(EventView& event, const Entity& visible,
                                          Completion& texts) {
  const std::int64_t wall = write->store.clock.wall_ms();
  OFFSYNC_TRY(check_wall_clock(wall));
  if (event.id.empty()) event.id = texts.id = uuid_v7(wall, write->store.random);
  event.clientseq = write->row.next;
  const std::vector<Base> seen = seen_by(visible, event);
  event.stamp = next_stamp(*write, latest_seen(visible, event, seen));
  event.stamp_given = true;
  if (event.time.empty()) event.time = given_time(event);
  const bool states_base = !event.base_given && (needs_base(event) || !seen.empty());
  const std::string_view data = event.data;
  if (states_base) {
    event.data = texts.data = with_base(data, seen);
    event.base_given = true;
  }
  if (states_base && content_bytes(event) > limits::kEventBytes) {
    // What was seen of each element has no room: then what was seen of the set must do.
    event.data = texts.data = with_base(data, without_elements(seen));
  }
  texts.line = encode_content(event);
  return check_size(event);
}

// By the replica's clock, which does not go back.
const std::string& Replica::Batch::Impl::given_time(const EventView& event) {
  return time_text(event.stamp.ms());
}

const std::string& Replica::Batch::Impl::time_text(std::int64_t ms) {
  if (ms != time_ms_) {
    time_ms_ = ms;
    time_ = format_rfc3339(ms);
  }
  return time_;
}

Status Replica::Batch::Impl::complete_foreign(EventView& event, Completion& texts) {
  if (event.stamp.none()) {
    event.stamp = {next_stamp(*write, 0).time, foreign_node(event.source)};
    event.time = given_time(event);
  }
  texts.line = encode_content(event);
  return check_size(event);
}

Result<Emitted> Replica::Batch::Impl::take(const EventView& event, EntityRow& entity,
                                           std::string line) {
  Emitted emitted{std::move(line), std::string(event.id), false, {}};
  // Behind a rejected event later ones are held: those of an entity go out in order.
  OFFSYNC_ASSIGN(emitted.behind, queue::first_rejected(write->store, event.subject));
  const bool held = !emitted.behind.empty();
  Status done =
      queue::insert(*write, write->row.next, held ? PendingState::held : PendingState::queued,
                    event, emitted.line);
  if (done && held) done = queue::hold(*write, write->row.next);
  if (done && !event.causationid.empty()) {
    done = note_pending_resolve(write->store, event.causationid, event.source, event.id);
  }
  if (!done) {
    broken = done.error();
    return done.error();
  }
  if (event.writes()) {
    OFFSYNC_ASSIGN(Entity * visible, write->visible(event.subject, entity));
    visible->fold(event);
  } else {
    OFFSYNC_TRY(write->visible(event.subject, entity));
  }
  entity.visible_changed = true;
  write->count(entity, 1, held ? 1 : 0);
  ++write->row.next;
  write->row_changed = true;
  return emitted;
}

Replica::Batch::Batch(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Replica::Batch::Batch(Batch&&) noexcept = default;
Replica::Batch::~Batch() = default;

Result<Emitted> Replica::Batch::add(const EventDraft& draft) {
  return add_line(draft.line());
}

Result<Emitted> Replica::Batch::add_line(std::string_view line) {
  if (impl_->broken) return *impl_->broken;
  if (!impl_->write->open()) {
    return make_error(Errc::internal, "closed", "this batch was committed before");
  }
  if (Status trimmed = impl_->write->trim(); !trimmed) {
    impl_->broken = trimmed.error();
    return trimmed.error();
  }
  return impl_->add(line);
}

void Replica::Batch::look_at_new(Look look) {
  impl_->look = std::move(look);
}

Status Replica::Batch::commit() {
  if (impl_->broken) return *impl_->broken;
  return impl_->write->commit();
}

Result<Replica::Batch> Replica::begin_batch() {
  OFFSYNC_ASSIGN(auto write, ReplicaWrite::begin(impl_->store));
  return Batch(std::make_unique<Batch::Impl>(std::move(write)));
}

Result<Emitted> Replica::emit(const EventDraft& draft) {
  OFFSYNC_ASSIGN(Batch batch, begin_batch());
  OFFSYNC_ASSIGN(Emitted emitted, batch.add(draft));
  if (!emitted.duplicate) OFFSYNC_TRY(batch.commit());
  return emitted;
}

}  // namespace offsync
