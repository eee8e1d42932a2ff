#include "proxy/ops/metrics.h"

#include <fmt/format.h>

namespace offsync::proxy {
namespace {

// Label values here are space names, route names and numbers: nothing in them needs an escape.
void describe(std::string& out, std::string_view name, std::string_view type,
              std::string_view help) {
  out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

template <class N>
void single(std::string& out, std::string_view name, std::string_view type, std::string_view help,
            N value) {
  describe(out, name, type, help);
  out += fmt::format("{} {}\n", name, value);
}

}  // namespace

void Metrics::request(std::string_view route, int status) {
  const std::lock_guard lock(mutex_);
  ++requests_[{std::string(route), status}];
}

void Metrics::commit(std::int64_t microseconds, bool done) {
  const std::lock_guard lock(mutex_);
  if (!done) {
    ++failed_commits_;
    return;
  }
  ++commits_;
  commit_microseconds_ += microseconds;
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    if (static_cast<double>(microseconds) <= kBounds[i] * 1e6) ++latency_[i];
  }
}

void Metrics::head(std::string_view space, std::uint64_t sequence) {
  const std::lock_guard lock(mutex_);
  heads_.insert_or_assign(std::string(space), sequence);
}

std::string Metrics::text() const {
  std::string out;
  const std::lock_guard lock(mutex_);
  describe(out, "offsync_requests_total", "counter", "Requests by route and status.");
  for (const auto& [key, count] : requests_) {
    out += fmt::format("offsync_requests_total{{route=\"{}\",code=\"{}\"}} {}\n", key.first,
                       key.second, count);
  }
  describe(out, "offsync_events_total", "counter", "Events by outcome.");
  const std::pair<std::string_view, std::uint64_t> outcomes[] = {
      {"accepted", accepted}, {"duplicate", duplicate}, {"rejected", rejected}, {"held", held}};
  for (const auto& [outcome, count] : outcomes) {
    out += fmt::format("offsync_events_total{{outcome=\"{}\"}} {}\n", outcome, count);
  }
  single(out, "offsync_conflicts_total", "counter", "Conflicts that accepted events met.",
         conflicts.load());
  describe(out, "offsync_commit_seconds", "histogram", "Duration of commits to the log store.");
  for (std::size_t i = 0; i < kBounds.size(); ++i) {
    out += fmt::format("offsync_commit_seconds_bucket{{le=\"{}\"}} {}\n", kBounds[i], latency_[i]);
  }
  out += fmt::format("offsync_commit_seconds_bucket{{le=\"+Inf\"}} {}\n", commits_);
  out += fmt::format("offsync_commit_seconds_sum {}\n",
                     static_cast<double>(commit_microseconds_) / 1e6);
  out += fmt::format("offsync_commit_seconds_count {}\n", commits_);
  single(out, "offsync_commits_failed_total", "counter", "Commits that the log store refused.",
         failed_commits_);
  describe(out, "offsync_head", "gauge", "Sequence of the newest event, by space.");
  for (const auto& [space, sequence] : heads_) {
    out += fmt::format("offsync_head{{space=\"{}\"}} {}\n", space, sequence);
  }
  single(out, "offsync_streams", "gauge", "Open event streams.", streams.load());
  single(out, "offsync_streams_opened_total", "counter", "Event streams ever opened.",
         streams_opened.load());
  single(out, "offsync_streams_cut_total", "counter", "Event streams cut because they stalled.",
         streams_cut.load());
  single(out, "offsync_streams_spared_total", "counter",
         "Event streams that could not begin and were told when to come back.",
         streams_spared.load());
  single(out, "offsync_stream_bytes_total", "counter", "Bytes written to event streams.",
         stream_bytes.load());
  if (certificate_expires == 0) return out;
  single(out, "offsync_tls_certificate_expires_seconds", "gauge",
         "When the certificate in use expires, in seconds since 1970.", certificate_expires.load());
  single(out, "offsync_tls_handshakes_failed_total", "counter",
         "Connections that did not come to speak TLS.", handshakes_failed.load());
  return out;
}

}  // namespace offsync::proxy
