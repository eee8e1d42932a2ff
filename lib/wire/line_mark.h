// By which two sides see whether they have the same line at a place of a log: 16 hex digits of the
// digest of the line as the log has it, with sequence and recordedtime.
#pragma once

#include <string>
#include <string_view>

namespace offsync {

std::string line_mark(std::string_view line);

}  // namespace offsync
