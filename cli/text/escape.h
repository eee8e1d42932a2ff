// Makes text from events safe for a terminal: nobody's title may move the cursor, change the
// colours or turn the reading direction around.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace offsync::cli {

// Control characters (C0, DEL, C1), bytes that are no UTF-8, and what is not seen (format
// characters such as bidirectional controls, line and paragraph separators, fillers and other
// characters that Unicode says to ignore, noncharacters) as \n, \t, \x1b or \u{202e}; so are marks
// beyond the eighth on one character. A backslash stays as it is. The result is valid UTF-8 without
// any control byte.
std::string escape_text(std::string_view text);

// JSON with the same characters as \uXXXX: the same value, safe for a terminal. `json` is valid
// JSON, in which such characters only stand in strings.
std::string escape_json(std::string_view json);

// Columns that `escaped` takes on a terminal: East Asian wide and emoji count two, combining
// marks none. An approximation good enough for alignment.
std::size_t display_width(std::string_view escaped);
// `escaped` cut to at most `columns`, with "…" where something was cut.
std::string clip(std::string_view escaped, std::size_t columns);
// `escaped` filled with spaces to `columns`.
std::string pad(std::string escaped, std::size_t columns);

}  // namespace offsync::cli
