#include "cli/interrupt.h"

#include <unistd.h>

#include <csignal>
#include <initializer_list>

namespace offsync::cli {
namespace {

volatile std::sig_atomic_t g_interrupted = 0;
volatile std::sig_atomic_t g_group = 0;

int code_of(int signal) {
  return 128 + signal;
}

extern "C" void offsync_exit_now(int signal) {
  _exit(code_of(signal));
}

extern "C" void offsync_set_flag(int signal) {
  if (g_interrupted != 0) {
    if (g_group != 0) kill(-static_cast<pid_t>(g_group), signal);
    _exit(code_of(signal));
  }
  g_interrupted = 1;
}

void install(void (*handler)(int), std::initializer_list<int> signals) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  for (const int signal : signals) {
    struct sigaction before = {};
    // A shell starts background jobs with SIGINT ignored; that stays.
    if (sigaction(signal, nullptr, &before) == 0 && before.sa_handler == SIG_IGN) continue;
    sigaction(signal, &action, nullptr);
  }
}

}  // namespace

void exit_on_interrupt() {
  install(offsync_exit_now, {SIGINT, SIGTERM});
}
void flag_on_interrupt() {
  // SIGHUP: the terminal was closed.
  install(offsync_set_flag, {SIGINT, SIGTERM, SIGHUP});
}
bool interrupted() {
  return g_interrupted != 0;
}
void end_with_us(int group) {
  g_group = group;
}

}  // namespace offsync::cli
