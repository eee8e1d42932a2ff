// What it means that there is no TLS connection, and what to do.
#pragma once

#include <curl/curl.h>

#include <optional>
#include <string>

#include "base/result.h"

namespace offsync::cli {

// Error unreachable `tls_certificate` where the other side's certificate is not to be trusted, and
// `tls_client_certificate` where it wants one of ours, or another one; config `tls_files` where one
// of our own files is none. Nothing where it is something else. `verified`: what the check of the
// certificate came to, in OpenSSL's numbers.
std::optional<Error> error_of_tls(CURLcode code, const std::string& what, const std::string& why,
                                  long verified);

}  // namespace offsync::cli
