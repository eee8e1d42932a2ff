// A pager behind the lists that a terminal gets: $OFFSYNC_PAGER, $PAGER, else less where there is
// one.
#pragma once

#include <sys/types.h>

#include "cli/settings/settings.h"

namespace offsync::cli {

class Pager {
 public:
  // Starts it, where standard output is a terminal that one can page on and settings.pager says so.
  // What is written to descriptor 1 from then on goes through it. Before the Out that it is for.
  explicit Pager(const Settings& settings);
  // Ends the output and waits until the pager is left.
  ~Pager();
  Pager(const Pager&) = delete;
  Pager& operator=(const Pager&) = delete;

 private:
  pid_t pid_ = 0;
};

// Whether somebody sits before descriptor 1, behind a pager or not.
bool output_is_terminal();

}  // namespace offsync::cli
