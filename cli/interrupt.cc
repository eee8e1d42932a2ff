#include "cli/interrupt.h"

#include <unistd.h>

#include <csignal>
#include <ctime>
#include <initializer_list>

namespace offsync::cli {
namespace {

volatile std::sig_atomic_t g_interrupted = 0;
volatile std::sig_atomic_t g_group = 0;
timespec g_first = {};  // the handlers alone use it, and none interrupts another

// timeout(1) signals its child and then the child's group, so that one wish comes as two signals.
constexpr long kOneWishMs = 500;

bool of_one_wish() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const long seconds = static_cast<long>(now.tv_sec - g_first.tv_sec);
  return seconds < 2 && seconds * 1000 + (now.tv_nsec - g_first.tv_nsec) / 1'000'000 < kOneWishMs;
}

int code_of(int signal) {
  return 128 + signal;
}

extern "C" void offsync_exit_now(int signal) {
  _exit(code_of(signal));
}

extern "C" void offsync_set_flag(int signal) {
  if (g_interrupted != 0) {
    if (of_one_wish()) return;
    if (g_group != 0) kill(-static_cast<pid_t>(g_group), signal);
    _exit(code_of(signal));
  }
  clock_gettime(CLOCK_MONOTONIC, &g_first);
  g_interrupted = 1;
}

void install(void (*handler)(int), std::initializer_list<int> signals) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  for (const int signal : signals) sigaddset(&action.sa_mask, signal);
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
