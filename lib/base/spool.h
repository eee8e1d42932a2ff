// Text that is great and must be there as a whole before any of it is used: kept in memory up to
// 4 MiB, beyond that in a file without a name. So a proxy holds nothing of its store while an
// answer is read, however slowly, and a client prints nothing of one that is cut.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace offsync {

class Spool {
 public:
  // `folder` is for the file; empty: that for temporary files (TMPDIR).
  explicit Spool(std::string folder);
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // Errors: io `spool`, which say where there is no room.
  Status add(std::string_view bytes);
  std::uint64_t size() const { return size_; }
  // Appends what comes next of what was added, 256 KiB of it at most. False: that was the last.
  // add() is not called any more.
  Result<bool> next(std::string& out);
  // next() begins again.
  void rewind() { read_ = 0; }

 private:
  Status spill();
  Status open();
  Error failed(std::string_view what, int error) const;

  std::string folder_;
  std::string memory_;
  int file_ = -1;
  std::uint64_t size_ = 0;
  std::uint64_t read_ = 0;
};

}  // namespace offsync
