// Messages of a bounded length: what they quote somebody gave us, and may be of any.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace offsync {

// `message`, or of one that is longer than 1,500 bytes its beginning and its end, where what to do
// next is said. No character of UTF-8 is cut.
std::string shortened(std::string_view message);

// Where the character of UTF-8 begins that the byte at `at` is of; `at` itself behind the end.
std::size_t character_begin(std::string_view text, std::size_t at);

}  // namespace offsync
