#include "proxy/http/body_source.h"

#include <utility>

#include "proxy/http/limits.h"

namespace offsync::proxy {
namespace {

class CompressedSource final : public BodySource {
 public:
  CompressedSource(std::string first, std::unique_ptr<BodySource> rest, Coding coding)
      : piece_(std::move(first)), rest_(std::move(rest)), compressor_(coding) {}

  // Many pieces of text are one of compressed bytes; but somebody waits for a first byte, so that
  // it does not read on for ever.
  Result<bool> next(std::string& out) override {
    constexpr int kPieces = 16;
    const auto before = out.size();
    for (int i = 0; i < kPieces && out.size() - before < kAnswerPieceBytes / 4; ++i) {
      compressor_.add(piece_, out);
      piece_.clear();
      if (ended_) {
        compressor_.finish(out);
        return false;
      }
      OFFSYNC_ASSIGN(const bool more, rest_->next(piece_));
      ended_ = !more;
    }
    return true;
  }

 private:
  std::string piece_;  // not yet compressed
  std::unique_ptr<BodySource> rest_;
  Compressor compressor_;
  bool ended_ = false;  // piece_ is the last one
};

}  // namespace

std::unique_ptr<BodySource> compressed(std::string first, std::unique_ptr<BodySource> rest,
                                       Coding coding) {
  return std::make_unique<CompressedSource>(std::move(first), std::move(rest), coding);
}

}  // namespace offsync::proxy
