// An answer's body that may be great: kept in memory up to 4 MiB, beyond that in a temporary file
// that has no name. So a snapshot is taken from the store at once, however slowly it is read.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace offsync::proxy {

class Spool {
 public:
  Status add(std::string_view bytes);
  std::uint64_t size() const { return size_; }
  // Gives all bytes, in order and in pieces, until `take` says no.
  Status read(const std::function<bool(std::string_view)>& take);

 private:
  Status spill();
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::string memory_;
  std::unique_ptr<std::FILE, Close> file_;
  std::uint64_t size_ = 0;
};

}  // namespace offsync::proxy
