// The body of a POST: unpacked, and divided into events, within what all of them may take.
#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "proxy/api/binary_event.h"
#include "proxy/api/parts.h"
#include "proxy/api/split_body.h"
#include "proxy/http/problems.h"
#include "wire/media_type.h"
#include "wire/unpacker.h"

namespace offsync::proxy {
namespace {

// A byte that was unpacked is held twice: while the text grows, as text and line, as line and
// event.
constexpr std::size_t kOfUnpacked = 2;
// JSON that is divided by its brackets has a copy, an index of 4 bytes for each of them, and lines.
constexpr std::size_t kOfJson = 6;
// A line's place, its event's, and its outcome.
constexpr std::size_t kOfLine = 1024;

Problem bad_encoding(const Error& error) {
  return problem_of(error.code == kTooLarge.code ? kTooLarge : kBadCoding, error.detail);
}

std::variant<std::string, Problem> unpacked(std::string_view body, Coding coding,
                                            TakenBytes& taken) {
  if (!taken.more(body.size())) return too_many_bytes();
  Unpacker unpacker(coding, limits::kBodyBytes);
  unpacker.add(body);
  std::string text;
  for (bool more = true; more;) {
    const std::size_t before = text.size();
    const auto next = unpacker.next(text);
    if (!next) return bad_encoding(next.error());
    if (!taken.more(kOfUnpacked * (text.size() - before))) return too_many_bytes();
    more = *next;
  }
  if (const Status whole = unpacker.end(); !whole) return bad_encoding(whole.error());
  return text;
}

// The body as text, which `own` holds where it had to be unpacked.
std::variant<std::string_view, Problem> plain_body(const ApiRequest& request, TakenBytes& taken,
                                                   std::string& own) {
  const std::string text = charset(request.header("Content-Type"));
  if (!text.empty() && text != "utf-8" && text != "utf8" && text != "us-ascii") {
    return problem_of(kUnsupportedType,
                      fmt::format("JSON is sent as UTF-8 here, and not in the charset {}", text));
  }
  const auto coding = parse_coding(request.header("Content-Encoding"));
  if (!coding) {
    return problem_of(kUnknownCoding, "Content-Encoding is gzip, zstd or nothing here");
  }
  if (*coding == Coding::identity) {
    if (!taken.more(request.body.size())) return too_many_bytes();
    return request.body;
  }
  auto plain = unpacked(request.body, *coding, taken);
  if (auto* problem = std::get_if<Problem>(&plain)) return std::move(*problem);
  own = std::move(std::get<std::string>(plain));
  return own;
}

}  // namespace

Problem busy(std::string_view why) {
  return problem_of(kBusy, fmt::format("{}; try again", why));
}

Problem too_many_bytes() {
  return busy("the proxy has as many bytes of requests as it can hold");
}

std::variant<Posted, Problem> posted(const ApiRequest& request, TakenBytes& taken) {
  std::string own;
  const auto plain = plain_body(request, taken, own);
  if (const auto* problem = std::get_if<Problem>(&plain)) return *problem;
  const auto body = std::get<std::string_view>(plain);
  const auto content_type = request.header("Content-Type");
  const auto given = std::count_if(
      request.fields.begin(), request.fields.end(),
      [](const auto& field) { return equal_ignoring_case(field.first, "Content-Type"); });
  if (given > 1) {
    return problem_of(kUnsupportedType, fmt::format("Content-Type is there {} times: {}; send one",
                                                    given, content_type));
  }
  const auto type = media_type(content_type);
  if (type != kNdjson && !taken.more(kOfJson * body.size())) return too_many_bytes();
  if (is_binary_event(request.fields, content_type)) {
    auto event = structured_event(request.fields, content_type, body);
    if (auto* problem = std::get_if<Problem>(&event)) return std::move(*problem);
    return Posted{{std::move(std::get<std::string>(event))}, true};
  }
  auto split = split_body(type, body);
  if (auto* problem = std::get_if<Problem>(&split)) return std::move(*problem);
  auto& lines = std::get<std::vector<std::string>>(split);
  if (!taken.more(kOfLine * lines.size())) return too_many_bytes();
  return Posted{std::move(lines),
                type == "application/cloudevents+json" || type == "application/json"};
}

}  // namespace offsync::proxy
