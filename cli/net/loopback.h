// Whether a URL is one of this machine: HTTP proxies of the environment are not asked for those.
#pragma once

#include <string>

namespace offsync::cli {

// Its host is localhost, below .localhost, in 127.0.0.0/8 or ::1.
bool is_loopback(const std::string& url);

}  // namespace offsync::cli
