// What the SQLite side (sim_vfs.cc) uses of a disk. Internal to sim_disk.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/sim_disk.h"
#include "support/sim_inode.h"

namespace offsync::test {

class SimDisk::Impl {
 public:
  Impl(std::string prefix, std::uint64_t seed) : random{seed}, prefix_(std::move(prefix)) {}

  using Inode = std::shared_ptr<SimInode>;
  const std::string& prefix() const { return prefix_; }
  bool has(std::string_view path) const { return path.starts_with(prefix_); }
  // What it is called here: files are known by what follows the prefix.
  std::string name_of(std::string_view path) const {
    return std::string(path.substr(prefix_.size()));
  }
  bool dead() const { return dead_; }
  Inode find(const std::string& name) const;

  // --- what may change something; all answer a result code of SQLite -----------------------------
  int create(const std::string& name, Inode& inode);
  int write(SimStore& file, const std::string& name, const char* from, std::size_t count,
            std::uint64_t at);
  int truncate(SimStore& file, const std::string& name, std::uint64_t size);
  // `folder`: and the names in the folder of `name`.
  int sync(SimStore& file, const std::string& name, bool folder);
  int remove(const std::string& name, bool folder);

  // --- of SimDisk, as said there
  // ------------------------------------------------------------------
  void kill();
  void restart(Loss loss);
  std::uint64_t hash() const;
  std::shared_ptr<const void> save() const;
  void load(const std::shared_ptr<const void>& files);

  std::uint64_t crash_at = 0, fail_at = 0;  // operations from now; 0: never
  int fail_code = 0;
  std::uint64_t capacity = UINT64_MAX;
  std::string lying;
  std::uint64_t operations = 0;
  Counters counters;
  std::size_t handles = 0;
  Hook hook;
  SimRandom random;

 private:
  using Names = std::map<std::string, Inode>;
  struct NameChange {
    std::string name;
    Inode inode;  // none: deleted
  };
  struct Saved;

  enum class Begun { go, dead, fails };
  Begun begin(std::string_view operation, const std::string& name);
  int io_error(int code);
  int full();
  std::uint64_t used() const;
  void rename(Names& names, const NameChange& change) const;
  void sync_folder(const std::string& name);
  void lose_power();
  void lose_names(SimFate fate);
  void check_closed(const char* doing) const;

  const std::string prefix_;
  bool dead_ = false;
  Names names_;                      // as they are seen
  Names durable_;                    // as they are on the disk
  std::vector<NameChange> changes_;  // of names, since their folder was synced
};

// Makes the disk known to the VFS, and forgets it.
void sim_register(const std::shared_ptr<SimDisk::Impl>& disk, std::uint64_t seed);
void sim_unregister(const std::shared_ptr<SimDisk::Impl>& disk);
// What sqlite3_system_errno() says of the last failure.
void sim_set_errno(int code);

}  // namespace offsync::test
