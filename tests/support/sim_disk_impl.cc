#include "support/sim_disk_impl.h"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <stdexcept>
#include <unordered_map>

namespace offsync::test {
namespace {

std::string_view folder_of(std::string_view name) {
  return name.substr(0, name.find_last_of('/') + 1);
}

}  // namespace

SimDisk::Impl::Inode SimDisk::Impl::find(const std::string& name) const {
  const auto it = names_.find(name);
  return it == names_.end() ? nullptr : it->second;
}

SimDisk::Impl::Begun SimDisk::Impl::begin(std::string_view operation, const std::string& name) {
  if (dead_) return Begun::dead;
  if (hook) hook(operation, name);
  ++operations;
  if (crash_at != 0 && --crash_at == 0) {
    ++counters.crashes;
    kill();
    return Begun::dead;
  }
  if (fail_at != 0 && --fail_at == 0) return Begun::fails;
  return Begun::go;
}

int SimDisk::Impl::io_error(int code) {
  if (!dead_) ++counters.io_errors;
  sim_set_errno(EIO);
  return code;
}

int SimDisk::Impl::full() {
  ++counters.full_errors;
  sim_set_errno(ENOSPC);
  return SQLITE_FULL;
}

std::uint64_t SimDisk::Impl::used() const {
  std::uint64_t sum = 0;
  for (const auto& [name, inode] : names_) sum += inode->store.seen().size();
  return sum;
}

int SimDisk::Impl::create(const std::string& name, Inode& inode) {
  const Begun begun = begin("create", name);
  const bool is_full = begun == Begun::fails && fail_code == SQLITE_FULL;
  if (is_full) full();
  if (begun != Begun::go) return is_full ? SQLITE_CANTOPEN : io_error(SQLITE_CANTOPEN);
  inode = std::make_shared<SimInode>();
  changes_.push_back({name, inode});
  rename(names_, changes_.back());
  return SQLITE_OK;
}

int SimDisk::Impl::write(SimStore& file, const std::string& name, const char* from,
                         std::size_t count, std::uint64_t at) {
  const Begun begun = begin("write", name);
  if (begun == Begun::fails && fail_code == SQLITE_FULL) return full();
  if (begun != Begun::go) return io_error(SQLITE_IOERR_WRITE);
  ++counters.writes;
  const std::uint64_t size = file.seen().size();
  const std::uint64_t grows = at + count > size ? at + count - size : 0;
  if (capacity == UINT64_MAX || grows == 0) {
    file.write(from, count, at);
    return SQLITE_OK;
  }
  const std::uint64_t sum = used();
  const std::uint64_t room = capacity > sum ? capacity - sum : 0;
  const std::uint64_t fits =
      at >= size + room ? 0 : std::min<std::uint64_t>(count, size + room - at);
  if (fits != 0) file.write(from, static_cast<std::size_t>(fits), at);
  return fits == count ? SQLITE_OK : full();
}

int SimDisk::Impl::truncate(SimStore& file, const std::string& name, std::uint64_t size) {
  if (begin("truncate", name) != Begun::go) return io_error(SQLITE_IOERR_TRUNCATE);
  file.truncate(size);
  return SQLITE_OK;
}

int SimDisk::Impl::sync(SimStore& file, const std::string& name, bool folder) {
  const Begun begun = begin("sync", name);
  if (begun == Begun::fails) file.fail_sync(random);
  if (begun != Begun::go) return io_error(SQLITE_IOERR_FSYNC);
  ++counters.syncs;
  if (!lying.empty() && name.ends_with(lying)) return SQLITE_OK;
  file.sync();
  if (folder) sync_folder(name);
  return SQLITE_OK;
}

int SimDisk::Impl::remove(const std::string& name, bool folder) {
  if (dead_) return io_error(SQLITE_IOERR_DELETE);
  if (!find(name)) {
    sim_set_errno(ENOENT);
    return SQLITE_IOERR_DELETE_NOENT;
  }
  if (begin("delete", name) != Begun::go) return io_error(SQLITE_IOERR_DELETE);
  changes_.push_back({name, nullptr});
  rename(names_, changes_.back());
  if (folder) sync_folder(name);
  return SQLITE_OK;
}

void SimDisk::Impl::rename(Names& names, const NameChange& change) const {
  if (change.inode) {
    names[change.name] = change.inode;
  } else {
    names.erase(change.name);
  }
}

void SimDisk::Impl::sync_folder(const std::string& name) {
  ++counters.folder_syncs;
  const std::string_view folder = folder_of(name);
  std::vector<NameChange> others;
  for (NameChange& change : changes_) {
    if (folder_of(change.name) == folder) {
      rename(durable_, change);
    } else {
      others.push_back(std::move(change));
    }
  }
  changes_ = std::move(others);
}

void SimDisk::Impl::kill() {
  dead_ = true;
}

void SimDisk::Impl::check_closed(const char* doing) const {
  if (handles == 0) return;
  throw std::logic_error(std::string("SimDisk: ") + doing + " with " + std::to_string(handles) +
                         " files open on " + prefix_);
}

void SimDisk::Impl::restart(Loss loss) {
  check_closed("restart");
  if (loss == Loss::power) lose_power();
  dead_ = false;
  crash_at = fail_at = 0;
}

void SimDisk::Impl::lose_power() {
  const std::uint64_t all = random.below(8);
  const auto fate = [&] {
    if (all < 2) return all == 0 ? SimFate::dropped : SimFate::kept;
    return static_cast<SimFate>(random.below(4));
  };
  std::set<const SimInode*> done;
  for (const Names* names : {&names_, &durable_}) {
    for (const auto& [name, inode] : *names) {
      if (done.insert(inode.get()).second) inode->store.lose_power(fate(), random, counters);
    }
  }
  lose_names(fate());
}

void SimDisk::Impl::lose_names(SimFate fate) {
  const std::size_t first_lost = random.below(changes_.size() + 1);
  for (std::size_t i = 0; i < changes_.size(); ++i) {
    const bool kept = fate == SimFate::kept || (fate == SimFate::prefix && i < first_lost) ||
                      (fate == SimFate::subset && random.chance(2));
    if (kept) rename(durable_, changes_[i]);
    if (!kept) ++counters.lost_names;
  }
  changes_.clear();
  names_ = durable_;
}

std::uint64_t SimDisk::Impl::hash() const {
  std::uint64_t hash = 0;
  for (const auto& [name, inode] : names_) {
    for (const char c : name) hash = sim_mix(hash ^ static_cast<unsigned char>(c));
    hash = inode->store.seen().hash(hash);
  }
  return hash;
}

// The disk's files without their handles and locks. An inode may have two names, one as it is seen
// and one on the disk.
struct SimDisk::Impl::Saved {
  std::vector<SimStore> stores;
  std::vector<std::pair<std::string, std::size_t>> names, durable;
  std::vector<std::pair<std::string, std::optional<std::size_t>>> changes;
};

std::shared_ptr<const void> SimDisk::Impl::save() const {
  auto saved = std::make_shared<Saved>();
  std::unordered_map<const SimInode*, std::size_t> numbers;
  const auto number = [&](const Inode& inode) {
    const auto [it, added] = numbers.emplace(inode.get(), saved->stores.size());
    if (added) saved->stores.push_back(inode->store);
    return it->second;
  };
  for (const auto& [name, inode] : names_) saved->names.emplace_back(name, number(inode));
  for (const auto& [name, inode] : durable_) saved->durable.emplace_back(name, number(inode));
  for (const NameChange& change : changes_) {
    std::optional<std::size_t> inode;
    if (change.inode) inode = number(change.inode);
    saved->changes.emplace_back(change.name, inode);
  }
  return saved;
}

void SimDisk::Impl::load(const std::shared_ptr<const void>& files) {
  check_closed("load");
  names_.clear();
  durable_.clear();
  changes_.clear();
  dead_ = false;
  if (!files) return;  // an empty disk
  const auto& saved = *static_cast<const Saved*>(files.get());
  std::vector<Inode> inodes;
  for (const SimStore& store : saved.stores) {
    inodes.push_back(std::make_shared<SimInode>());
    inodes.back()->store = store;
  }
  for (const auto& [name, inode] : saved.names) names_.emplace(name, inodes[inode]);
  for (const auto& [name, inode] : saved.durable) durable_.emplace(name, inodes[inode]);
  for (const auto& [name, inode] : saved.changes) {
    changes_.push_back({name, inode ? inodes[*inode] : nullptr});
  }
}

}  // namespace offsync::test
