// What the proxy counts, in Prometheus' text format. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

namespace offsync::proxy {

class Metrics {
 public:
  // `route` is one of a few fixed names, never text of a request.
  void request(std::string_view route, int status);
  void head(std::string_view space, std::uint64_t sequence);
  void commit(std::int64_t microseconds, bool done);

  std::atomic<std::uint64_t> accepted{0}, duplicate{0}, rejected{0}, held{0}, conflicts{0};
  std::atomic<std::int64_t> streams{0};
  std::atomic<std::uint64_t> streams_opened{0}, streams_cut{0}, streams_spared{0}, stream_bytes{0};

  // Of TLS; printed where there is a certificate.
  std::atomic<std::uint64_t> handshakes_failed{0};
  std::atomic<std::int64_t> certificate_expires{0};  // seconds since 1970; 0: there is none

  std::string text() const;

 private:
  static constexpr std::array<double, 12> kBounds = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                     0.05,   0.1,   0.25,   0.5,   1,    2.5};
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, std::uint64_t> requests_;
  std::map<std::string, std::uint64_t, std::less<>> heads_;
  std::array<std::uint64_t, kBounds.size()> latency_{};  // commits of at most so many seconds
  std::uint64_t commits_ = 0, failed_commits_ = 0;
  std::int64_t commit_microseconds_ = 0;
};

}  // namespace offsync::proxy
