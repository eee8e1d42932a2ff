// By which two sides see whether they have the same line at a place of a log: 16 hex digits of the
// digest of the line as the log has it, with sequence and recordedtime.
// And by which they see, of an event whose line one of them has not read yet, whether it is there.
#pragma once

#include <string>
#include <string_view>

namespace offsync {

std::string line_mark(std::string_view line);
// Whether `text` can be a mark: 16 hexadecimal digits, a to f small.
bool is_mark(std::string_view text);
// Of an event's name as encode_event_name() writes it.
std::string name_mark(std::string_view source, std::string_view id);

}  // namespace offsync
