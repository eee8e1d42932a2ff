// A bounded pool of threads for what may block: the store, its disk, a compression.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace offsync::proxy {

// All is thread-safe but stop().
class Workers {
 public:
  // Threads begin when there is work for them, `threads` at most; they stay.
  explicit Workers(std::size_t threads) : most_(threads) {}
  ~Workers() { stop(); }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // `job` does not throw. It may never run, where stop() comes first. Where the machine has no
  // thread for us at all, the caller's runs it.
  void run(std::function<void()> job);
  // Jobs that wait for a thread.
  std::size_t waiting() const;
  // Waits for the jobs that have begun, and forgets the others. Idempotent.
  void stop();

 private:
  void work();
  bool add_thread();

  const std::size_t most_;
  mutable std::mutex mutex_;
  std::condition_variable wanted_;
  std::deque<std::function<void()>> jobs_;
  std::size_t idle_ = 0;  // threads that wait for work
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace offsync::proxy
