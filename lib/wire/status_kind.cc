#include "wire/status_kind.h"

#include "base/span_text.h"

namespace offsync {

Errc kind_of_status(int status) {
  if (status == 401 || status == 403 || status == 407) return Errc::auth;
  const bool transient = status == 408 || status == 425 || status == 429 || status >= 500;
  return transient ? Errc::unreachable : Errc::protocol;
}

std::string retry_hint(std::optional<std::int64_t> asked_ms, std::string_view detail) {
  constexpr std::int64_t kWorthSayingMs = 2000;
  const bool said = detail.find("try again") != std::string_view::npos;
  // Who says when means it, an hour as well.
  if (asked_ms.value_or(0) >= kWorthSayingMs) {
    const std::string wait = span_text(*asked_ms);
    return said ? "it asks for " + wait + " until then" : "try again in " + wait;
  }
  return said ? "" : "try again later";
}

}  // namespace offsync
