// The files of TLS.
#pragma once

#include <string>

namespace offsync::proxy {

// PEM files; empty: none. Without a certificate there is no TLS.
struct TlsFiles {
  std::string cert;       // the proxy's, and what leads from it to its CA
  std::string key;        // of that; in clear
  std::string client_ca;  // of the clients, who must have a certificate then
};

}  // namespace offsync::proxy
