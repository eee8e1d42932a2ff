// Commands as they are printed to be pasted into a shell.
#pragma once

#include <string>
#include <string_view>

namespace offsync::cli {

// One word of a command, in quotes where the shell would take it for something else.
std::string shell_word(std::string_view text);
// The same of name=value, of which the name needs none more often than not.
std::string shell_assignment(std::string_view name, std::string_view value);

// The command line with what its `argv` says but for --after and --from, and with this --after.
std::string watch_command(int argc, const char* const* argv, std::string_view after);

}  // namespace offsync::cli
