#include "wire/line_mark.h"

#include "base/sha256.h"
#include "wire/event_name.h"

namespace offsync {

namespace {

constexpr std::size_t kBytes = 8;

}  // namespace

bool is_mark(std::string_view text) {
  return text.size() == 2 * kBytes &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string line_mark(std::string_view line) {
  return hex_of(sha256({line}), kBytes);
}

std::string name_mark(std::string_view source, std::string_view id) {
  return line_mark(encode_event_name(source, id));
}

}  // namespace offsync
