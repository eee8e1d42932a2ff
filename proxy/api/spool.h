// An answer's body that is great and must be taken from the store in one moment: kept in memory up
// to 4 MiB, beyond that in a file without a name, beside the store. So nothing of the store is held
// while it is read, however slowly.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "proxy/http/body_source.h"

namespace offsync::proxy {

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
  // Appends what comes next of what was added, a piece of it. False: that was the last. add() is
  // not called any more.
  Result<bool> next(std::string& out);

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

// The bytes of `spool`.
std::unique_ptr<BodySource> source_of(std::unique_ptr<Spool> spool);

}  // namespace offsync::proxy
