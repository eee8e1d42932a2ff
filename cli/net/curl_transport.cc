#include "cli/net/curl_transport.h"

#include <sys/socket.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "base/descriptor.h"
#include "base/text.h"
#include "cli/net/exchange.h"
#include "cli/net/loopback.h"

namespace offsync::cli {
namespace {

constexpr long kBufferBytes = 128 * 1024;

constexpr const char* kCodings = "zstd, gzip";

// As curl's own, but no program that is started meanwhile gets it.
curl_socket_t open_socket(void* /*user*/, curlsocktype /*purpose*/, curl_sockaddr* address) {
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
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

// Before anything is sent: curl says of some of this only that there was no connection.
Status check_tls_files(const CurlOptions& options) {
  constexpr std::size_t kFileBytes = 16 * 1024 * 1024;  // a system's bundle has half a MB
  if (options.cert_file.empty() && !options.key_file.empty()) {
    return make_error(Errc::config, "tls_files", "there is a key file and no certificate to it",
                      "name it: --cert FILE, cert_file or OFFSYNC_CERT_FILE");
  }
  const std::pair<const char*, const std::string*> files[] = {
      {"the CA file: ", &options.ca_file},
      {"the certificate file: ", &options.cert_file},
      {"the key file: ", &options.key_file}};
  for (const auto& [what, file] : files) {
    if (file->empty()) continue;
    const auto read = read_small_file(*file, kFileBytes);
    if (!read) {
      return make_error(Errc::config, "tls_files", what + read.error().detail, read.error().hint);
    }
  }
  return {};
}

void set_headers(Exchange& exchange) {
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
  // Not by curl's own option: what is unpacked there is bounded by nothing.
  if (!stream) add(std::string("Accept-Encoding: ") + kCodings);
  curl_easy_setopt(exchange.easy, CURLOPT_HTTPHEADER, exchange.headers);
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

void set_tls(CURL* easy, const CurlOptions& options) {
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!options.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);  // or the system's would do, too
  }
  if (options.cert_file.empty()) return;
  const std::string& key = options.key_file.empty() ? options.cert_file : options.key_file;
  curl_easy_setopt(easy, CURLOPT_SSLCERT, options.cert_file.c_str());
  curl_easy_setopt(easy, CURLOPT_SSLKEY, key.c_str());
  curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "");  // or a terminal would be asked
}

void set_options(Exchange& exchange, const CurlOptions& options) {
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
  // An HTTP proxy of the environment does not know this machine by the names that we use for it.
  if (is_loopback(exchange.url)) curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  set_tls(easy, options);
  if (!options.user_agent.empty()) {
    curl_easy_setopt(easy, CURLOPT_USERAGENT, options.user_agent.c_str());
  }
  exchange.hook();
  set_headers(exchange);
  set_method(exchange);
}

}  // namespace

namespace {

// Sets a flag for a while, even where that ends by an exception.
class Within {
 public:
  explicit Within(bool& flag) : flag_(flag) { flag_ = true; }
  ~Within() { flag_ = false; }
  Within(const Within&) = delete;
  Within& operator=(const Within&) = delete;

 private:
  bool& flag_;
};

}  // namespace

struct CurlTransport::Impl {
  CURLM* multi = nullptr;
  std::string origin;         // as given, perhaps with a password
  std::string public_origin;  // as printed
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

  void finish(Id id) {
    const auto it = exchanges.find(id);
    const std::unique_ptr<Exchange> done = std::move(it->second);
    exchanges.erase(it);
    detach(*done);
    if (done->thrown) std::rethrow_exception(done->thrown);
    if (done->handler == nullptr) return;
    done->handler->on_done(done->result());
  }

  void note_ends() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      Exchange* exchange = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &exchange);
      exchange->over = message->data.result;
    }
  }

  // Outside of curl, so that handlers may throw and cancel as they like. True: there is more.
  bool hand_on_all() {
    bool more = false;
    for (const Id id : ids()) {
      const auto it = exchanges.find(id);
      if (it == exchanges.end()) continue;
      Exchange& exchange = *it->second;
      if (exchange.unpacker && !exchange.thrown && exchange.hand_on()) {
        more = true;
      } else if (exchange.over || exchange.unusable || exchange.thrown) {
        finish(id);
        more = true;
      } else if (exchange.paused) {
        exchange.paused = false;
        curl_easy_pause(exchange.easy, CURLPAUSE_CONT);
        more = true;
      }
    }
    return more;
  }

  std::vector<Id> ids() const {
    std::vector<Id> out;
    for (const auto& [id, exchange] : exchanges) out.push_back(id);
    return out;
  }

  // True if a callback ran, or there is more to do at once.
  bool perform() {
    attach_new_and_drop_cancelled();
    int running = 0;
    const Within within(in_curl);
    curl_multi_perform(multi, &running);
    note_ends();
    const bool more = hand_on_all();
    return more || std::any_of(exchanges.begin(), exchanges.end(),
                               [](const auto& item) { return item.second->called; });
  }
};

CurlTransport::CurlTransport(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
CurlTransport::~CurlTransport() = default;

Result<std::unique_ptr<CurlTransport>> CurlTransport::create(const std::string& origin,
                                                             CurlOptions options) {
  OFFSYNC_ASSIGN(auto shown, public_origin(origin));
  if (shown.starts_with("https:")) OFFSYNC_TRY(check_tls_files(options));
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
  set_options(*exchange, impl_->options);
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
