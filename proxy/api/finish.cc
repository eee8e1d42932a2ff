// What every answer bears.
#include <algorithm>
#include <string>
#include <utility>

#include "base/comma_list.h"
#include "base/text.h"
#include "proxy/api/parts.h"
#include "proxy/http/problems.h"
#include "wire/sse.h"

namespace offsync::proxy {
namespace {

constexpr std::size_t kCompressBytes = 1024;  // smaller answers gain nothing

}  // namespace

// An EventSource gives up for ever at any other status than 200. One that can do better says that
// it takes application/problem+json, too, and gets the problem. The times differ, so that those who
// were turned away together do not come back together.
void Api::spare_stream(const ApiRequest& request, ApiAnswer& answer) {
  const auto accept = request.header("Accept");
  if (answer.status < 500 || request.method != "GET" || !wants_stream(request)) return;
  if (accepts(accept, kProblemType)) return;
  constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15;  // spreads what follows each other
  const auto share = static_cast<double>(spared_++ * kGolden) / 18446744073709551616.0;
  const auto wait = static_cast<double>(options_.come_back_ms) * (0.5 + share);
  ApiAnswer stream;
  stream.route = answer.route;
  stream.content_type = kEventStream;
  stream.close = true;
  stream.headers.emplace_back("Cache-Control", "no-store");
  append_sse_retry(stream.body, static_cast<std::int64_t>(wait));
  append_sse_comment(stream.body, parse_problem(answer.status, kProblemType, answer.body).detail);
  metrics_.streams_spared++;
  answer = std::move(stream);
}

void Api::compress_body(const ApiRequest& request, ApiAnswer& answer) {
  if (answer.coded || answer.source || answer.stream || answer.close) return;
  if (answer.body.size() < kCompressBytes) return;
  const auto coding = coding_for(request);
  if (coding == Coding::identity) return;
  answer.body = compress(answer.body, coding);
  answer.headers.emplace_back("Content-Encoding", name_of(coding));
}

// The attributes of an event in binary mode, extensions too, that a page asks for: ", ce-id, ce-x".
static std::string attributes_of(std::string_view asked) {
  std::string out;
  while (!asked.empty()) {
    const std::string name = lower(trim(take_item(asked)));
    if (name.starts_with("ce-")) out += ", " + name;
  }
  return out;
}

void Api::finish(const ApiRequest& request, ApiAnswer& answer) {
  spare_stream(request, answer);
  compress_body(request, answer);
  answer.headers.emplace_back("Offsync-Time", std::to_string(clock_.wall_ms()));
  std::string vary = "Accept, Accept-Encoding";
  const auto origin = request.header("Origin");
  const auto& origins = options_.cors_origins;
  if (!origins.empty() && origins.front() != "*") vary += ", Origin";
  answer.headers.emplace_back("Vary", vary);
  const bool any = !origins.empty() && origins.front() == "*";
  const bool known = std::find(origins.begin(), origins.end(), origin) != origins.end();
  if (origin.empty() || (!any && !known)) return;
  answer.headers.emplace_back("Access-Control-Allow-Origin", any ? "*" : origin);
  answer.headers.emplace_back("Access-Control-Expose-Headers",
                              "Offsync-Epoch, Offsync-Log, Offsync-Time, Offsync-Cursor,"
                              " Offsync-Head, Offsync-Count, Retry-After");
  if (request.method == "OPTIONS") {
    answer.headers.emplace_back("Access-Control-Allow-Methods", "GET, POST");
    answer.headers.emplace_back(
        "Access-Control-Allow-Headers",
        "Content-Type, Content-Encoding, Last-Event-ID, Offsync-Cursor, Offsync-Line,"
        " Offsync-Event, Offsync-Source" +
            attributes_of(request.header("Access-Control-Request-Headers")));
    answer.headers.emplace_back("Access-Control-Max-Age", "600");
  }
}

}  // namespace offsync::proxy
