#include "cli/net/curl_transport.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <exception>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/net/curl_error.h"

namespace offsync::cli {
namespace {

constexpr long kBufferBytes = 128 * 1024;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// Those of gzip and zstd that this libcurl can decode; brotli costs a client more than it saves.
std::string supported_codings() {
  const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW);
  std::string out;
  if ((info->features & CURL_VERSION_ZSTD) != 0) out = "zstd";
  if ((info->features & CURL_VERSION_LIBZ) != 0) out += out.empty() ? "gzip" : ", gzip";
  return out;
}

struct Exchange {
  Transport::Id id = 0;
  HttpHandler* handler = nullptr;  // null: cancelled
  CURL* easy = nullptr;
  curl_slist* headers = nullptr;
  HttpRequest request;
  HttpHead head;
  std::string url, what;
  char why[CURL_ERROR_SIZE] = "";
  bool head_done = false;
  bool attached = false;
  bool called = false;        // a callback ran in this round
  std::exception_ptr thrown;  // by the handler, to be rethrown outside of curl

  ~Exchange() {
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
  }
};

// Runs a piece of a callback that curl called. False: curl is to give the exchange up.
template <class Fn>
bool guarded(Exchange& exchange, Fn fn) {
  if (exchange.handler == nullptr) return false;
  try {
    fn();
  } catch (...) {
    exchange.thrown = std::current_exception();
    return false;
  }
  return exchange.handler != nullptr;
}

void take_header_line(Exchange& exchange, std::string_view line) {
  if (exchange.head_done) return;  // a trailer
  if (line.starts_with("HTTP/")) {
    exchange.head = {};
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return;
    for (const char c : line.substr(space + 1, 3)) {
      if (c >= '0' && c <= '9') exchange.head.status = exchange.head.status * 10 + (c - '0');
    }
    return;
  }
  if (!trimmed(line).empty()) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return;
    exchange.head.headers.emplace_back(lower(trimmed(line.substr(0, colon))),
                                       std::string(trimmed(line.substr(colon + 1))));
    return;
  }
  if (exchange.head.status < 200) return;  // 100 Continue: the real answer follows
  exchange.head_done = true;
  exchange.called = true;
  exchange.handler->on_head(exchange.head);
}

size_t on_header(char* bytes, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line(bytes, size * count);
  return guarded(exchange, [&] { take_header_line(exchange, line); }) ? line.size() : 0;
}

size_t on_body(char* bytes, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view data(bytes, size * count);
  const bool go_on = guarded(exchange, [&] {
    exchange.called = true;
    exchange.handler->on_data(data);
  });
  return go_on ? data.size() : 0;
}

// As curl's own, but no program that is started meanwhile gets it.
curl_socket_t open_socket(void* /*user*/, curlsocktype /*purpose*/, curl_sockaddr* address) {
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// curl finds nothing wrong with a header that just ends.
Error error_without_head(const Exchange& exchange) {
  if (exchange.head.status != 0) {
    return error_of_curl(CURLE_GOT_NOTHING, exchange.what, "the answer was cut in its header", 0);
  }
  return error_of_curl(CURLE_WEIRD_SERVER_REPLY, exchange.what, "no HTTP answer came", 0);
}

// scheme://host:port of `origin`, without user and password.
Result<std::string> public_origin(const std::string& origin) {
  const auto bad = [&](const char* why) {
    return make_error(Errc::config, "bad_url", std::string("the remote's URL is unusable: ") + why,
                      "it looks like http://127.0.0.1:8080/v1/spaces/NAME");
  };
  CURLU* url = curl_url();
  if (url == nullptr) throw std::bad_alloc();
  std::string out;
  CURLUcode code = curl_url_set(url, CURLUPART_URL, origin.c_str(), 0);
  if (code == CURLUE_OK) code = curl_url_set(url, CURLUPART_USER, nullptr, 0);
  if (code == CURLUE_OK) code = curl_url_set(url, CURLUPART_PASSWORD, nullptr, 0);
  if (code == CURLUE_OK) code = curl_url_set(url, CURLUPART_PATH, nullptr, 0);
  char* text = nullptr;
  if (code == CURLUE_OK) code = curl_url_get(url, CURLUPART_URL, &text, 0);
  if (text != nullptr) out = text;
  curl_free(text);
  curl_url_cleanup(url);
  if (code != CURLUE_OK) return bad(curl_url_strerror(code));
  if (!out.starts_with("http://") && !out.starts_with("https://")) {
    return bad("only http and https are spoken");
  }
  while (out.ends_with('/')) out.pop_back();
  return out;
}

void set_headers(Exchange& exchange, const std::string& codings) {
  const auto add = [&](const std::string& line) {
    curl_slist* grown = curl_slist_append(exchange.headers, line.c_str());
    if (grown == nullptr) throw std::bad_alloc();
    exchange.headers = grown;
  };
  bool stream = false;
  bool typed = false;
  for (const auto& [name, value] : exchange.request.headers) {
    const std::string low = lower(name);
    stream |= low == "accept" && value.find("text/event-stream") != std::string::npos;
    typed |= low == "content-type";
    add(value.empty() ? name + ";" : name + ": " + value);
  }
  add("Expect:");  // a round trip, and some servers never answer it
  if (!typed) add("Content-Type:");
  curl_easy_setopt(exchange.easy, CURLOPT_HTTPHEADER, exchange.headers);
  if (!stream && !codings.empty()) {
    curl_easy_setopt(exchange.easy, CURLOPT_ACCEPT_ENCODING, codings.c_str());
  }
}

void set_method(Exchange& exchange) {
  const HttpRequest& request = exchange.request;
  if (request.method == "GET" && request.body.empty()) return;
  if (request.method == "HEAD") {
    curl_easy_setopt(exchange.easy, CURLOPT_NOBODY, 1L);
    return;
  }
  curl_easy_setopt(exchange.easy, CURLOPT_POSTFIELDSIZE_LARGE,
                   static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(exchange.easy, CURLOPT_POSTFIELDS, request.body.data());
  curl_easy_setopt(exchange.easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
}

void set_options(Exchange& exchange, const CurlOptions& options, const std::string& codings) {
  CURL* easy = exchange.easy;
  curl_easy_setopt(easy, CURLOPT_URL, exchange.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);  // a subject may hold ".."
  curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, kBufferBytes);
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout_ms));
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(exchange.request.timeout_ms));
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  if (!options.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
  if (!options.user_agent.empty()) {
    curl_easy_setopt(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, exchange.why);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &exchange);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &exchange);
  set_headers(exchange, codings);
  set_method(exchange);
}

}  // namespace

struct CurlTransport::Impl {
  CURLM* multi = nullptr;
  std::string origin;         // as given, perhaps with a password
  std::string public_origin;  // as printed
  std::string codings = supported_codings();
  CurlOptions options;
  Id last = 0;
  bool in_curl = false;
  std::map<Id, std::unique_ptr<Exchange>> exchanges;

  ~Impl() {
    for (auto& [id, exchange] : exchanges) detach(*exchange);
    exchanges.clear();
    curl_multi_cleanup(multi);
    curl_global_cleanup();
  }

  void detach(Exchange& exchange) {
    if (exchange.attached) curl_multi_remove_handle(multi, exchange.easy);
    exchange.attached = false;
  }

  // curl forbids adding and removing from within its own callbacks, so both wait until here.
  void attach_new_and_drop_cancelled() {
    for (auto it = exchanges.begin(); it != exchanges.end();) {
      Exchange& exchange = *it->second;
      exchange.called = false;
      if (exchange.handler == nullptr) {
        detach(exchange);
        it = exchanges.erase(it);
        continue;
      }
      if (!exchange.attached) {
        curl_multi_add_handle(multi, exchange.easy);
        exchange.attached = true;
      }
      ++it;
    }
  }

  void finish(CURL* easy, CURLcode code) {
    Exchange* exchange = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &exchange);
    long proxy_status = 0;
    curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    const auto it = exchanges.find(exchange->id);
    const std::unique_ptr<Exchange> done = std::move(it->second);
    exchanges.erase(it);
    detach(*done);
    if (done->thrown) std::rethrow_exception(done->thrown);
    if (done->handler == nullptr) return;
    Status result;
    if (code == CURLE_COULDNT_CONNECT) {
      long error = 0;
      curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
      result = error_of_curl(code, done->what, why_not_connected(done->why, error), proxy_status);
    } else if (code != CURLE_OK) {
      result = error_of_curl(code, done->what, done->why, proxy_status);
    } else if (!done->head_done) {
      result = error_without_head(*done);
    }
    done->handler->on_done(result);
  }

  // True if a callback ran.
  bool perform() {
    attach_new_and_drop_cancelled();
    int running = 0;
    in_curl = true;
    curl_multi_perform(multi, &running);
    in_curl = false;
    bool called = std::any_of(exchanges.begin(), exchanges.end(),
                              [](const auto& item) { return item.second->called; });
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      finish(message->easy_handle, message->data.result);
      called = true;
    }
    return called;
  }
};

CurlTransport::CurlTransport(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CurlTransport::~CurlTransport() = default;

Result<std::unique_ptr<CurlTransport>> CurlTransport::create(const std::string& origin,
                                                             CurlOptions options) {
  OFFSYNC_ASSIGN(auto shown, public_origin(origin));
  const auto failed = [](const char* what) {
    return make_error(Errc::internal, "curl", std::string("libcurl cannot start: ") + what);
  };
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return failed("curl_global_init");
  auto impl = std::make_unique<Impl>();
  impl->multi = curl_multi_init();
  if (impl->multi == nullptr) return failed("curl_multi_init");
  impl->origin = origin;
  while (impl->origin.ends_with('/')) impl->origin.pop_back();
  impl->public_origin = std::move(shown);
  impl->options = std::move(options);
  return std::unique_ptr<CurlTransport>(new CurlTransport(std::move(impl)));
}

Transport::Id CurlTransport::start(HttpRequest request, HttpHandler& handler) {
  auto exchange = std::make_unique<Exchange>();
  exchange->id = ++impl_->last;
  exchange->handler = &handler;
  exchange->easy = curl_easy_init();
  if (exchange->easy == nullptr) throw std::bad_alloc();
  exchange->url = impl_->origin + request.target;
  exchange->what = request.method + " " + impl_->public_origin +
                   request.target.substr(0, request.target.find('?'));
  exchange->request = std::move(request);
  set_options(*exchange, impl_->options, impl_->codings);
  const Id id = exchange->id;
  impl_->exchanges.emplace(id, std::move(exchange));
  return id;
}

void CurlTransport::cancel(Id id) {
  const auto it = impl_->exchanges.find(id);
  if (it == impl_->exchanges.end()) return;
  it->second->handler = nullptr;
  if (impl_->in_curl) return;
  impl_->detach(*it->second);
  impl_->exchanges.erase(it);
}

void CurlTransport::poll(std::int64_t wait_ms) {
  if (impl_->perform() || wait_ms <= 0) return;
  const auto wait = static_cast<int>(std::min<std::int64_t>(wait_ms, 60'000));
  curl_multi_poll(impl_->multi, nullptr, 0, wait, nullptr);
  impl_->perform();
}

}  // namespace offsync::cli
