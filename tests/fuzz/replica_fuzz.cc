// A replica's file that comes from elsewhere: bytes or cells of a good one are changed, then all is
// read and used. Fine or an error with a name, never a crash, and never half an emit.
#include <fmt/format.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "event/decoder.h"
#include "fuzz/check.h"
#include "replica/replica.h"
#include "support/ports.h"
#include "support/raw_sqlite.h"
#include "support/temp_dir.h"
#include "wire/snapshot.h"

namespace offsync::fuzz {
namespace {

namespace fs = std::filesystem;

template <class T>
T must(Result<T> result) {
  require(result.ok(), "the good replica is made", result ? "" : result.error().detail);
  return std::move(*result);
}

EventDraft draft(const std::string& subject, const std::string& value) {
  EventDraft event;
  event.type = "t";
  event.subject = subject;
  event.set["title"] = value;
  return event;
}

std::string foreign(int n, std::string_view data) {
  return fmt::format(
      R"({{"specversion":"1.0","id":"f{0}","source":"/clients/other","type":"t","subject":"k/{0}",)"
      R"("stamp":"018bcfe56800-0000-000000000000000{0}","data":{1},"sequence":"{0}",)"
      R"("recordedtime":"2023-11-14T22:13:20.000Z"}})",
      n, data);
}

// A replica with something in every table.
class Good {
 public:
  Good() {
    const std::string file = dir.file("good.db");
    make(file);
    {
      // With no page sealed: what is changed is to be read.
      test::RawDb db(file);
      db.run("VACUUM");
      db.run("PRAGMA wal_checkpoint(TRUNCATE)");
    }
    std::ifstream stream(file, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(stream), {});
  }

  test::TempDir dir;
  std::string bytes;

 private:
  static void make(const std::string& file) {
    test::ManualClock clock;
    test::SeededRandom random(1);
    Replica replica =
        must(Replica::create(file, {"http://h/v1/spaces/s", "/clients/a"}, clock, random));
    const std::string snapshot =
        encode_snapshot_header({{"e1", 1}, 1, 0}) + "\n" +
        R"({"subject":"k/9","fields":{"title":{"register":{"value":1,)"
        R"("stamp":"018bcfe56800-0000-0000000000000009","id":"s9","source":"/clients/other"}}}})" +
        "\n";
    require(replica.begin_snapshot().ok() && replica.stage_snapshot(snapshot).ok(), "it is staged");
    must(replica.install_snapshot());
    const std::vector<std::string> lines = {foreign(2, R"({"inc":{"n":1.5}})"),
                                            foreign(3, R"({"add":{"tags":["a","b"]},"base":{}})"),
                                            foreign(4, R"({"set":{"title":"x"},"base":{}})")};
    must(replica.apply("e1", lines));
    const Emitted rejected = must(replica.emit(draft("k/1", "1")));
    must(replica.emit(draft("k/1", "2")));
    const Emitted accepted = must(replica.emit(draft("k/4", "3")));
    must(replica.emit(draft("k/5", "4")));
    Outcome refusal{rejected.id, OutcomeKind::rejected, 0, 1, "kind_mismatch", "no", 0, ""};
    Outcome taken{accepted.id, OutcomeKind::accepted, 9, 2, "", "", 0, ""};
    const std::vector<Outcome> outcomes = {refusal, taken};
    must(replica.settle("e1", outcomes));
  }
};

// Runs of: place (3 bytes), length (1), that many bytes.
std::string with_bytes_changed(std::string bytes, Choices& choices) {
  while (!choices.empty()) {
    const std::size_t at = (choices.below(0x10000) * 4 + choices.byte() % 4) % bytes.size();
    for (int count = 1 + choices.byte() % 16; count > 0 && at + count <= bytes.size(); --count) {
      bytes[at + static_cast<std::size_t>(count) - 1] = static_cast<char>(choices.byte());
    }
  }
  return bytes;
}

// Lines of: a column's letter, a row's letter, the new value.
void change_cells(const std::string& file, Choices& choices) {
  static constexpr std::pair<const char*, const char*> kColumns[] = {{"replica", "remote"},
                                                                     {"replica", "source"},
                                                                     {"replica", "former_sources"},
                                                                     {"replica", "node"},
                                                                     {"replica", "clock"},
                                                                     {"replica", "next"},
                                                                     {"replica", "epoch"},
                                                                     {"replica", "cursor"},
                                                                     {"replica", "log_after"},
                                                                     {"replica", "head"},
                                                                     {"replica", "clock_offset"},
                                                                     {"replica", "clock_started"},
                                                                     {"replica", "last_sync"},
                                                                     {"pending", "n"},
                                                                     {"pending", "state"},
                                                                     {"pending", "sequence"},
                                                                     {"pending", "id"},
                                                                     {"pending", "subject"},
                                                                     {"pending", "type"},
                                                                     {"pending", "line"},
                                                                     {"pending", "code"},
                                                                     {"log", "sequence"},
                                                                     {"log", "id"},
                                                                     {"log", "line"},
                                                                     {"entity", "subject"},
                                                                     {"entity", "pending"},
                                                                     {"entity", "held"},
                                                                     {"entity", "confirmed"},
                                                                     {"entity", "visible"},
                                                                     {"base", "chunk"},
                                                                     {"base", "staged"},
                                                                     {"base", "data"}};
  test::RawDb db(file, "PRAGMA synchronous=OFF");
  while (!choices.empty()) {
    const auto& [table, column] = kColumns[choices.byte() % std::size(kColumns)];
    const int row = choices.byte() % 8;
    const std::string_view value = choices.line();
    char* sql = sqlite3_mprintf(
        "UPDATE %s SET %s = CAST(%.*Q AS %s) WHERE rowid = (SELECT rowid FROM %s LIMIT 1 OFFSET "
        "%d)",
        table, column, static_cast<int>(value.size()), value.data(),
        std::string_view(column) == "data" ? "BLOB" : "TEXT", table, row);
    db.run(sql);
    sqlite3_free(sql);
  }
  db.run("PRAGMA wal_checkpoint(TRUNCATE)");
}

template <class T>
void check_error(const Result<T>& result) {
  if (result) return;
  const Error& error = result.error();
  require(!error.code.empty() && !error.detail.empty(), "an error says what failed");
}

void read_all(Replica& replica) {
  const auto any = [](auto&&...) { return true; };
  check_error(replica.info());
  check_error(replica.counts());
  for (const auto view : {Replica::View::visible, Replica::View::confirmed}) {
    check_error(replica.for_each_entity("", view, any));
    check_error(replica.entity("k/1", view));
  }
  check_error(replica.for_each_log({}, any));
  check_error(replica.for_each_base(any));
  check_error(replica.for_each_pending(any));
  check_error(replica.conflicts(true));
  check_error(replica.find_event("f2"));
  check_error(replica.to_push(0, 100, 1 << 20));
}

// Whether SQLite itself finds nothing wrong. In a broken tree a row may be where no search goes.
bool is_sound(const std::string& file) {
  std::vector<std::string> answers;
  test::RawDb db(file);
  return db.run("PRAGMA integrity_check", &answers) == SQLITE_OK &&
         answers == std::vector<std::string>{"ok"};
}

void use(Replica& replica, bool sound) {
  const auto before = replica.counts();
  const auto emitted = replica.emit(draft("k/1", "\"new\""));
  check_error(emitted);
  if (sound && emitted && !emitted->duplicate) {
    const auto found = replica.find_event(emitted->id);
    require(found.ok() && found->has_value() && **found == emitted->line,
            "what emit confirmed is there", emitted->line);
  }
  const auto after = replica.counts();
  if (!emitted && before && after) {
    require(before->queued == after->queued, "an emit that failed leaves nothing queued");
  }
  const std::vector<std::string> lines = {foreign(5, R"({"delete":true,"base":{}})")};
  check_error(replica.apply("e1", lines));
  std::vector<std::string> rejected;
  check_error(replica.for_each_pending([&](const PendingEvent& event) {
    if (event.state == PendingState::rejected) rejected.push_back(event.id);
    return true;
  }));
  for (const std::string& id : rejected) check_error(replica.retry(id));
  check_error(replica.begin_snapshot());
  check_error(replica.stage_snapshot(encode_snapshot_header({{"e2", 7}, 0, 0}) + "\n"));
  check_error(replica.install_snapshot());
}

void run(std::string_view input) {
  static const Good good;
  const std::string file = good.dir.file("mutant.db");
  for (const char* end : {"-wal", "-shm", "-journal", ".lock"}) fs::remove(file + end);
  Choices choices(input);
  const bool cells = choices.byte() % 2 != 0;
  {
    const std::string bytes = cells ? good.bytes : with_bytes_changed(good.bytes, choices);
    std::ofstream(file, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  if (cells) change_cells(file, choices);
  const bool sound = is_sound(file);

  test::ManualClock clock(1'700'000'100'000);
  test::SeededRandom random(2);
  auto replica = Replica::open(file, clock, random);
  check_error(replica);
  if (!replica) return;
  read_all(*replica);
  use(*replica, sound);
  read_all(*replica);
}

FUZZ_TARGET(replica, run);

}  // namespace
}  // namespace offsync::fuzz
