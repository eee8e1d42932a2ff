// What a failed exchange means to a person and to the engine.
#pragma once

#include <curl/curl.h>

#include <string>

#include "base/result.h"

namespace offsync::cli {

// `what`: "GET http://127.0.0.1:8080/v1/spaces/shop/events", without secrets. `why`: curl's own
// words, or empty. `proxy_status`: the status with which an HTTP proxy answered CONNECT, or 0.
Error error_of_curl(CURLcode code, const std::string& what, const std::string& why,
                    long proxy_status);

}  // namespace offsync::cli
