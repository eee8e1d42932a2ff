#include "wire/compress.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>

#include "wire/unpacker.h"

namespace offsync {
namespace {

// Events repeat their keys: the fast levels already find what there is to find.
constexpr int kGzipLevel = 3;
constexpr int kZstdLevel = 3;
constexpr int kGzipWindow = 15 + 16;  // zlib's way to say "with a gzip header"
constexpr std::size_t kChunk = 65'536;

// zlib counts in 32 bits: bodies over 4 GiB go in by pieces.
uInt piece(std::size_t size) {
  return static_cast<uInt>(std::min<std::size_t>(size, std::size_t{1} << 30));
}

Bytef* zlib_input(std::string_view bytes) {
  // zlib does not write to its input, but its oldest interface does not say so.
  return reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
}

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, kGzipLevel, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, deflateEnd);
  std::string out;
  std::array<char, kChunk> chunk;
  int status = Z_OK;
  while (status != Z_STREAM_END) {
    if (stream.avail_in == 0) {
      stream.next_in = zlib_input(bytes);
      stream.avail_in = piece(bytes.size());
      bytes.remove_prefix(stream.avail_in);
    }
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = chunk.size();
    status = deflate(&stream, bytes.empty() ? Z_FINISH : Z_NO_FLUSH);
    out.append(chunk.data(), chunk.size() - stream.avail_out);
  }
  return out;
}

std::string zstd(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), kZstdLevel);
  if (ZSTD_isError(size) != 0) throw std::bad_alloc();  // nothing else can go wrong here
  out.resize(size);
  return out;
}

}  // namespace

std::string compress(std::string_view bytes, Coding coding) {
  switch (coding) {
    case Coding::gzip:
      return gzip(bytes);
    case Coding::zstd:
      return zstd(bytes);
    case Coding::identity:
      break;
  }
  return std::string(bytes);
}

Result<std::string> decompress(std::string_view bytes, Coding coding, std::size_t limit) {
  Unpacker unpacker(coding, limit);
  unpacker.add(bytes);
  std::string out;
  for (;;) {
    OFFSYNC_ASSIGN(const bool more, unpacker.next(out));
    if (!more) break;
  }
  OFFSYNC_TRY(unpacker.end());
  return out;
}

}  // namespace offsync
