#include "proxy/certificates.h"

#include <cstdint>

#include "base/rfc3339.h"

namespace offsync::proxy {
namespace {

constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kSoon = 14 * kDay;

void warn_of_times(const TlsIdentity& identity, const std::string& file, Log& log, Clock& clock) {
  const auto now = clock.wall_ms() / 1000;
  const auto warn = [&](const char* event, std::int64_t seconds, const char* key,
                        const char* hint) {
    log.write(LogLevel::warn, event,
              {{"file", file}, {key, format_rfc3339(seconds * 1000)}, {"hint", hint}});
  };
  if (identity.not_before() > now) {
    warn("certificate_not_yet_valid", identity.not_before(), "from",
         "clients refuse it until then; is this machine's clock right?");
  } else if (identity.not_after() <= now) {
    warn("certificate_expired", identity.not_after(), "expired",
         "clients refuse it; put a new one there and send SIGHUP");
  } else if (identity.not_after() - now < kSoon) {
    warn("certificate_expires_soon", identity.not_after(), "expires",
         "put a new one there and send SIGHUP");
  }
}

}  // namespace

Result<std::shared_ptr<const TlsIdentity>> load_certificates(const TlsFiles& files, Log& log,
                                                             Clock& clock) {
  OFFSYNC_ASSIGN(auto identity, TlsIdentity::load(files));
  warn_of_times(*identity, files.cert, log, clock);
  if (identity->key_is_exposed()) {
    log.write(LogLevel::warn, "key_exposed",
              {{"file", files.key}, {"hint", "everybody can read it: chmod o-r"}});
  }
  return identity;
}

}  // namespace offsync::proxy
