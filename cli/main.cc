#include "cli/command.h"

int main(int argc, char** argv) {
  offsync::SystemClock clock;
  offsync::SystemRandom random;
  offsync::cli::Context context{clock, random, {}, argc, argv};
  return offsync::cli::run_program(context);
}
