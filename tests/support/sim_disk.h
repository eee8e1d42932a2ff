// SimDisk: a disk in memory on which SQLite works, and which can lose what was not synced, tear and
// reorder writes, fail, fill up and die, all from one seed. No system call is made for its files.
//
// What a power failure may do (Loss::power), to each file by itself: what was there at its last
// sync stays. Each later write is kept, dropped or torn at sectors of 512 bytes, in any subset, so
// a later one may survive an earlier one; truncations and growth may or may not have happened;
// what a file grew by without being written reads as zeros or garbage. Files created or deleted
// since their folder was last synced may be gone or back. Drawn with fair probability, too: all of
// it kept, all dropped, a prefix.
//
// What the disk promises to SQLite is what the unix VFS promises on Linux: POWERSAFE_OVERWRITE (a
// torn write never changes a byte outside its range) and a sector of 4096 bytes. Nothing else: no
// safe append, no atomic writes, no order. As there, the first sync of a journal or WAL also syncs
// its folder.
//
// Not thread-safe: a disk and everything opened on it belong to one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace offsync::test {

class SimDisk {
 public:
  // All files whose absolute path begins with `prefix` live on it, as long as it lives. The first
  // disk makes the VFS "simdisk" the default one of the process; the last one takes it away. Paths
  // that are on no SimDisk go to the real default VFS.
  //
  // While there are disks, SQLite's own random numbers are drawn from the first one's seed, time
  // stands still and nobody sleeps.
  SimDisk(std::string prefix, std::uint64_t seed);
  ~SimDisk();
  SimDisk(const SimDisk&) = delete;
  SimDisk& operator=(const SimDisk&) = delete;

  // --- faults: of mutating operations, which are create, write, truncate, sync and delete --------
  // The n-th from now does not happen, and the machine is dead from then on. 0: never.
  void crash_at(std::uint64_t n);
  // The n-th from now fails, once, and changes nothing: SQLITE_FULL for a write or creation where
  // `rc` is that, else the SQLITE_IOERR_… of the operation. 0: none. A failed sync leaves what it
  // should have synced as it is: on disk or not, nobody knows, and no later sync makes up for it
  // (as Linux does it).
  void fail_at(std::uint64_t n, int rc);
  // No space beyond this sum of file sizes. UINT64_MAX: no limit. A write gets as far as it fits.
  void set_capacity(std::uint64_t bytes);
  // Syncs of files whose name ends with `suffix` do nothing but say that all is well. Empty: none.
  void lie_about_syncs(std::string suffix);

  // The machine dies now: every operation on open handles fails, nothing changes any more.
  void kill();
  bool dead() const;
  // none: the process died (kill -9), what was written stays. power: see above.
  enum class Loss { none, power };
  // Precondition: all handles are closed. Takes every fault but the capacity and lies away.
  void restart(Loss loss);

  // --- what is on it
  // ------------------------------------------------------------------------------
  std::uint64_t operations() const;  // mutating operations so far, with those that failed
  struct Counters {
    std::uint64_t writes = 0, syncs = 0, folder_syncs = 0, crashes = 0, lost_writes = 0,
                  torn_writes = 0;
    std::uint64_t reordered = 0;   // files of which a later write survived an earlier one
    std::uint64_t lost_names = 0;  // creations and deletions undone
    std::uint64_t io_errors = 0, full_errors = 0;
  };
  Counters counters() const;
  bool exists(std::string_view path) const;
  std::uint64_t size(std::string_view path) const;  // 0: none
  std::size_t open_handles() const;
  std::uint64_t hash() const;  // of all names and contents, as they are seen

  // Another sequence of draws, from here on.
  void reseed(std::uint64_t seed);
  // The same for SQLite's own random numbers (salts of the WAL, random()), process-wide.
  static void reseed_sqlite(std::uint64_t seed);

  // --- the whole disk as a value
  // ------------------------------------------------------------------ With what is synced of it,
  // and what is not. Pages are shared until one side writes them.
  class Image {
   public:
    Image() = default;

   private:
    friend class SimDisk;
    std::shared_ptr<const void> files_;
  };
  Image save() const;
  // Precondition: all handles are closed. The machine is alive then; names go with the prefix.
  void load(const Image& image);
  // Called before each mutating operation of a living machine, with its name ("create", "write",
  // "truncate", "sync", "delete") and the file's behind the prefix. It may save().
  using Hook = std::function<void(std::string_view operation, std::string_view file)>;
  void before_operation(Hook hook);
  // Does `what`, once, before something is synced. It is the hook until then and behind.
  void at_next_sync(std::function<void()> what);

  class Impl;  // internal to sim_*.cc

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace offsync::test
