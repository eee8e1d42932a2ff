#include "base/ports.h"

#include <sys/random.h>

#include <chrono>
#include <cstdlib>

namespace offsync {

std::int64_t SystemClock::wall_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::int64_t SystemClock::steady_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

std::uint64_t SystemRandom::next() {
  std::uint64_t value = 0;
  // 8 bytes are never cut short by a signal once the generator is seeded.
  if (::getrandom(&value, sizeof value, 0) != sizeof value) std::abort();
  return value;
}

}  // namespace offsync
