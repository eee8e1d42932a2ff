#include "cli/interrupt.h"

#include <unistd.h>

#include <csignal>
#include <initializer_list>

namespace offsync::cli {
namespace {

volatile std::sig_atomic_t g_interrupted = 0;

int code_of(int signal) {
  return 128 + signal;
}

extern "C" void offsync_exit_now(int signal) {
  _exit(code_of(signal));
}

extern "C" void offsync_set_flag(int signal) {
  if (g_interrupted != 0) _exit(code_of(signal));
  g_interrupted = 1;
}

void install(void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction before = {};
    // A shell starts background jobs with SIGINT ignored; that stays.
    if (sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) continue;
    sigaction(signal, &action, nullptr);
  }
}

}  // namespace

void exit_on_interrupt() {
  install(offsync_exit_now);
}
void flag_on_interrupt() {
  install(offsync_set_flag);
}
bool interrupted() {
  return g_interrupted != 0;
}

}  // namespace offsync::cli
