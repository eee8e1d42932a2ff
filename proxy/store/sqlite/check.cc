#include "proxy/store/sqlite/check.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/counted.h"
#include "base/rfc3339.h"
#include "event/decoder.h"
#include "proxy/store/sqlite/reader.h"
#include "proxy/store/sqlite/schema.h"
#include "sqlite/examine.h"
#include "state/entity_codec.h"
#include "state/state.h"

namespace offsync::proxy {
namespace {

constexpr std::size_t kPageEvents = 1000, kPageBytes = 4 * 1024 * 1024;

class SpaceCheck {
 public:
  SpaceCheck(LogReader& reader, StoreReport& report, const SpaceRow& row, std::string name)
      : reader_(reader), report_(report), row_(row) {
    space_.name = std::move(name);
  }

  Status run() {
    space_.forgotten = row_.oldest - 1;
    OFFSYNC_TRY(read_log());
    OFFSYNC_TRY(read_states());
    report_.spaces.push_back(space_);
    return {};
  }

 private:
  void add(const std::string& what) { report_.add("space " + space_.name + ": " + what); }

  Status read_log() {
    std::uint64_t at = row_.oldest - 1;
    for (;;) {
      OFFSYNC_ASSIGN(const auto entries, reader_.read(row_.space_id, at, kPageEvents, kPageBytes));
      if (entries.empty()) break;
      for (const LogEntry& entry : entries) {
        if (entry.sequence != at + 1) {
          add(fmt::format("sequence {} comes behind {}", entry.sequence, at));
        }
        at = entry.sequence;
        read_event(entry);
      }
    }
    if (at != row_.head) add(fmt::format("its log ends at {}, and its head is {}", at, row_.head));
    return {};
  }

  void read_event(const LogEntry& entry) {
    ++space_.events;
    const auto wrong = [&](std::string_view what) {
      add(fmt::format("sequence {}: {}", entry.sequence, what));
    };
    const auto decoded = decoder_.decode(entry.line);
    if (!decoded) return wrong(decoded.error().detail);
    const EventView& event = **decoded;
    if (event.sequence != entry.sequence) wrong("its line says another sequence");
    if (event.source != entry.source || event.id != entry.id) {
      wrong(
          fmt::format("it is kept as event {} of {}, and is another one", entry.id, entry.source));
    }
    if (event.recordedtime < recorded_) wrong("it was recorded before the event before it");
    recorded_ = event.recordedtime;
    const auto ms = parse_rfc3339(recorded_);
    if (!ms || *ms > Stamp{row_.clock, 0}.ms()) wrong("it was recorded later than the log's clock");
    state_.fold(event);
  }

  Status read_states() {
    std::uint64_t announced = 0, open = 0, known = 0;
    SnapshotSink sink;
    sink.begin = [&](const SpaceState&, std::uint64_t entities, std::uint64_t conflicts) {
      announced = entities;
      open = conflicts;
      return true;
    };
    sink.entity = [&](std::string_view line) {
      ++space_.entities;
      known += read_entity(line) ? 1 : 0;
      return true;
    };
    sink.conflict = [&](std::string_view line) {
      ++space_.conflicts;
      const auto event = decoder_.decode(line);
      if (!event) add("an open conflict: " + event.error().detail);
      return true;
    };
    OFFSYNC_TRY(reader_.snapshot(row_, SpaceState{}, sink));
    if (announced != space_.entities) {
      add(fmt::format("it has {} entities, and should have {}", space_.entities, announced));
    }
    if (row_.oldest == 1 && known != state_.size()) {
      add(fmt::format("{} entities of its log are not there", state_.size() - known));
    }
    return {};
  }

  // True where it is an entity that the log writes.
  bool read_entity(std::string_view line) {
    const auto record = entities_.decode(line);
    if (!record) {
      add("an entity: " + record.error().detail);
      return false;
    }
    const std::string& subject = record->subject;
    const Entity* folded = state_.find(subject);
    if (row_.oldest > 1) return folded != nullptr;  // of a part of its events nothing follows
    const auto shown = [&](const Entity& e) { return e.lives() ? shown_line(subject, e) : ""; };
    Entity both;
    if (folded != nullptr) both.join(*folded);
    both.join(record->entity);
    if (folded == nullptr || encode_entity(subject, both) != encode_entity(subject, *folded) ||
        shown(record->entity) != shown(*folded)) {
      add("the state of " + subject + " is not what the log says");
    }
    return folded != nullptr;
  }

  LogReader& reader_;
  StoreReport& report_;
  const SpaceRow row_;
  StoreReport::Space space_;
  Decoder decoder_;
  EntityDecoder entities_;
  State state_;
  std::string recorded_;
};

// Rows that no event is asked for, so that nothing else would meet them.
Status check_marks(sqlite::Db& db, LogReader& reader, StoreReport& report) {
  OFFSYNC_ASSIGN(sqlite::Statement clients, db.prepare("SELECT space_id, source FROM client"));
  for (;;) {
    OFFSYNC_ASSIGN(const bool found, clients.step());
    if (!found) break;
    const auto mark = reader.mark(clients.integer(0), clients.text(1));
    if (!mark) report.add(mark.error().detail);
  }
  constexpr std::pair<const char*, const char*> kOfSpaces[] = {
      {"events", "event WHERE key >> 40"},
      {"entities", "entity WHERE space_id"},
      {"decisions about clients", "client WHERE space_id"},
      {"rejections", "rejection WHERE space_id"},
      {"open conflicts", "open_conflict WHERE key >> 40"}};
  for (const auto& [what, where] : kOfSpaces) {
    OFFSYNC_ASSIGN(sqlite::Statement count, db.prepare(fmt::format("SELECT count(*) FROM {} NOT IN"
                                                                   " (SELECT space_id FROM space)",
                                                                   where)));
    OFFSYNC_ASSIGN(const bool row, count.step());
    if (row && count.integer(0) > 0) {
      report.add(fmt::format("{} {} of no space", count.integer(0), what));
    }
  }
  return {};
}

Status check_rows(sqlite::Db& db, StoreReport& report) {
  OFFSYNC_ASSIGN(LogReader reader, LogReader::prepare(db));
  for (const auto& read : {reader.epoch(), reader.name()}) {
    if (!read) report.add(read.error().detail);
  }
  OFFSYNC_ASSIGN(const auto names, reader.spaces());
  for (const std::string& name : names) {
    const auto found = reader.space(name);
    if (!found) {
      report.add_end("", found.error());
      continue;
    }
    const std::optional<SpaceRow>& row = *found;
    if (!row) {
      report.add("space " + name + ": it cannot be found by its name");
      continue;
    }
    const Status done = SpaceCheck(reader, report, *row, name).run();
    if (!done) report.add_end("space " + name, done.error());
  }
  return check_marks(db, reader, report);
}

}  // namespace

Result<StoreReport> check_store(const std::string& file) {
  StoreReport report;
  const auto look = [&report](sqlite::Db& db) -> Status {
    report = {};
    OFFSYNC_TRY(sqlite::examine_file(db, report));
    if (const Status read = check_rows(db, report); !read) report.add_end("", read.error());
    return {};
  };
  OFFSYNC_TRY(sqlite::examine(file, kLogApplicationId, log_migrations(), look));
  return report;
}

std::string text_of(const StoreReport& report) {
  std::string text;
  for (const StoreReport::Space& space : report.spaces) {
    text += fmt::format("space {}: {}{}, {}, {}\n", space.name, counted(space.events, "event"),
                        space.forgotten == 0 ? "" : fmt::format(" behind {}", space.forgotten),
                        counted(space.entities, "entity", "entities"),
                        counted(space.conflicts, "open conflict"));
  }
  text += counted(report.pages, "page");
  if (report.unsealed > 0) text += fmt::format(", {} of them without a checksum", report.unsealed);
  text += "\n";
  for (const std::string& problem : report.problems) text += problem + "\n";
  if (report.more) text += "and more\n";
  if (report.problems.empty()) text += "sound\n";
  return text;
}

}  // namespace offsync::proxy
