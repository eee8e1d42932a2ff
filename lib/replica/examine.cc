#include "replica/examine.h"

#include <fmt/format.h>

#include <map>
#include <optional>

#include "base/limits.h"
#include "event/decoder.h"
#include "replica/file_identity.h"
#include "replica/schema.h"
#include "replica/states.h"
#include "replica/store.h"
#include "sqlite/examine.h"
#include "state/decision.h"
#include "state/entity_codec.h"
#include "state/state.h"
#include "wire/compress.h"
#include "wire/snapshot.h"

namespace offsync {
namespace {

constexpr std::size_t kPieceBytes = limits::kBodyBytes + 1024 * 1024;

class Examination {
 public:
  Examination(sqlite::Db& db, const std::string& file, Examined& report)
      : db_(db), file_(file), report_(report) {}

  Status run() {
    OFFSYNC_ASSIGN(const std::vector<std::string> missing, schema::missing_tables(db_));
    for (const std::string& table : missing) report_.add(schema::missing_text(table));
    if (!missing.empty()) return count_rows();  // there is nothing to compare with
    OFFSYNC_TRY(read_row());
    OFFSYNC_TRY(read_base());
    OFFSYNC_TRY(read_log());
    OFFSYNC_TRY(read_pending());
    OFFSYNC_TRY(read_entities());
    OFFSYNC_TRY(read_former());
    OFFSYNC_TRY(read_consumers());
    return read_conflicts();
  }

 private:
  struct Queued {
    State state;  // of what is not rejected
    std::int64_t pending = 0, held = 0;
  };

  // Calls fn(statement) for each row.
  template <class Fn>
  Status each(const char* sql, const Fn& fn) {
    OFFSYNC_ASSIGN(sqlite::Statement next, db_.prepare(sql));
    for (;;) {
      OFFSYNC_ASSIGN(const bool row, next.step());
      if (!row) return {};
      fn(next);
    }
  }

  // Of the tables that are there.
  Status count_rows() {
    const auto count = [&](const char* sql, std::uint64_t& into) {
      static_cast<void>(each(sql, [&](auto& row) { into = row.uinteger(0); }));
    };
    count("SELECT count(*) FROM log", report_.events);
    count("SELECT count(*) FROM pending", report_.pending);
    count("SELECT count(*) FROM entity", report_.entities);
    count("SELECT count(*) FROM conflict", report_.conflicts);
    return {};
  }

  Status read_row() {
    bool any = false;
    OFFSYNC_TRY(each("SELECT " OFFSYNC_SETTINGS " FROM replica", [&](auto& get) {
      any = true;
      std::string wrong;
      const ReplicaRow row = read_settings(get, wrong);
      if (!wrong.empty()) report_.add(wrong);
      pulled_ = row.pulled;
      cursor_ = row.cursor;
      log_after_ = row.log_after;
      next_ = row.next;
      report_.source = row.source;
      report_.former_sources = row.former();
      const std::string identity = identity_of(file_);
      report_.moved = !identity.empty() && identity != row.file;
    }));
    if (!any) report_.add("it has no settings: its making was cut");
    return {};
  }

  Status read_base() {
    std::uint64_t seen = 0;
    std::optional<SnapshotHeader> header;
    const auto take = [&](std::string_view line) {
      if (!header) {
        auto parsed = parse_snapshot_header(line);
        parsed ? void(header = *parsed) : report_.add("snapshot: its first line is none");
        return;
      }
      if (seen++ >= header->entities) return;
      auto record = entities_.decode(line);
      if (!record)
        return report_.add("snapshot: entity " + std::to_string(seen) + ": " +
                           record.error().detail);
      state_.put(record->subject, record->entity);
    };
    return each("SELECT data FROM base WHERE staged = " OFFSYNC_INSTALLED " ORDER BY chunk",
                [&](auto& row) {
                  auto text = decompress(row.text(0), Coding::zstd, kPieceBytes);
                  if (!text) return report_.add("snapshot: it cannot be unpacked");
                  for (std::string_view rest = *text; !rest.empty();) {
                    const std::size_t end = std::min(rest.find('\n'), rest.size());
                    take(rest.substr(0, end));
                    rest.remove_prefix(std::min(end + 1, rest.size()));
                  }
                });
  }

  // An event of a row, which must say the same as its other columns.
  const EventView* event_of(const std::string& place, std::string_view line,
                            std::string_view source, std::string_view id) {
    const auto event = decoder_.decode(line);
    if (!event) {
      report_.add(place + ": " + event.error().detail);
      return nullptr;
    }
    if ((*event)->source == source && (*event)->id == id) return *event;
    report_.add(place + ": it is kept as event " + std::string(id) + " of " + std::string(source) +
                ", and is another one");
    return nullptr;
  }

  Status read_log() {
    std::uint64_t expected = log_after_ + 1;
    OFFSYNC_TRY(
        each("SELECT sequence, source, id, line FROM log ORDER BY sequence", [&](auto& row) {
          ++report_.events;
          const std::uint64_t sequence = row.uinteger(0);
          const std::string place = "log: sequence " + std::to_string(sequence);
          if (pulled_ && sequence != expected)
            report_.add(place + " comes where " + std::to_string(expected) + " is due");
          expected = sequence + 1;
          const EventView* event = event_of(place, row.text(3), row.text(1), row.text(2));
          if (event == nullptr) return;
          if (event->sequence != sequence) report_.add(place + ": its line says another sequence");
          state_.fold(*event);
        }));
    if (pulled_ && expected != cursor_ + 1) {
      report_.add(
          fmt::format("log: it ends at {}, and the cursor is at {}", expected - 1, cursor_));
    }
    return {};
  }

  Status read_pending() {
    return each(
        "SELECT n, state, source, id, subject, line, code, type FROM pending ORDER BY n",
        [&](auto& row) {
          ++report_.pending;
          const std::string place = "queue: event " + std::to_string(row.uinteger(0));
          if (row.uinteger(0) >= next_) report_.add(place + " has a number that was not given yet");
          const std::int64_t state = row.integer(1);
          if (state < 0 || state > static_cast<int>(PendingState::held))
            report_.add(place + " has no state");
          if (state == static_cast<int>(PendingState::rejected) && !decoder_.decode(row.text(5))) {
            return report_.add(place +
                               " is lost or cannot be read: offsync queue list has "
                               "its id, and offsync queue drop takes it away");
          }
          const EventView* event = event_of(place, row.text(5), row.text(2), row.text(3));
          if (event == nullptr) return;
          if (event->subject != row.text(4)) report_.add(place + ": its line says another subject");
          if (event->type != row.text(7)) report_.add(place + ": its line says another type");
          if (state == static_cast<int>(PendingState::rejected)) {
            if (row.text(6) == "doubtful") {
              report_.add(place +
                          " may not say what it said: look at it in offsync queue list, then retry "
                          "or drop it");
            }
            return;
          }
          Queued& queued = queued_[std::string(event->subject)];
          queued.state.fold(*event);
          ++queued.pending;
          queued.held += state == static_cast<int>(PendingState::held) ? 1 : 0;
        });
  }

  std::optional<Entity> entity_of(const std::string& place, std::string_view subject,
                                  std::string_view text) {
    if (text.empty()) return Entity{};
    auto record = entities_.decode(text);
    if (!record) {
      report_.add(place + ": " + record.error().detail);
      return std::nullopt;
    }
    if (record->subject != subject) report_.add(place + ": it is of " + record->subject);
    return std::move(record->entity);
  }

  // Equal but for whose increments are, where a record is from before that was kept.
  static bool same(std::string_view subject, const Entity& kept, const Entity& folded) {
    Entity both;
    both.join(folded);
    both.join(kept);
    const auto shown = [&](const Entity& e) { return e.lives() ? shown_line(subject, e) : ""; };
    return encode_entity(subject, both) == encode_entity(subject, folded) &&
           shown(kept) == shown(folded);
  }

  Status read_entities() {
    std::uint64_t known = 0;
    OFFSYNC_TRY(
        each("SELECT subject, pending, held, confirmed, visible FROM entity ORDER BY subject",
             [&](auto& row) {
               ++report_.entities;
               const std::string subject(row.text(0));
               const std::string place = "state of " + subject;
               const auto confirmed = entity_of(place, subject, row.text(3));
               const auto visible = entity_of(place + " with the queue", subject, row.text(4));
               if (!confirmed || !visible) return;
               // Until the next pull the state is what a repair left, of which the log tells a
               // part.
               const Entity* folded = pulled_ ? state_.find(subject) : nullptr;
               known += folded != nullptr ? 1 : 0;
               Entity expected;
               if (folded != nullptr) expected.join(*folded);
               if (!pulled_) {
                 expected.join(*confirmed);
               } else if (!same(subject, *confirmed, expected)) {
                 report_.add(place + " is not what the log says");
               }
               const auto queued = queued_.find(subject);
               const bool any = queued != queued_.end();
               const bool numbers = row.is_integer(1) && row.is_integer(2);
               if (!numbers || row.integer(1) != (any ? queued->second.pending : 0) ||
                   row.integer(2) != (any ? queued->second.held : 0)) {
                 report_.add(place + " counts other events than the queue has");
               }
               if (!any) return;
               if (const Entity* own = queued->second.state.find(subject)) expected.join(*own);
               if (!same(subject, *visible, expected)) {
                 report_.add(place + " with the queue is not what log and queue say");
               }
               queued_.erase(queued);
             }));
    if (pulled_ && known != state_.size()) {
      report_.add(
          fmt::format("state: {} entities of the log are not there", state_.size() - known));
    }
    for (const auto& [subject, queued] : queued_) {
      report_.add("state of " + subject + " is not there, and the queue writes it");
    }
    return {};
  }

  Status read_former() {
    return each("SELECT n, source, id, line, state FROM former ORDER BY n", [&](auto& row) {
      const std::string place = "former logs: event " + std::to_string(row.uinteger(0));
      event_of(place, row.text(3), row.text(1), row.text(2));
      if (!is_former(row.integer(4))) report_.add(place + " has no state");
    });
  }

  Status read_consumers() {
    return each("SELECT name, epoch, sequence FROM consumer ORDER BY name", [&](auto& row) {
      if (!is_place(row, 1)) report_.add(wrong_consumer(row.text(0)));
    });
  }

  Status read_conflicts() {
    return each("SELECT id, line, sequence FROM conflict ORDER BY sequence", [&](auto& row) {
      ++report_.conflicts;
      const std::string place = "conflict " + std::string(row.text(0));
      const auto event = decoder_.decode(row.text(1));
      if (!event) return report_.add(place + ": " + event.error().detail);
      if ((*event)->id != row.text(0)) report_.add(place + ": its line says another id");
      if (!row.is_integer(2) || (*event)->sequence != row.uinteger(2)) {
        report_.add(place + ": its line says another sequence");
      }
      if (const auto data = parse_conflict_data((*event)->data); !data) {
        report_.add(place + ": " + data.error().detail);
      }
    });
  }

  sqlite::Db& db_;
  const std::string& file_;
  Examined& report_;
  Decoder decoder_;
  EntityDecoder entities_;
  bool pulled_ = false;
  std::uint64_t cursor_ = 0, log_after_ = 0, next_ = 0;
  State state_;
  std::map<std::string, Queued> queued_;
};

}  // namespace

Result<Examined> examine_replica(const std::string& file) {
  Examined report;
  const auto look = [&](sqlite::Db& db) -> Status {
    report = {};
    OFFSYNC_TRY(sqlite::examine_file(db, report));
    if (const Status read = Examination(db, file, report).run(); !read)
      report.add_end("", read.error());
    return {};
  };
  const Status done = sqlite::examine(file, schema::kApplicationId, schema::steps(), look);
  if (done) return report;
  if (done.error().code != "not_ours") return done.error();
  return make_error(Errc::config, "not_a_replica", file + " is no offsync replica",
                    "check the path, or run offsync init again if one was cut");
}

}  // namespace offsync
