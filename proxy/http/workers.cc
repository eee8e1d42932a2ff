#include "proxy/http/workers.h"

#include <system_error>
#include <utility>

namespace offsync::proxy {

void Workers::run(std::function<void()> job) {
  bool nobody = false;
  {
    const std::lock_guard lock(mutex_);
    if (stopping_) return;
    if (jobs_.size() + 1 > idle_ && threads_.size() < most_) nobody = !add_thread();
    if (!nobody) jobs_.push_back(std::move(job));
  }
  if (nobody) return job();
  wanted_.notify_one();
}

// False where there is none, and none to be had; else those that there are will come to the job.
bool Workers::add_thread() {
  try {
    threads_.emplace_back([this] { work(); });
  } catch (const std::system_error&) {
    return !threads_.empty();
  }
  return true;
}

std::size_t Workers::waiting() const {
  const std::lock_guard lock(mutex_);
  return jobs_.size();
}

void Workers::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    wanted_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    --idle_;
    if (stopping_) return;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // what it holds is let go without the lock
    lock.lock();
  }
}

void Workers::stop() {
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    jobs_.clear();
    threads.swap(threads_);
  }
  wanted_.notify_all();
  for (auto& thread : threads) thread.join();
}

}  // namespace offsync::proxy
