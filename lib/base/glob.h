// Globs, as the filters of the command line and of the protocol use them.
#pragma once

#include <string_view>

namespace offsync {

// Whether all of `text` matches `pattern`. `*` is any run of characters, empty included, and also
// crosses slashes; `?` is one character (a UTF-8 code point; a byte where the text is not UTF-8);
// a backslash takes the next character as it is; everything else, brackets included, is itself.
//
// Costs at most |pattern| * |text| steps and no memory: a pattern of many stars is no attack.
bool glob_match(std::string_view pattern, std::string_view text);

// Whether `pattern` has a special character. If not, it matches exactly itself, and a lookup by
// key may take the place of a scan.
bool is_glob(std::string_view pattern);

}  // namespace offsync
