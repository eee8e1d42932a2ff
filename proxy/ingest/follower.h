// Follower: the thread in which an ingest catches up with what others have appended.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace offsync::proxy {

class Follower {
 public:
  // `catch_up` as Ingest::catch_up(); it must not throw.
  explicit Follower(std::function<bool()> catch_up) : catch_up_(std::move(catch_up)) {}
  ~Follower() { stop(); }

  void start();
  void stop();  // idempotent
  // Thread-safe, returns at once: catch_up() is called soon, and again until there is nothing left.
  // Before start() it is remembered.
  void wake();

 private:
  void run();

  const std::function<bool()> catch_up_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false, stopping_ = false;
  std::thread thread_;
};

}  // namespace offsync::proxy
