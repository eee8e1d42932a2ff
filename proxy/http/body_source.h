// An answer's body that is made while it is read, so that it takes no more memory than a piece.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "wire/compressor.h"

namespace offsync::proxy {

// Used by one thread at a time.
class BodySource {
 public:
  virtual ~BodySource() = default;
  // Appends the next piece to `out`, kAnswerPieceBytes or what one line more makes of it. False:
  // that was the last one. After an error there is no further call.
  virtual Result<bool> next(std::string& out) = 0;
};

// `first` and the bytes of `rest` behind it, compressed.
std::unique_ptr<BodySource> compressed(std::string first, std::unique_ptr<BodySource> rest,
                                       Coding coding);

}  // namespace offsync::proxy
