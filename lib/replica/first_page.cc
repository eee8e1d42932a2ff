#include "replica/first_page.h"

#include "replica/readable_number.h"
#include "replica/schema.h"
#include "replica/states.h"
#include "replica/temporary.h"
#include "sqlite/db.h"
#include "sqlite/first_page.h"
#include "sqlite/format_by_tables.h"

namespace offsync {
namespace {

enum class Layout { made, rewritten };

Status make_like(const std::string& file, Layout layout) {
  sqlite::OpenOptions create;
  create.create = true;
  OFFSYNC_ASSIGN(sqlite::Db db, sqlite::Db::open(file, create));
  OFFSYNC_TRY(sqlite::migrate(db, schema::kApplicationId, schema::steps()));
  if (layout == Layout::rewritten) OFFSYNC_TRY(db.exec("VACUUM"));
  return db.checkpoint();
}

// Whether what is found where the tables are said to begin is what they hold. What is on damaged
// pages does not count; but the settings or the queue must tell, and the entities how many events
// the queue has: it must not be an empty one by mistake.
bool fits(sqlite::Db& db) {
  if (!sqlite::roots_fit(db)) return false;
  const auto settings = readable_number(
      db,
      "SELECT sum(typeof(source) = 'text' AND typeof(node) = 'integer' AND typeof(file) = 'text')"
      " = 1 AND count(*) = 1 FROM replica");
  const auto queue = readable_number(
      db,
      "SELECT total(typeof(state) <> 'integer' OR typeof(id) <> 'text' OR"
      " typeof(line) <> 'text' OR substr(line, 1, 1) <> '{') = 0 FROM pending NOT INDEXED");
  const auto log = readable_number(
      db, "SELECT total(typeof(id) <> 'text' OR substr(line, 1, 1) <> '{') = 0 FROM log");
  if (!settings.value_or(1) || !queue.value_or(1) || !log.value_or(1)) return false;
  if (!settings && !queue) return false;
  const auto queued = readable_number(
      db, "SELECT count(*) FROM pending NOT INDEXED WHERE state <> " OFFSYNC_REJECTED);
  const auto counted = readable_number(db, "SELECT total(pending) FROM entity");
  if (queued && counted) return *queued == *counted;
  return !queued || *queued > 0;
}

}  // namespace

Result<FirstPage> mend_first_page(const std::string& name) {
  if (!sqlite::first_page_lost(name)) return FirstPage::sound;
  const std::string file = sqlite::behind_links(name);
  OFFSYNC_ASSIGN(sqlite::FileLock lock, sqlite::FileLock::beside(file));
  OFFSYNC_TRY(lock.lock());
  const TemporaryDatabase like(file + ".like"), look(file + ".look");
  for (const Layout layout : {Layout::made, Layout::rewritten}) {
    like.remove();
    look.remove();
    OFFSYNC_TRY(make_like(like.file, layout));
    OFFSYNC_TRY(sqlite::copy_file(file, look.file));
    OFFSYNC_TRY(sqlite::put_first_page(look.file, like.file));
    auto found = sqlite::Db::open(look.file, {});
    if (!found || !fits(*found)) continue;
    OFFSYNC_TRY(sqlite::put_first_page(file, like.file));
    // Where other pages are damaged, too, that is done when they are mended.
    if (auto db = sqlite::Db::open(file, {})) static_cast<void>(db->exec("VACUUM"));
    return FirstPage::mended;
  }
  return FirstPage::lost;
}

bool mend_format(const std::string& name) {
  auto lock = sqlite::FileLock::beside(name);
  if (!lock || !lock->lock()) return false;
  sqlite::OpenOptions options;
  options.forgive = sqlite::OpenOptions::Forgive::all;
  auto db = sqlite::Db::open(name, options);
  if (!db) return false;
  const auto mended = sqlite::mend_format(*db, schema::kApplicationId, schema::steps());
  return mended && *mended;
}

}  // namespace offsync
