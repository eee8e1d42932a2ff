// Decompression piece by piece, for bodies that are not to be held twice: what comes out is bounded
// whatever goes in.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "wire/compress.h"

namespace offsync {

// The coding that a Content-Encoding names (any case; "x-gzip" is gzip, empty is identity); nothing
// where it is none of ours, or several.
std::optional<Coding> parse_coding(std::string_view content_encoding);

// One body. Errors (bad_data; every later call fails in the same way): `too_large` where it unpacks
// to more than `limit` bytes, or beyond limits::kUnpackFreeBytes by more than limits::kUnpackRatio;
// `bad_encoding` for damaged data, or data that ends too early (end()). Not thread-safe.
class Unpacker {
 public:
  Unpacker(Coding coding, std::size_t limit);
  ~Unpacker();
  Unpacker(Unpacker&&) noexcept;
  Unpacker& operator=(Unpacker&&) noexcept;

  // Packed bytes, kept until they are needed.
  void add(std::string_view bytes);
  // Appends up to 64 KiB to `out`. False: there is no more until add().
  Result<bool> next(std::string& out);
  // No more will come: is it whole?
  Status end() const;
  // Bytes that wait for next().
  std::size_t waiting() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace offsync
