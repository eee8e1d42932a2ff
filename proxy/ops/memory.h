// What the allocator does with memory that was freed.
#pragma once

namespace offsync::proxy {

// Few pools for all threads, and great pieces by themselves: what is freed does not stay with us.
// Call once, before there are threads.
void keep_memory_small();
// Gives freed memory back to the system. Takes some milliseconds.
void give_memory_back();

}  // namespace offsync::proxy
