// Whatever an event says: no byte that a terminal obeys leaves escape_text().
#include "cli/text/escape.h"
#include "event/value.h"
#include "fuzz/check.h"

namespace offsync::fuzz {
namespace {

// Written apart from cli/text/escape.cc: the bytes of valid UTF-8 that must not be there.
bool has_control_sequence(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto at = [&](std::size_t k) {
      return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U;
    };
    const unsigned first = at(0);
    if (first < 0x20 || first == 0x7f) return true;
    if (first == 0xc2 && (at(1) < 0xa0 || at(1) == 0xad)) return true;  // C1, soft hyphen
    if (first == 0xd8 && at(1) == 0x9c) return true;                    // U+061C
    if (first == 0xef && at(1) == 0xbb && at(2) == 0xbf) return true;   // U+FEFF
    if (first != 0xe2) continue;
    if (at(1) == 0x80 && at(2) >= 0x8b && at(2) <= 0x8f) return true;  // U+200B..200F
    if (at(1) == 0x80 && at(2) >= 0xa8 && at(2) <= 0xae) return true;  // U+2028..202E
    if (at(1) == 0x81 && at(2) >= 0xa0 && at(2) <= 0xaf) return true;  // U+2060..206F
  }
  return false;
}

void run(std::string_view input) {
  Choices choices(input);
  const std::size_t columns = choices.byte();
  const std::string escaped = cli::escape_text(choices.rest());
  require(valid_utf8(escaped), "escaped text is UTF-8", escaped);
  require(!has_control_sequence(escaped), "escaped text has no control character");
  require(cli::escape_text(escaped) == escaped, "escaping twice changes nothing", escaped);

  const std::string clipped = cli::clip(escaped, columns);
  require(valid_utf8(clipped), "clipped text is UTF-8", escaped);
  require(cli::display_width(clipped) <= columns, "clipped text fits", escaped);
  require(cli::display_width(escaped) > columns || clipped == escaped, "what fits is not clipped",
          escaped);
  const std::string padded = cli::pad(clipped, columns);
  require(cli::display_width(padded) == columns, "padded text fills its columns", escaped);
}

FUZZ_TARGET(escape, run);

}  // namespace
}  // namespace offsync::fuzz
