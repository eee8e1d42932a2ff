#include "cli/interrupt.h"

#include <unistd.h>

#include <csignal>
#include <ctime>
#include <initializer_list>

namespace offsync::cli {
namespace {

volatile std::sig_atomic_t g_wishes = 0;
volatile std::sig_atomic_t g_group = 0;
timespec g_last = {};  // the handlers alone use it, and none interrupts another

constexpr int kInterruptedCode = 130;
constexpr unsigned kEndWithinSeconds = 2;
// timeout(1) signals its child and then the child's group, so that one wish comes as two signals.
constexpr long kOneWishMs = 500;

bool of_one_wish() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const long seconds = static_cast<long>(now.tv_sec - g_last.tv_sec);
  const long ms = seconds * 1000 + (now.tv_nsec - g_last.tv_nsec) / 1'000'000;
  if (g_wishes > 0 && seconds < 2 && ms < kOneWishMs) return true;
  g_last = now;
  return false;
}

extern "C" void offsync_exit_now(int signal) {
  _exit(128 + signal);
}

// Who waits for the command sees that it ended, and ends in order. One that does not mind the
// signal gets another, which it cannot but mind.
extern "C" void offsync_set_flag(int signal) {
  if (of_one_wish()) return;
  const int wishes = g_wishes < 3 ? g_wishes + 1 : 3;
  g_wishes = wishes;
  if (wishes == 1) return;
  const auto group = static_cast<pid_t>(g_group);
  if (group != 0) kill(-group, wishes == 2 ? signal : SIGKILL);
  if (group == 0 || wishes == 3) _exit(kInterruptedCode);
  alarm(kEndWithinSeconds);
}

extern "C" void offsync_end_group(int /*signal*/) {
  const auto group = static_cast<pid_t>(g_group);
  if (group != 0) kill(-group, SIGKILL);
}

void install(void (*handler)(int), std::initializer_list<int> signals) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  for (const int signal : signals) sigaddset(&action.sa_mask, signal);
  sigaddset(&action.sa_mask, SIGALRM);
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
  struct sigaction action = {};
  action.sa_handler = offsync_end_group;
  sigfillset(&action.sa_mask);
  sigaction(SIGALRM, &action, nullptr);
}
bool interrupted() {
  return g_wishes != 0;
}
void end_with_us(int group) {
  g_group = group;
}

}  // namespace offsync::cli
