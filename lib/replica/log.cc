// Which log a replica belongs to.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "base/free_name.h"
#include "base/system_error.h"
#include "replica/store.h"
#include "replica/temporary.h"

namespace offsync {
namespace {

std::string space_of(std::string_view url) {
  return std::string(url.substr(url.rfind('/') + 1));
}

// What is known of a log, in words.
std::string described(std::string_view url, std::string_view log, std::string_view epoch) {
  std::string text = url.empty() ? "a log" : fmt::format("the space {}", space_of(url));
  if (!log.empty()) text += fmt::format(", log {}", log);
  if (!epoch.empty()) text += fmt::format(", epoch {}", epoch);
  return text;
}

Status sync_path(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
  const bool synced = fd >= 0 && (::fsync(fd) == 0 || errno == EINVAL);
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (synced) return {};
  return make_error(kind_of_errno(error), "io",
                    fmt::format("cannot sync {}: {}", path, std::strerror(error)));
}

// An empty file that is for nobody but whom `from` is for.
Status make_like(const std::string& from, const std::string& to) {
  struct stat info {};
  if (::stat(from.c_str(), &info) != 0) info.st_mode = S_IRUSR | S_IWUSR;
  const int fd = ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
  const bool made = fd >= 0 && ::fchmod(fd, info.st_mode & 0777) == 0;
  const int error = errno;
  if (made) sqlite::give_to_owner_of(from, fd);
  if (fd >= 0) ::close(fd);
  if (made) return {};
  return make_error(kind_of_errno(error), "io",
                    fmt::format("cannot make {}: {}", to, std::strerror(error)));
}

Status sync_folder_of(const std::string& file) {
  const std::size_t slash = file.rfind('/');
  return sync_path(slash == std::string::npos ? "." : file.substr(0, slash + 1),
                   O_RDONLY | O_DIRECTORY);
}

// What is committed in a replica's file, in an empty one, durably. Who opens that
// finds a copy, with which it is not the same replica.
Status copy_file(const std::string& from, const std::string& to) {
  OFFSYNC_ASSIGN(sqlite::Db db, sqlite::Db::open(from, {}));
  OFFSYNC_ASSIGN(sqlite::Statement copy, db.prepare("VACUUM INTO ?"));
  OFFSYNC_TRY(copy.bind(1, to).run());
  return sync_path(to, O_RDONLY);
}

Status give_name(const std::string& file, const std::string& name) {
  if (std::rename(file.c_str(), name.c_str()) == 0) return sync_folder_of(name);
  return make_error(kind_of_errno(errno), "io",
                    fmt::format("cannot name {} {}: {}", file, name, std::strerror(errno)));
}

// What a replica holds, in short: what is equal here is the same.
Result<std::string> held_by(sqlite::Db& db) {
  std::string held;
  for (const char* sql :
       {"SELECT * FROM replica", "SELECT count(*), total(n), total(state), max(n) FROM pending",
        "SELECT count(*), max(sequence) FROM log", "SELECT count(*), total(state) FROM former",
        "SELECT count(*), total(pending) FROM entity",
        "SELECT count(*), count(resolved_by), count(pending_by) FROM conflict"}) {
    OFFSYNC_ASSIGN(sqlite::Statement get, db.prepare(sql));
    OFFSYNC_ASSIGN(const bool row, get.step());
    for (int at = 0; row && at < get.columns(); ++at) held.append(get.text(at)).append("\n");
  }
  return held;
}

bool holds_the_same(const std::string& kept, sqlite::Db& ours) {
  sqlite::OpenOptions options;
  options.read_only = true;
  options.frozen = true;
  auto db = sqlite::Db::open(kept, options);
  if (!db) return false;
  const auto theirs = held_by(*db);
  const auto held = held_by(ours);
  return theirs && held && *theirs == *held;
}

}  // namespace

std::string place_of(std::string_view remote) {
  std::string_view rest = remote;
  while (rest.ends_with('/')) rest.remove_suffix(1);
  const std::size_t scheme = rest.find("://");
  const std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + 3;
  const std::string_view authority = rest.substr(begin, rest.find('/', begin) - begin);
  const std::size_t at = authority.rfind('@');
  std::string place(rest.substr(0, begin));
  return place.append(rest.substr(begin + (at == std::string_view::npos ? 0 : at + 1)));
}

Status check_same_log(const ReplicaInfo& replica, std::string_view epoch, const LogPlace& there) {
  const std::string& ours = replica.epoch;
  const bool bound = !ours.empty() || !replica.log.empty() || !replica.place.empty();
  if (ours == epoch && !replica.log.empty() && !there.log.empty() && there.log != replica.log) {
    return make_error(
        Errc::protocol, "bad_answer",
        fmt::format("{} answers of the log {} under the epoch {}, which is one of {}", there.url,
                    there.log, epoch, replica.log),
        fmt::format("check that the remote is one offsync proxy, and not several; if it is, "
                    "take the name that it says: offsync remote set {}",
                    there.url));
  }
  if (!bound || ours == epoch) return {};
  // A replica of a former format knows only its epoch; the first of a store is its log's name.
  if (!there.log.empty() && (there.log == replica.log || there.log == ours)) return {};
  if (replica.place.empty() || replica.place == there.url) return {};
  return make_error(
      Errc::config, "other_log",
      fmt::format("{} has another log than that of this replica: there is {}; the replica belongs "
                  "to {}, which it last met at {}",
                  there.url, described(there.url, there.log, epoch),
                  described(replica.place, replica.log, ours), replica.place),
      fmt::format("nothing was sent, and nothing replaced; check the URL, or leave that log for "
                  "this one: offsync remote set {} --switch",
                  there.url));
}

Status Replica::note_place(std::string_view epoch, const LogPlace& there) {
  const bool kept = there.sure && !there.log.empty();
  const auto noted = [&](const ReplicaRow& row) {
    const bool ours = row.epoch == epoch;
    return !ours || ((!kept || row.log == there.log) && row.place == there.url);
  };
  OFFSYNC_TRY(impl_->store.ready());
  OFFSYNC_ASSIGN(const ReplicaRow row, impl_->store.load_row());
  if (noted(row)) return {};
  OFFSYNC_ASSIGN(auto write, ReplicaWrite::begin(impl_->store));
  if (noted(write->row)) return {};
  if (kept) write->row.log = there.log;
  write->row.place = there.url;
  write->row_changed = true;
  return write->commit();
}

Status Replica::bind_log(std::string_view epoch, const LogPlace& there) {
  OFFSYNC_ASSIGN(auto write, ReplicaWrite::begin(impl_->store));
  ReplicaRow& row = write->row;
  OFFSYNC_TRY(check_same_log(info_of(row), epoch, there));
  if (!row.epoch.empty()) return {};  // another process was faster; it is asked with that
  row.epoch = epoch;
  row.log = there.sure ? there.log : "";
  row.place = there.url;
  write->row_changed = true;
  return write->commit();
}

Status must_be_of(const ReplicaRow& row, std::string_view epoch) {
  const bool unbound = row.epoch.empty() && row.log.empty() && row.place.empty();
  if (unbound || row.epoch == epoch) return {};
  return make_error(Errc::protocol, "epoch_changed",
                    fmt::format("the proxy's log is another one (epoch {}, ours is {})", epoch,
                                row.epoch.empty() ? "not known yet" : row.epoch),
                    "a snapshot must be fetched first");
}

std::string Replica::name_to_keep(const std::string& stem, const std::string& end) {
  ReplicaStore& store = impl_->store;
  return free_name(stem, end, [&](const std::string& name) {
    return store.ready() && holds_the_same(name, *store.db_);
  });
}

Status Replica::leave_log(const std::string& keep, const std::string& remote,
                          std::string_view epoch, const LogPlace& there) {
  ReplicaStore& store = impl_->store;
  OFFSYNC_ASSIGN(auto write, ReplicaWrite::begin(store));  // nobody else writes until it is done
  OFFSYNC_ASSIGN(const bool exists, sqlite::exists(keep));
  if (exists && !holds_the_same(keep, *store.db_)) {
    return make_error(Errc::config, "exists", "there is a file " + keep + " already",
                      "give it another name");
  }
  // Who is killed leaves nothing under that name, and the next one takes away what he left.
  const TemporaryDatabase part(keep + ".part");
  OFFSYNC_TRY(make_like(store.file(), part.file));
  Status kept = copy_file(store.file(), part.file);
  for (const char* clear :
       {"DELETE FROM entity", "DELETE FROM conflict", "DELETE FROM log", "DELETE FROM base",
        "DELETE FROM pending", "DELETE FROM former", "DELETE FROM consumer"}) {
    auto statement = store.use(clear);
    if (kept) kept = statement ? (*statement)->run() : Status(statement.error());
  }
  ReplicaRow& row = write->row;
  row.remote = remote;
  row.log = there.log;
  row.place = there.url;
  row.epoch = epoch;
  row.pulled = false;
  row.cursor = row.log_after = row.head = 0;
  row.clock_offset = row.last_sync = 0;
  row.clock_boot = 0;
  write->row_changed = true;
  if (kept) kept = give_name(part.file, keep);
  if (!kept) return kept;
  kept = write->commit();
  if (!kept) ::unlink(keep.c_str());
  return kept;
}

}  // namespace offsync
