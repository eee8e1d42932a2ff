// What a failed exchange means to a person and to the engine.
#pragma once

#include <curl/curl.h>

#include <optional>
#include <string>

#include "base/result.h"

namespace offsync::cli {

// `what`: "GET http://127.0.0.1:8080/v1/spaces/shop/events", without secrets. `why`: curl's own
// words, or empty. `proxy_status`: the status with which an HTTP proxy answered CONNECT, or 0.
Error error_of_curl(CURLcode code, const std::string& what, const std::string& why,
                    long proxy_status);

// Error io `too_many_files` where nothing could be sent because this process may open no more
// files. `error`: the errno that curl knows, or 0.
std::optional<Error> short_of_descriptors(CURLcode code, const std::string& what, long error);

// "Failed to connect to HOST port N after M ms: Couldn't connect to server" with the system's
// reason (an errno, or 0) instead of a time, so that two failures for one reason read the same.
std::string why_not_connected(const std::string& why, long error);

}  // namespace offsync::cli
