#include "wire/status_kind.h"

namespace offsync {

Errc kind_of_status(int status) {
  if (status == 401 || status == 403 || status == 407) return Errc::auth;
  const bool transient = status == 408 || status == 425 || status == 429 || status >= 500;
  return transient ? Errc::unreachable : Errc::protocol;
}

}  // namespace offsync
