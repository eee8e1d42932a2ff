// Globs, as the filters of the command line and of the protocol use them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace offsync {

// Whether all of `text` matches `pattern`. `*` is any run of characters, empty included, and also
// crosses slashes; `?` is one character (a UTF-8 code point; a byte where the text is not UTF-8);
// `\*`, `\?` and `\\` are the character behind the backslash; everything else, brackets and a
// backslash elsewhere included, is itself.
//
// Costs at most |pattern| * |text| steps and no memory: a pattern of many stars is no attack.
bool glob_match(std::string_view pattern, std::string_view text);

// The one text that `pattern` matches, where it has no `*` or `?` that stands for others: a lookup
// by key may take the place of a scan.
std::optional<std::string> glob_literal(std::string_view pattern);

}  // namespace offsync
