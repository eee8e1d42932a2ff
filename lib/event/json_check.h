// Whether text is JSON at all, for what is taken apart before each part comes to a Decoder.
#pragma once

#include <string_view>

#include "base/result.h"

namespace offsync {

// How deep JSON may nest where only its form is looked at.
inline constexpr int kJsonCheckDepth = 256;

// `text` is one JSON object or array by the grammar of RFC 8259, to the last byte. Numbers of any
// size and names that are there twice are well-formed. Errors (bad_data): malformed, trailing (it
// is well-formed, but there is more behind it), too_deep (over kJsonCheckDepth).
Status check_json(std::string_view text);

}  // namespace offsync
