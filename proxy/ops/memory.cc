#include "proxy/ops/memory.h"

#include <cstdlib>
#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace offsync::proxy {

#ifdef __GLIBC__
void keep_memory_small() {
  constexpr int kPools = 4;
  // By itself this bound grows to 32 MiB with what is freed, and so does what is never given back.
  constexpr int kByItself = 256 * 1024;
  ::mallopt(M_ARENA_MAX, kPools);
  ::mallopt(M_MMAP_THRESHOLD, kByItself);
}

void give_memory_back() {
  ::malloc_trim(0);
}
#else
void keep_memory_small() {}
void give_memory_back() {}
#endif

}  // namespace offsync::proxy
