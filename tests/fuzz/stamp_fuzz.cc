// Stamps and times: what can be read is written back; text sorts as the clock does; the clock
// grows.
#include "base/limits.h"
#include "base/rfc3339.h"
#include "event/hybrid_clock.h"
#include "event/stamp.h"
#include "fuzz/check.h"

namespace offsync::fuzz {
namespace {

void check_stamp(std::string_view text) {
  const auto stamp = Stamp::parse(text);
  if (!stamp) return;
  require(stamp->text() == text, "a stamp is written as it was read", text);
  require(stamp->ms() >= 0 && stamp->ms() <= limits::kMaxMs, "a stamp has 48 bits of ms", text);
  require(*Stamp::parse(Stamp::make(stamp->ms(), stamp->counter(), stamp->node).text()) == *stamp,
          "a stamp is its parts", text);
  require(parse_node(node_text(stamp->node)) == stamp->node, "a node is written back", text);
}

void check_order(std::string_view a, std::string_view b) {
  const auto x = Stamp::parse(a);
  const auto y = Stamp::parse(b);
  if (x && y) require((*x <=> *y) == (a <=> b), "stamps sort as their texts", a);
}

void check_time(std::string_view text) {
  const auto ms = parse_rfc3339(text);
  if (!ms) return;
  require(*ms >= 0 && *ms <= limits::kMaxMs, "a time is from 1970 on", text);
  const std::string written = format_rfc3339(*ms);
  require(parse_rfc3339(written) == ms, "a time is read as it was written", text);
  require(format_rfc3339(*parse_rfc3339(written)) == written, "the written form is fixed", text);
}

// The clock under any sequence of wall times and foreign stamps.
void check_clock(Choices& choices) {
  HybridClock clock(choices.byte(), 0);
  std::int64_t wall = 1'700'000'000'000;
  for (int i = 0; i < 200 && !choices.empty(); ++i) {
    const std::int64_t shift = static_cast<std::int64_t>(choices.below(0x10000)) - 0x8000;
    wall += shift * (1 + choices.byte() % 16);
    const std::uint64_t before = clock.last();
    const std::uint64_t guard = static_cast<std::uint64_t>(wall + limits::kClockGuardMs + 1) << 16;
    const std::uint64_t foreign =
        Stamp::make(wall, 0, 0).time + (static_cast<std::uint64_t>(choices.below(0x10000)) << 26);
    if (choices.byte() % 2 == 0) {
      clock.observe({foreign, 1}, wall);
      require(clock.last() >= before, "an observed stamp does not turn the clock back");
      require(clock.last() == before || clock.last() < guard,
              "an observed stamp moves the clock no further than the guard");
    } else {
      const Stamp stamp = clock.tick(wall, foreign);
      require(stamp.time > before, "stamps grow");
      require(stamp.time > foreign, "a stamp is greater than what its author saw");
      require(stamp.ms() >= wall, "a stamp is not before the wall clock");
      require(clock.last() == stamp.time, "the clock remembers its stamp");
    }
  }
}

void run(std::string_view input) {
  Choices choices(input);
  const std::string_view first = choices.line();
  const std::string_view second = choices.line();
  check_stamp(first);
  check_stamp(second);
  check_order(first, second);
  check_time(first);
  check_time(second);
  check_clock(choices);
}

FUZZ_TARGET(stamp, run);

}  // namespace
}  // namespace offsync::fuzz
