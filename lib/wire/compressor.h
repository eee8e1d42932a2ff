// Compression piece by piece, for answers that are too great to be held twice.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "wire/compress.h"

namespace offsync {

// One gzip member or one zstd frame (identity: the bytes as they are). Not thread-safe.
class Compressor {
 public:
  explicit Compressor(Coding coding);
  ~Compressor();
  Compressor(Compressor&&) noexcept;
  Compressor& operator=(Compressor&&) noexcept;

  // Appends to `out` what is ready; the rest comes with a later call.
  void add(std::string_view bytes, std::string& out);
  // The end. Precondition: not called before; add() is not called after it.
  void finish(std::string& out);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace offsync
