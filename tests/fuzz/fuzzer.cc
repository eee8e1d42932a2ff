// Between libFuzzer and the one target of this executable.
#include "fuzz/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const auto& target = offsync::fuzz::targets().front();
  target.run({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
