#include "proxy/ingest/follower.h"

#include <algorithm>
#include <chrono>

namespace offsync::proxy {
namespace {

// Until it is tried again: longer each time, as a store that fails may do so for long.
constexpr std::chrono::milliseconds kFirstWait(5), kLongestWait(1000);

}  // namespace

void Follower::start() {
  thread_ = std::thread([this] { run(); });
}

void Follower::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Follower::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

void Follower::run() {
  auto wait = kFirstWait;
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return woken_ || stopping_; });
    if (stopping_) return;
    woken_ = false;
    lock.unlock();
    const bool done = work_();
    lock.lock();
    if (done) {
      wait = kFirstWait;
      continue;
    }
    woken_ = true;
    changed_.wait_for(lock, wait, [this] { return stopping_; });
    wait = std::min(2 * wait, kLongestWait);
  }
}

}  // namespace offsync::proxy
