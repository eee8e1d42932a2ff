// The certificate that a proxy shows: loaded, and what is to be said of it.
#pragma once

#include <memory>

#include "base/ports.h"
#include "base/result.h"
#include "proxy/ops/logger.h"
#include "proxy/tls/identity.h"
#include "proxy/tls/options.h"

namespace offsync::proxy {

// As TlsIdentity::load(). What is no error and should not stay so is a warning in the log: a
// certificate that is not valid now, or not for much longer, and a key that everybody can read.
Result<std::shared_ptr<const TlsIdentity>> load_certificates(const TlsFiles& files, Log& log,
                                                             Clock& clock);

}  // namespace offsync::proxy
