#include "wire/unpacker.h"

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <new>

#include "wire/answer_limits.h"

namespace offsync {
namespace {

constexpr int kGzipWindow = 15 + 16;  // zlib's way to say "with a gzip header"
// What RFC 8878 recommends that every decoder takes; a frame may not make us allocate more.
constexpr int kZstdWindowLog = 23;
constexpr std::size_t kChunk = 65'536;

Error damaged(std::string_view what, std::string_view why) {
  return bad_data("bad_encoding",
                  "the body is no intact " + std::string(what) + " data: " + std::string(why));
}

// What one call made of the input: some of it used, some bytes made.
struct Step {
  std::size_t used = 0, made = 0;
  bool at_end = false;  // of a member or frame; another one may follow
};

class Codec {
 public:
  virtual ~Codec() = default;
  virtual Result<Step> run(std::string_view in, char* out, std::size_t room) = 0;
  virtual const char* name() const = 0;
};

class Gunzip final : public Codec {
 public:
  Gunzip() {
    if (inflateInit2(&stream_, kGzipWindow) != Z_OK) throw std::bad_alloc();
  }
  ~Gunzip() override { inflateEnd(&stream_); }
  const char* name() const override { return "gzip"; }

  Result<Step> run(std::string_view in, char* out, std::size_t room) override {
    if (ended_ && !in.empty() && inflateReset(&stream_) != Z_OK) {
      return damaged(name(), "it cannot be read on");
    }
    if (!in.empty()) ended_ = false;
    // zlib counts in 32 bits, and does not write to its input, though its interface lets it.
    const std::size_t piece = std::min<std::size_t>(in.size(), std::size_t{1} << 30);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(piece);
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(room);
    const int status = ended_ ? Z_STREAM_END : inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
      return damaged(name(), stream_.msg != nullptr ? stream_.msg : "it is damaged");
    }
    ended_ = status == Z_STREAM_END;
    return Step{piece - stream_.avail_in, room - stream_.avail_out, ended_};
  }

 private:
  z_stream stream_{};
  bool ended_ = false;
};

class Unzstd final : public Codec {
 public:
  Unzstd() : context_(ZSTD_createDCtx(), ZSTD_freeDCtx) {
    if (!context_) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kZstdWindowLog);
  }
  const char* name() const override { return "zstd"; }

  Result<Step> run(std::string_view in, char* out, std::size_t room) override {
    if (in.empty() && at_end_) return Step{0, 0, true};
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{out, room, 0};
    const std::size_t expected = ZSTD_decompressStream(context_.get(), &output, &input);
    if (ZSTD_getErrorCode(expected) == ZSTD_error_frameParameter_windowTooLarge) {
      return bad_data(
          "bad_encoding",
          "the zstd body needs a window over 8 MiB to unpack; compress it with zstd -19 "
          "or less, and without --long");
    }
    if (ZSTD_isError(expected) != 0) return damaged(name(), ZSTD_getErrorName(expected));
    at_end_ = expected == 0;
    return Step{input.pos, output.pos, at_end_};
  }

 private:
  std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context_;
  bool at_end_ = false;
};

class Plain final : public Codec {
 public:
  const char* name() const override { return "plain"; }
  Result<Step> run(std::string_view in, char* out, std::size_t room) override {
    const std::size_t size = std::min(in.size(), room);
    std::copy_n(in.data(), size, out);
    return Step{size, size, true};
  }
};

std::unique_ptr<Codec> codec_of(Coding coding) {
  if (coding == Coding::gzip) return std::make_unique<Gunzip>();
  if (coding == Coding::zstd) return std::make_unique<Unzstd>();
  return std::make_unique<Plain>();
}

}  // namespace

std::optional<Coding> parse_coding(std::string_view content_encoding) {
  std::string name(content_encoding);
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (name.empty() || name == "identity") return Coding::identity;
  if (name == "gzip" || name == "x-gzip") return Coding::gzip;
  if (name == "zstd") return Coding::zstd;
  return std::nullopt;
}

struct Unpacker::Impl {
  std::unique_ptr<Codec> codec;
  std::size_t limit = 0;
  std::string in;
  std::size_t used = 0;      // of `in`
  std::size_t taken = 0;     // packed bytes in all
  std::size_t made = 0;      // bytes that came out in all
  bool at_end = false;       // where a whole body could end
  std::optional<Error> why;  // it failed

  Error fail(Error error) {
    why = std::move(error);
    return *why;
  }
  Status check_size() {
    if (made > limit) {
      return fail(
          bad_data("too_large",
                   "the body is longer than " + std::to_string(limit) + " bytes when decompressed",
                   "send it in smaller batches"));
    }
    if (made <= limits::kUnpackFreeBytes) return {};
    if ((made - limits::kUnpackFreeBytes) / limits::kUnpackRatio <= taken) return {};
    return fail(bad_data("too_large", "the body unpacks to more than " +
                                          std::to_string(limits::kUnpackRatio) +
                                          " times its size"));
  }
};

Unpacker::Unpacker(Coding coding, std::size_t limit) : impl_(std::make_unique<Impl>()) {
  impl_->codec = codec_of(coding);
  impl_->limit = limit;
  impl_->at_end = coding == Coding::identity;
}
Unpacker::~Unpacker() = default;
Unpacker::Unpacker(Unpacker&&) noexcept = default;
Unpacker& Unpacker::operator=(Unpacker&&) noexcept = default;

void Unpacker::add(std::string_view bytes) {
  if (impl_->used == impl_->in.size()) {
    impl_->in.clear();
    impl_->used = 0;
  }
  impl_->in.append(bytes);
  impl_->taken += bytes.size();
}

Result<bool> Unpacker::next(std::string& out) {
  Impl& it = *impl_;
  if (it.why) return *it.why;
  std::array<char, kChunk> chunk;
  auto step = it.codec->run(std::string_view(it.in).substr(it.used), chunk.data(), chunk.size());
  if (!step) return it.fail(std::move(step).error());
  it.used += step->used;
  it.made += step->made;
  if (step->used + step->made > 0) it.at_end = step->at_end;
  OFFSYNC_TRY(it.check_size());
  out.append(chunk.data(), step->made);
  return step->made == chunk.size() || (it.used < it.in.size() && step->used + step->made > 0);
}

Status Unpacker::end() const {
  const Impl& it = *impl_;
  if (it.why) return *it.why;
  if (it.at_end && it.used == it.in.size()) return {};
  return damaged(it.codec->name(), "it is cut short");
}

std::size_t Unpacker::waiting() const {
  return impl_->in.size() - impl_->used;
}

}  // namespace offsync
