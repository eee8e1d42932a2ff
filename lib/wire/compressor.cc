#include "wire/compressor.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <new>

namespace offsync {
namespace {
constexpr std::size_t kStepBytes = 64 * 1024;
constexpr int kGzipLevel = 3;  // as compress() has it; zstd's default is 3 too
}  // namespace

// Fails only for want of memory, and then as everything else does.
struct Compressor::Impl {
  explicit Impl(Coding c) : coding(c) {
    if (coding == Coding::gzip &&
        ::deflateInit2(&gzip, kGzipLevel, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
    if (coding == Coding::zstd && (zstd = ::ZSTD_createCCtx()) == nullptr) throw std::bad_alloc();
  }
  ~Impl() {
    if (coding == Coding::gzip) ::deflateEnd(&gzip);
    ::ZSTD_freeCCtx(zstd);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void run_gzip(std::string_view bytes, int flush, std::string& out) {
    // zlib reads through a pointer to mutable bytes, and does not write there.
    gzip.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(bytes.data()));  // NOLINT
    gzip.avail_in = static_cast<uInt>(bytes.size());
    do {
      const auto at = out.size();
      out.resize(at + kStepBytes);
      gzip.next_out = reinterpret_cast<Bytef*>(out.data() + at);
      gzip.avail_out = kStepBytes;
      ::deflate(&gzip, flush);
      out.resize(at + kStepBytes - gzip.avail_out);
    } while (gzip.avail_out == 0);
  }

  void run_zstd(std::string_view bytes, ZSTD_EndDirective end, std::string& out) {
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    std::size_t left = 0;
    do {
      const auto at = out.size();
      out.resize(at + kStepBytes);
      ZSTD_outBuffer step{out.data() + at, kStepBytes, 0};
      left = ::ZSTD_compressStream2(zstd, &step, &in, end);
      out.resize(at + step.pos);
      if (::ZSTD_isError(left) != 0) throw std::bad_alloc();
    } while (end == ZSTD_e_end ? left > 0 : in.pos < in.size);
  }

  Coding coding;
  z_stream gzip{};
  ZSTD_CCtx* zstd = nullptr;
};

Compressor::Compressor(Coding coding) : impl_(std::make_unique<Impl>(coding)) {}
Compressor::~Compressor() = default;
Compressor::Compressor(Compressor&&) noexcept = default;
Compressor& Compressor::operator=(Compressor&&) noexcept = default;

void Compressor::add(std::string_view bytes, std::string& out) {
  if (impl_->coding == Coding::identity) {
    out += bytes;
    return;
  }
  // zlib counts in 32 bits.
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), std::size_t{1} << 30))) {
    const auto part = bytes.substr(0, std::size_t{1} << 30);
    if (impl_->coding == Coding::gzip) {
      impl_->run_gzip(part, Z_NO_FLUSH, out);
    } else {
      impl_->run_zstd(part, ZSTD_e_continue, out);
    }
  }
}

void Compressor::finish(std::string& out) {
  if (impl_->coding == Coding::gzip) impl_->run_gzip({}, Z_FINISH, out);
  if (impl_->coding == Coding::zstd) impl_->run_zstd({}, ZSTD_e_end, out);
}

}  // namespace offsync
