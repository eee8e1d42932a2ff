#include "base/ports.h"

#include <sys/random.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <ctime>

namespace offsync {

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
