#include "base/sha256.h"

#include <sha256.h>
#include <sys/types.h>  // sha256.h needs it

namespace offsync {

static_assert(sizeof(Sha256) == SHA256_DIGEST_LENGTH);

Sha256 sha256(std::initializer_list<std::string_view> parts) {
  SHA256_CTX context;
  Sha256 digest{};
  SHA256Init(&context);
  for (const std::string_view part : parts) {
    SHA256Update(&context, reinterpret_cast<const std::uint8_t*>(part.data()), part.size());
  }
  SHA256Final(digest.data(), &context);
  return digest;
}

std::string hex_of(const Sha256& digest, std::size_t bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) {
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 15];
  }
  return text;
}

}  // namespace offsync
