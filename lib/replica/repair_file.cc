// Replica::repair(): what belongs to the file, then its first page, then its rows, and where these
// cannot be had as they lie there, each by itself.
#include "replica/behind_damage.h"
#include "replica/first_page.h"
#include "replica/repair_rows.h"
#include "replica/salvage.h"
#include "replica/store.h"
#include "sqlite/wal_aside.h"

namespace offsync {
namespace {

Error beyond_repair(const std::string& file, const Error& why) {
  if (why.code == "corrupt") return why;
  return make_error(Errc::io, "corrupt", file + " is damaged: " + why.detail);
}

bool is_damage(const Error& error) {
  // Lines that are none stand where others were.
  return error.code == "corrupt" || error.code == "constraint" || error.kind == Errc::bad_data;
}

// Row by row where the pages do not fit to each other.
template <class RepairRows>
Result<Replica::Repaired> mend_all(const std::string& file, bool free_unknown,
                                   const RepairRows& repair) {
  auto done = repair();
  if (done || !is_damage(done.error())) return done;
  auto salvaged = salvage(file, free_unknown);
  if (!salvaged && is_damage(salvaged.error())) return beyond_repair(file, salvaged.error());
  if (!salvaged) return salvaged.error();
  done = repair();
  if (!done) return is_damage(done.error()) ? beyond_repair(file, done.error()) : done;
  auto& mended = done->mended;
  for (const std::string& problem : salvaged->problems) mended.push_back("the file: " + problem);
  done->doubtful += salvaged->doubtful;
  done->lost = std::move(salvaged->lost.numbers);
  done->lost_more = salvaged->lost.more;
  done->lost_unknown = done->lost_unknown || salvaged->lost.unknown;
  done->lost_former = std::move(salvaged->lost_former.names);
  done->lost_former_unknown = salvaged->lost_former.unknown;
  done->aside = std::move(salvaged->aside);
  return done;
}

}  // namespace

Result<Replica::Repaired> Replica::repair(const std::string& file, Clock& clock, Random& random) {
  OFFSYNC_ASSIGN(const sqlite::WalAside wal, sqlite::set_wal_aside(file));
  OFFSYNC_ASSIGN(const BehindDamage behind, read_behind_damage(file));
  OFFSYNC_ASSIGN(const FirstPage first, mend_first_page(file));
  const bool format = mend_format(file);
  auto done = mend_all(file, first == FirstPage::mended, [&] {
    return repair_rows(std::make_unique<Impl>(file, clock, random)->store, !wal.file.empty(),
                       behind);
  });
  if (done && first == FirstPage::mended) {
    done->mended.insert(done->mended.begin(), "the file: its first page, which was lost");
  }
  if (done && format) {
    done->mended.insert(done->mended.begin(), "the file: the format that its header says");
  }
  if (done && wal.other) {
    done->mended.insert(done->mended.begin(), "the file: the WAL beside it, which was not of it");
  }
  if (done) done->wal_aside = wal.file;
  if (done) done->wal_other = wal.other;
  if (!done) sqlite::put_wal_back(file, wal);
  if (done || first != FirstPage::lost || done.error().code != "not_a_replica") return done;
  return make_error(Errc::io, "corrupt",
                    file +
                        " is damaged: its first page is lost, and nothing else tells where its "
                        "tables begin",
                    "it cannot be repaired: restore it from a copy, or set it aside");
}

}  // namespace offsync
