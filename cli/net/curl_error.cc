#include "cli/net/curl_error.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace offsync::cli {
namespace {

struct Meaning {
  Errc kind;
  const char* code;
  const char* hint;
};

constexpr const char* kIsItRunning = "is the proxy running there?";
constexpr const char* kTryAgain = "try again";

Meaning meaning_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return {Errc::unreachable, "no_such_host", "check the host name, or whether you are online"};
    case CURLE_COULDNT_CONNECT:
      return {Errc::unreachable, "connect", kIsItRunning};
    case CURLE_OPERATION_TIMEDOUT:
      return {Errc::unreachable, "timeout", kTryAgain};
    case CURLE_PARTIAL_FILE:
      return {Errc::unreachable, "cut", kTryAgain};
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return {Errc::unreachable, "cut", kTryAgain};
    case CURLE_LOGIN_DENIED:
    case CURLE_AUTH_ERROR:
      return {Errc::auth, "denied", "check the credentials"};
    case CURLE_SSL_CONNECT_ERROR:
      return {Errc::protocol, "tls", "does the port speak https?"};
    case CURLE_URL_MALFORMAT:
      return {Errc::config, "bad_url", "check the remote's URL"};
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return {Errc::protocol, "not_http", "is that an offsync proxy?"};
    default:
      return {Errc::unreachable, "transfer", kTryAgain};
  }
}

}  // namespace

std::string why_not_connected(const std::string& why, long error) {
  const std::size_t after = why.find(" after ");
  if (error == 0 || after == std::string::npos) return why;
  return why.substr(0, after) + ": " + std::strerror(static_cast<int>(error));
}

// curl does not say that it got no descriptor, neither for a socket nor for what its resolver
// needs.
std::optional<Error> short_of_descriptors(CURLcode code, const std::string& what, long error) {
  const bool begun = code != CURLE_COULDNT_CONNECT && code != CURLE_COULDNT_RESOLVE_HOST;
  if (begun || (error != 0 && error != EMFILE && error != ENFILE)) return std::nullopt;
  constexpr std::size_t kWanted = 4;  // a socket, and what the resolver has open meanwhile
  std::array<int, kWanted> got;
  got.fill(-1);
  int why = 0;
  for (int& descriptor : got) {
    descriptor = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    if (descriptor < 0 && why == 0) why = errno;
  }
  for (const int descriptor : got) {
    if (descriptor >= 0) ::close(descriptor);
  }
  if (why != EMFILE && why != ENFILE) return std::nullopt;
  return make_error(Errc::io, "too_many_files", what + " failed: " + std::strerror(why),
                    "raise the limit of open files (ulimit -n), then run it again");
}

Error error_of_curl(CURLcode code, const std::string& what, const std::string& why,
                    long proxy_status) {
  const std::string reason = why.empty() ? curl_easy_strerror(code) : why;
  if (proxy_status == 407) {
    return make_error(Errc::auth, "proxy_auth", what + " failed: " + reason,
                      "the HTTP proxy asks for a password; see http_proxy and https_proxy");
  }
  const Meaning meaning = meaning_of(code);
  return make_error(meaning.kind, meaning.code, what + " failed: " + reason, meaning.hint);
}

}  // namespace offsync::cli
