// offsync emit --batch, and what emit and resolve print.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/settings/settings.h"

namespace offsync::cli {

struct EmitBatchOptions {
  std::string file;
  bool strict = false;
  bool dry_run = false;
};
int run_emit_batch(Context& context, const Settings& settings, const EmitBatchOptions& options);

// Has `idle` filled with what of a batch's latest new event changes nothing; where `strict`, such
// an event is refused instead (bad_data `no_effect`).
void look_for_idle(Replica::Batch& batch, bool strict, std::vector<std::string>& idle);

// One queued event: a line of talk on a terminal, the event elsewhere. Returns the exit code.
int print_emitted(const Settings& settings, const Emitted& emitted, bool dry_run);

}  // namespace offsync::cli
