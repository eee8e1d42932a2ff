#include "sqlite/examine.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "sqlite/error.h"
#include "sqlite/sealed_file.h"
#include "sqlite/wal_index.h"
#include "sqlite/wal_mark.h"
#include "sqlite/wal_tail.h"

namespace offsync::sqlite {
namespace {

// A page may be read while another process writes it.
constexpr int kTries = 5;

// The code of SQLite's; also where the page is short of bytes.
int read_page(sqlite3_file* file, std::uint64_t page) {
  std::array<char, kPageBytes> bytes;
  int rc = SQLITE_OK;
  for (int tries = 0; tries < kTries; ++tries) {
    rc = file->pMethods->xRead(file, bytes.data(), kPageBytes,
                               static_cast<sqlite3_int64>(page) * kPageBytes);
    if (rc != SQLITE_IOERR_DATA) break;
  }
  return rc;
}

Status must_be_readable(Db& db, std::int32_t application_id, std::span<const Migration> steps) {
  OFFSYNC_TRY(check_wal_fits(db));
  OFFSYNC_TRY(check_wal_tail(db));  // without its end the file may be of another format
  OFFSYNC_TRY(check_header(db, application_id, steps));
  OFFSYNC_ASSIGN(const Format format, format_of(db));
  if (static_cast<std::size_t>(format.version) < steps.size()) {
    return make_error(Errc::config, "old_format",
                      db.file() + " has the older format " + std::to_string(format.version),
                      "whatever uses it next brings it up to date; check it then");
  }
  if (has_seals(db.raw())) return {};
  return make_error(Errc::io, "corrupt", db.file() + " is damaged: its header is not as it was",
                    "restore it from a copy, or set it aside");
}

// A file of which all is in the one file, as in a backup.
Result<bool> stands_alone(const std::string& file) {
  const std::string real = behind_links(file);
  for (const char* beside : {"-wal", "-journal"}) {
    OFFSYNC_ASSIGN(const bool there, exists(real + beside));
    if (there) return false;
  }
  return true;
}

}  // namespace

void FileReport::add(std::string problem) {
  more = more || problems.size() >= kMostProblems;
  if (!more) problems.push_back(std::move(problem));
}

void FileReport::add_end(const std::string& place, const Error& error) {
  const bool known = bad_pages && error.code == "corrupt";
  add((place.empty() ? "" : place + ": ") +
      (known ? "what lies on such a page, or comes behind it, was not looked at" : error.detail));
}

Status examine(const std::string& file, std::int32_t application_id,
               std::span<const Migration> steps, const LookFn& look) {
  OFFSYNC_ASSIGN(const bool alone, stands_alone(file));
  OpenOptions options;
  options.read_only = true;
  options.frozen = alone || nobody_writes(file);
  Status done = [&]() -> Status {
    OFFSYNC_ASSIGN(Db db, Db::open(file, options));
    OFFSYNC_TRY(must_be_readable(db, application_id, steps));
    OFFSYNC_ASSIGN(const auto transaction, Transaction::begin(db, Transaction::Kind::read));
    return look(db);
  }();
  if (!alone) return done;
  OFFSYNC_ASSIGN(const bool still_alone, stands_alone(file));
  return still_alone ? done : examine(file, application_id, steps, look);
}

Result<PagesRead> read_all_pages(Db& db, const ProblemFn& problem) {
  PagesRead read;
  sqlite3_file* const file = file_of(db);
  sqlite3_int64 size = 0;
  int rc = file->pMethods->xFileSize(file, &size);
  if (rc != SQLITE_OK) return error_of(db.raw(), rc, "cannot read");
  const std::uint64_t before = unsealed_reads(db.raw());
  const auto bytes = static_cast<std::uint64_t>(size);
  for (; read.pages < (bytes + kPageBytes - 1) / kPageBytes; ++read.pages) {
    rc = read_page(file, read.pages);
    // One that is let through is not as it was written, either.
    if (rc == SQLITE_OK && broken_seal(db.raw()) == read.pages + 1) rc = SQLITE_IOERR_DATA;
    if (rc == SQLITE_OK) continue;
    problem("page " + std::to_string(read.pages + 1) +
            (rc == SQLITE_IOERR_DATA ? std::string(" is not as it was written")
                                     : std::string(" cannot be read: ") + sqlite3_errstr(rc)));
  }
  read.unsealed = unsealed_reads(db.raw()) - before;
  if (auto count = db.prepare("PRAGMA page_count")) {
    const auto row = count->step();
    if (row && *row) read.pages = std::max(read.pages, count->uinteger(0));
  }
  if (const Status whole = check_wal_tail(db); !whole) {
    read.wal = false;
    problem(whole.error().detail);
  }
  return read;
}

namespace {

// What SQLite says of a structure. One damage can have it say the same of thousands of pages or
// rows: a few of a kind are told, and of the others how many there are.
class StructureProblems {
 public:
  explicit StructureProblems(const ProblemFn& problem) : problem_(problem) {}

  // Several things may be in one text, under a headline.
  void add(std::string_view text) {
    while (!text.empty()) {
      const std::string_view line = text.substr(0, text.find('\n'));
      text.remove_prefix(std::min(line.size() + 1, text.size()));
      if (!line.empty() && !line.starts_with("***")) add_line(line);
    }
  }

  void end() {
    for (const auto& [kind, lines] : kinds_) {
      if (lines.count <= kToldOfAKind) continue;
      tell("and " + std::to_string(lines.count - kToldOfAKind) + " more such as " + lines.first);
    }
  }

 private:
  static constexpr std::size_t kToldOfAKind = 3;
  struct Lines {
    std::size_t count = 0;
    std::string first;
  };

  void add_line(std::string_view line) {
    std::string kind(line);
    std::erase_if(kind, [](char c) { return c >= '0' && c <= '9'; });
    Lines& lines = kinds_[kind];
    if (lines.count == 0) lines.first = line;
    if (++lines.count <= kToldOfAKind) tell(line);
  }
  void tell(std::string_view what) {
    problem_("the pages do not fit together: " + std::string(what));
  }

  const ProblemFn& problem_;
  std::map<std::string, Lines> kinds_;
};

}  // namespace

void check_structure(Db& db, const ProblemFn& problem) {
  auto check = db.prepare("PRAGMA integrity_check(10000)");
  if (!check) return problem(check.error().detail);
  StructureProblems problems(problem);
  for (;;) {
    const auto row = check->step();
    if (!row || !*row) problems.end();
    if (!row) return problem(row.error().detail);
    if (!*row) return;
    if (check->text(0) != "ok") problems.add(check->text(0));
  }
}

Status examine_file(Db& db, FileReport& report) {
  const auto note = [&report](const std::string& problem) { report.add(problem); };
  OFFSYNC_ASSIGN(static_cast<PagesRead&>(report), read_all_pages(db, note));
  report.bad_pages = !report.problems.empty();
  // Of bad pages SQLite would only say again that it cannot read them.
  if (!report.bad_pages) check_structure(db, note);
  return {};
}

}  // namespace offsync::sqlite
