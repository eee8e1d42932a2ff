#include "cli/net/loopback.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <memory>
#include <new>

namespace offsync::cli {
namespace {

std::string host_of(const std::string& url) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed(curl_url(), curl_url_cleanup);
  if (!parsed) throw std::bad_alloc();
  char* text = nullptr;
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_PATH_AS_IS) != CURLUE_OK ||
      curl_url_get(parsed.get(), CURLUPART_HOST, &text, 0) != CURLUE_OK) {
    return {};
  }
  std::string host = text;
  curl_free(text);
  for (char& c : host) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  if (host.ends_with('.')) host.pop_back();
  return host;
}

}  // namespace

bool is_loopback(const std::string& url) {
  const std::string host = host_of(url);
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  in_addr four{};
  if (::inet_pton(AF_INET, host.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24 == 127;
  in6_addr six{};
  const bool bracketed = host.size() > 2 && host.front() == '[';
  if (!bracketed || ::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &six) != 1) {
    return false;
  }
  return IN6_IS_ADDR_LOOPBACK(&six);
}

}  // namespace offsync::cli
