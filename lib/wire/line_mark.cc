#include "wire/line_mark.h"

#include "base/sha256.h"
#include "wire/event_name.h"

namespace offsync {

namespace {

constexpr std::string_view kDigits = "0123456789abcdef";
constexpr std::size_t kBytes = 8;

}  // namespace

bool is_mark(std::string_view text) {
  return text.size() == 2 * kBytes && text.find_first_not_of(kDigits) == std::string_view::npos;
}

std::string line_mark(std::string_view line) {
  const Sha256 digest = sha256({line});
  std::string mark;
  for (std::size_t i = 0; i < kBytes; ++i) {
    mark += kDigits[digest[i] >> 4];
    mark += kDigits[digest[i] & 15];
  }
  return mark;
}

std::string name_mark(std::string_view source, std::string_view id) {
  return line_mark(encode_event_name(source, id));
}

}  // namespace offsync
