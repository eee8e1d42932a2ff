// Text for a terminal of 80 columns.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace offsync {

// `text` (ASCII) in lines of at most 80 columns that break at spaces only; a word that is longer
// stands alone. The first line has `used` columns already, further ones begin with `indent` spaces.
// Line ends of `text` are spaces.
std::string wrapped(std::string_view text, std::size_t used, std::size_t indent);

// The lines of a help as they are, but those that are too long: they go on below the second column
// where they have two (parted by two spaces or more), else below their first word.
std::string wrapped_help(std::string_view help);

}  // namespace offsync
