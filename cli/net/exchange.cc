#include "cli/net/exchange.h"

#include "base/text.h"
#include "cli/net/curl_error.h"
#include "cli/net/tls_error.h"
#include "wire/answer_limits.h"

namespace offsync::cli {
namespace {

// Packed bytes that may wait for being unpacked before the other side is made to wait, too.
constexpr std::size_t kPackedBytes = 256 * 1024;
// Unpacked bytes of an exchange that one poll() hands on.
constexpr std::size_t kRoundBytes = 1024 * 1024;
constexpr std::string_view kBlanks = " \t\r\n";

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

Error bad_body(const Exchange& exchange, const Error& why) {
  return make_error(Errc::protocol, why.code,
                    exchange.what + " got an unusable answer: " + why.detail,
                    "is that an offsync proxy?");
}

Error long_header(const Exchange& exchange) {
  return error_of_curl(CURLE_WEIRD_SERVER_REPLY, exchange.what,
                       "the header of the answer is too long", 0);
}

void begin_body(Exchange& exchange) {
  const std::string_view name = exchange.head.header("content-encoding");
  const auto coding = parse_coding(name);
  if (!coding) {
    exchange.unusable = bad_body(
        exchange, bad_data("bad_encoding", "it is encoded as '" + std::string(name) + "'"));
  }
  exchange.unpacker.emplace(coding.value_or(Coding::identity), exchange.request.max_bytes);
}

// Behind any other status below 200, curl takes what follows for a body without a head.
bool may_precede(int status) {
  return status == 100 || status == 102 || status == 103;
}

void take_status_line(Exchange& exchange, std::string_view line) {
  exchange.head = {};
  const auto space = line.find(' ');
  const std::string_view digits =
      space == std::string_view::npos ? std::string_view() : line.substr(space + 1, 3);
  exchange.head.status = parse_number<int>(digits).value_or(0);
  if (exchange.head.status >= 200 || may_precede(exchange.head.status)) return;
  exchange.unusable =
      bad_body(exchange, bad_data("bad_status", "status " + std::string(trim(digits, kBlanks)) +
                                                    " is none that offsync asks for"));
}

void take_header_line(Exchange& exchange, std::string_view line) {
  if (exchange.head_done) return;  // a trailer
  if (line.starts_with("HTTP/")) return take_status_line(exchange, line);
  if (!trim(line, kBlanks).empty()) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return;
    exchange.head.headers.emplace_back(lower(trim(line.substr(0, colon), kBlanks)),
                                       std::string(trim(line.substr(colon + 1), kBlanks)));
    return;
  }
  if (exchange.head.status < 200) return;  // 100 Continue: the real answer follows
  if (const Status single = check_singles(exchange.head); !single) {
    exchange.unusable = bad_body(exchange, single.error());
    return;
  }
  exchange.head_done = true;
  exchange.called = true;
  begin_body(exchange);
  exchange.handler->on_head(exchange.head);
}

size_t on_header(char* bytes, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line(bytes, size * count);
  exchange.head_bytes += line.size();  // curl keeps them, however many there are
  if (exchange.head_bytes > limits::kAnswerHeadBytes) {
    exchange.unusable = long_header(exchange);
    return 0;
  }
  const bool go_on = guarded(exchange, [&] { take_header_line(exchange, line); });
  return go_on && (exchange.head_done || !exchange.unusable) ? line.size() : 0;
}

size_t on_body(char* bytes, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view data(bytes, size * count);
  if (exchange.handler == nullptr || exchange.unusable || !exchange.head_done) return 0;
  if (exchange.unpacker->waiting() >= kPackedBytes) {
    exchange.paused = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  exchange.unpacker->add(data);
  exchange.got_body |= !data.empty();
  return data.size();
}

// curl finds nothing wrong with a header that just ends.
Error error_without_head(const Exchange& exchange) {
  if (exchange.head.status != 0) {
    return error_of_curl(CURLE_GOT_NOTHING, exchange.what, "the answer was cut in its header", 0);
  }
  return error_of_curl(CURLE_WEIRD_SERVER_REPLY, exchange.what, "no HTTP answer came", 0);
}

// curl says of a line that has no room in its buffer that there is no memory.
bool header_too_long(const Exchange& exchange, CURLcode code) {
  if (exchange.head_done || exchange.head.status == 0) return false;
  return code == CURLE_OUT_OF_MEMORY ||
         std::string_view(exchange.why).starts_with("Too large response headers");
}

}  // namespace

Exchange::~Exchange() {
  curl_easy_cleanup(easy);
  curl_slist_free_all(headers);
}

void Exchange::hook() {
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, why);
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
}

bool Exchange::hand_on() {
  std::string piece;
  std::size_t handed = 0;
  while (handler != nullptr && !unusable) {
    if (handed >= kRoundBytes) return true;
    piece.clear();
    const auto more = unpacker->next(piece);
    if (!more) {
      unusable = bad_body(*this, more.error());
      return false;
    }
    handed += piece.size();
    called |= !piece.empty();
    if (!piece.empty() && !guarded(*this, [&] { handler->on_data(piece); })) {
      return false;
    }
    if (!*more) return false;
  }
  return false;
}

Status Exchange::result() {
  if (unusable) return *unusable;
  const CURLcode code = over.value_or(CURLE_OK);
  long proxy_status = 0;
  curl_easy_getinfo(easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
  long error = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &error);
  if (const auto scarce = short_of_descriptors(code, what, error)) return *scarce;
  if (code == CURLE_COULDNT_CONNECT) {
    return error_of_curl(code, what, why_not_connected(why, error), proxy_status);
  }
  if (code != CURLE_OK && header_too_long(*this, code)) {
    return long_header(*this);
  }
  long verified = 0;
  curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT, &verified);
  if (const auto untrusted = error_of_tls(code, what, why, verified)) return *untrusted;
  if (code != CURLE_OK) return error_of_curl(code, what, why, proxy_status);
  if (!head_done) return error_without_head(*this);
  if (const Status whole = unpacker->end(); !whole && got_body) {
    return bad_body(*this, whole.error());
  }
  return {};
}

}  // namespace offsync::cli
