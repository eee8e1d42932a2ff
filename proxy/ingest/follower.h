// Follower: the thread in which an ingest catches up with what others have appended, and commits
// what is handed to it.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace offsync::proxy {

class Follower {
 public:
  // `work` as Ingest::work(); it must not throw.
  explicit Follower(std::function<bool()> work) : work_(std::move(work)) {}
  ~Follower() { stop(); }

  void start();
  void stop();  // idempotent
  // Thread-safe, returns at once: `work` is called soon, and again until there is nothing left.
  // Before start() it is remembered.
  void wake();

 private:
  void run();

  const std::function<bool()> work_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false, stopping_ = false;
  std::thread thread_;
};

}  // namespace offsync::proxy
