#include "wire/compress.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>

namespace offsync {
namespace {

// Events repeat their keys: the fast levels already find what there is to find.
constexpr int kGzipLevel = 3;
constexpr int kZstdLevel = 3;
constexpr int kGzipWindow = 15 + 16;  // zlib's way to say "with a gzip header"
// What RFC 8878 recommends that every decoder takes; a frame may not make us allocate more.
constexpr int kZstdWindowLog = 23;
constexpr std::size_t kChunk = 65'536;

Error damaged(std::string_view what, std::string_view why) {
  return bad_data("bad_encoding",
                  "the body is no intact " + std::string(what) + " data: " + std::string(why));
}

Error too_large(std::size_t limit) {
  return bad_data("too_large",
                  "the body is longer than " + std::to_string(limit) + " bytes when decompressed",
                  "send it in smaller batches");
}

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

Result<std::string> gunzip(std::string_view bytes, std::size_t limit) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzipWindow) != Z_OK) throw std::bad_alloc();
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, inflateEnd);
  std::string out;
  std::array<char, kChunk> chunk;
  bool ended = false;  // at the end of a member; another one may follow
  while (true) {
    if (stream.avail_in == 0) {
      if (bytes.empty() && ended) return out;
      stream.next_in = zlib_input(bytes);
      stream.avail_in = piece(bytes.size());
      bytes.remove_prefix(stream.avail_in);
    }
    if (ended && inflateReset(&stream) != Z_OK) return damaged("gzip", "it cannot be read on");
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = chunk.size();
    const int status = inflate(&stream, Z_NO_FLUSH);
    const std::size_t got = chunk.size() - stream.avail_out;
    if (got > limit - out.size()) return too_large(limit);
    out.append(chunk.data(), got);
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status == Z_BUF_ERROR) return damaged("gzip", "it is cut short");
    if (status != Z_OK && status != Z_STREAM_END) {
      return damaged("gzip", stream.msg != nullptr ? stream.msg : "it is damaged");
    }
    ended = status == Z_STREAM_END;
  }
}

std::string zstd(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const std::size_t size =
      ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), kZstdLevel);
  if (ZSTD_isError(size) != 0) throw std::bad_alloc();  // nothing else can go wrong here
  out.resize(size);
  return out;
}

Result<std::string> unzstd(std::string_view bytes, std::size_t limit) {
  const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(),
                                                                        ZSTD_freeDCtx);
  if (!context) throw std::bad_alloc();
  ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kZstdWindowLog);
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::string out;
  std::array<char, kChunk> chunk;
  while (true) {
    ZSTD_outBuffer piece_out{chunk.data(), chunk.size(), 0};
    // 0 at the end of a frame; another one may follow.
    const std::size_t expected = ZSTD_decompressStream(context.get(), &piece_out, &in);
    if (ZSTD_isError(expected) != 0) return damaged("zstd", ZSTD_getErrorName(expected));
    if (piece_out.pos > limit - out.size()) return too_large(limit);
    out.append(chunk.data(), piece_out.pos);
    if (in.pos < in.size) continue;
    if (expected == 0) return out;
    if (piece_out.pos < piece_out.size) return damaged("zstd", "it is cut short");
  }
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
  switch (coding) {
    case Coding::gzip:
      return gunzip(bytes, limit);
    case Coding::zstd:
      return unzstd(bytes, limit);
    case Coding::identity:
      break;
  }
  if (bytes.size() > limit) return too_large(limit);
  return std::string(bytes);
}

}  // namespace offsync
