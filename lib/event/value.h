// JSON values are kept as text: what came in is what goes out, to the last digit.
//
// The canonical form of a value: no white space, members of objects in byte order of their names,
// strings as UTF-8 with the shortest escapes (\" \\ \b \f \n \r \t, \u00xx for other control
// characters), numbers as they were written. Two values are equal when their canonical texts are.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace offsync {

// The canonical text of one JSON value. Refused (bad_data): what is not JSON, bad UTF-8, a lone
// surrogate, duplicate member names, nesting deeper than limits::kDepth, numbers that no 64-bit
// integer or finite double can stand for, more than limits::kLineBytes.
Result<std::string> canonical_json(std::string_view text);

// `text` as a JSON string, quotes included. Precondition: valid UTF-8.
void append_json_string(std::string& out, std::string_view text);
std::string json_string(std::string_view text);

// The plain text of a canonical JSON string such as `"a\nb"`; for any other canonical value, the
// value's own text. For printing.
std::string plain_text(std::string_view canonical);

bool valid_utf8(std::string_view text);

}  // namespace offsync
