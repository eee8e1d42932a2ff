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

}  // namespace offsync
