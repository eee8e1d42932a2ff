// A command that is run for an event.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace offsync::cli {

// Runs `command` with /bin/sh, `input` on its standard input (it need not read it) and `variables`
// added to its environment; waits for its end. Its output goes where ours goes; of what we have
// open it gets nothing else. It is in a process group of its own: a signal from the terminal does
// not reach it, and it is waited for; only the second one that we get (cli/interrupt.h) ends it as
// well. Errors: partial `command_failed` with its exit code or signal; io `spawn`.
Status run_hook(const std::string& command, std::string_view input,
                const std::vector<std::pair<std::string, std::string>>& variables);

}  // namespace offsync::cli
