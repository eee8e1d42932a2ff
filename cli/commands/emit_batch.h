// offsync emit --batch, and what emit and resolve print.
#pragma once

#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/settings/settings.h"
#include "cli/text/output.h"

namespace offsync::cli {

struct EmitBatchOptions {
  std::string file;
  bool strict = false;
  bool dry_run = false;
  bool by_flag = false;  // -o or --json is given, for this one command
};
int run_emit_batch(Context& context, const Settings& settings, const EmitBatchOptions& options);

// What is to be said of an event that is taken all the same.
struct Doubts {
  std::vector<std::string> idle;  // what of it changes nothing
  std::string ahead;              // its stamp is later than a proxy takes now
  std::string anew;               // what it said of itself, and gets from this replica
};
// Has `doubts` filled about a batch's latest new event, at `now_ms`, where the proxy's clock was
// last seen `offset_ms` ahead; where `strict`, such an event is refused instead (bad_data
// `no_effect`, `clock_ahead`, `own_stamp`; not for its time).
void look_for_doubts(Replica::Batch& batch, std::int64_t now_ms, std::int64_t offset_ms,
                     bool strict, Doubts& doubts);

// One queued event: a line of talk on a terminal, the event elsewhere. Returns the exit code.
int print_emitted(const Settings& settings, const Emitted& emitted, bool dry_run);
// One of several; in format text it is talk, too. `told`: the line of talk before, which is not
// said once more, and becomes this one.
void print_emitted(const Settings& settings, const Emitted& emitted, Records& records,
                   std::string& told);

}  // namespace offsync::cli
