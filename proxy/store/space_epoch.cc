#include "proxy/store/space_epoch.h"

#include "base/sha256.h"

namespace offsync::proxy {

std::string space_epoch(std::string_view store, std::string_view space) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  constexpr std::size_t kLength = 8;
  std::string epoch(store);
  const Sha256 digest = sha256({space});
  for (std::size_t i = 0; i < kLength; ++i) epoch += kDigits[digest[i] % kDigits.size()];
  return epoch;
}

}  // namespace offsync::proxy
