// How many bytes all requests and answers together may have in memory. Thread-safe.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

namespace offsync::proxy {

class ByteBudget {
 public:
  explicit ByteBudget(std::size_t most) : most_(most) {}
  ByteBudget(const ByteBudget&) = delete;
  ByteBudget& operator=(const ByteBudget&) = delete;

  // Counts what is there already.
  void add(std::size_t bytes) { note(used_.fetch_add(bytes) + bytes); }
  // False, and nothing is counted, where there would be more than there may.
  bool take(std::size_t bytes) {
    const std::size_t now = used_.fetch_add(bytes) + bytes;
    if (now <= most_) {
      note(now);
      return true;
    }
    used_.fetch_sub(bytes);
    return false;
  }
  void give(std::size_t bytes) { used_.fetch_sub(bytes); }
  bool exceeded() const { return used_ > most_; }
  std::size_t used() const { return used_; }

  // Whether there is far less now than there was at most since it last was so: time to give the
  // memory back to the system. For one thread to ask.
  bool ebbed() {
    constexpr std::size_t kMuch = std::size_t{32} * 1024 * 1024;
    const std::size_t now = used_;
    if (peak_ < kMuch || now > peak_ / 4) return false;
    peak_ = now;
    return true;
  }

 private:
  void note(std::size_t now) {
    for (std::size_t peak = peak_; now > peak && !peak_.compare_exchange_weak(peak, now);) {
    }
  }

  const std::size_t most_;
  std::atomic<std::size_t> used_{0}, peak_{0};
};

// What one request has of it; given back at the end.
class TakenBytes {
 public:
  explicit TakenBytes(ByteBudget& budget) : budget_(budget) {}
  ~TakenBytes() { give_back(); }
  TakenBytes(const TakenBytes&) = delete;
  TakenBytes& operator=(const TakenBytes&) = delete;

  bool more(std::size_t bytes) {
    const bool taken = budget_.take(bytes);
    if (taken) bytes_ += bytes;
    return taken;
  }
  void give_back() { budget_.give(std::exchange(bytes_, 0)); }

 private:
  ByteBudget& budget_;
  std::size_t bytes_ = 0;
};

}  // namespace offsync::proxy
