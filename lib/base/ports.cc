#include "base/ports.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <ctime>

namespace offsync {
namespace {

// The first 16 hex digits of the kernel's UUID of this start.
std::uint64_t read_boot() {
  const int file = ::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  std::array<char, 36> text{};
  const ssize_t got = ::read(file, text.data(), text.size());
  ::close(file);
  if (got != static_cast<ssize_t>(text.size())) return 0;
  std::uint64_t boot = 0;
  for (std::size_t i = 0, digits = 0; i < text.size() && digits < 16; ++i) {
    const char c = text[i];
    if (c == '-') continue;
    if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) return 0;
    boot = boot << 4 | static_cast<std::uint64_t>(c <= '9' ? c - '0' : c - 'a' + 10);
    ++digits;
  }
  return boot;
}

}  // namespace

std::int64_t SystemClock::wall_ms() {
  // The nanoseconds of std::chrono end in 2262, and begin anew.
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

std::int64_t SystemClock::steady_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

// The kernel itself is asked: what makes the wall clock another one for a program (libfaketime)
// does so to the C library, and to its other clocks with it.
Clock::Uptime SystemClock::uptime() {
  static const std::uint64_t boot = read_boot();
  timespec at{};
  if (::syscall(SYS_clock_gettime, CLOCK_BOOTTIME, &at) != 0) return {};
  return {boot, std::int64_t{at.tv_sec} * 1000 + at.tv_nsec / 1'000'000};
}

std::uint64_t SystemRandom::next() {
  // A call of the kernel costs more than an event's other ids and checks together. 256 bytes are
  // never cut short by a signal once the generator is seeded.
  thread_local std::array<std::uint64_t, 32> drawn;
  thread_local std::size_t left = 0;
  if (left == 0) {
    if (::getrandom(drawn.data(), sizeof drawn, 0) != sizeof drawn) std::abort();
    left = drawn.size();
  }
  return drawn[--left];
}

}  // namespace offsync
