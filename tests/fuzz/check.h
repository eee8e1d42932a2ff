// What the fuzz targets share. A target is a function of an input's bytes that requires properties;
// its file ends with FUZZ_TARGET(name, function).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace offsync::fuzz {

using Run = void (*)(std::string_view input);

struct Target {
  std::string_view name;
  Run run;
};
// All targets of this executable.
std::vector<Target>& targets();

struct Registration {
  Registration(std::string_view name, Run run) { targets().push_back({name, run}); }
};
#define FUZZ_TARGET(name, run)                            \
  const ::offsync::fuzz::Registration fuzz_registration { \
#name, run                                            \
  }

// Ends the process (abort) where a property does not hold, saying which and on what.
void require(bool holds, std::string_view property, std::string_view about = {});

// Takes decisions from the front of an input; zeros and empty texts when it is used up.
class Choices {
 public:
  explicit Choices(std::string_view input) : rest_(input) {}
  bool empty() const { return rest_.empty(); }
  std::uint8_t byte();
  std::uint32_t below(std::uint32_t bound);  // 0 .. bound-1, from two bytes; bound > 0
  std::string_view rest() const { return rest_; }
  // Up to the next LF, which is taken, too.
  std::string_view line();

 private:
  std::string_view rest_;
};

}  // namespace offsync::fuzz
