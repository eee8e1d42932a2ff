#include "cli/remote/talk.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "cli/remote/remote.h"
#include "cli/remote/sync.h"
#include "cli/text/output.h"

namespace offsync::cli {

Talk::Talk(const Settings& settings, std::string remote)
    : settings_(settings), remote_(std::move(remote)) {}

void Talk::on_progress(const SyncReport& report) {
  trouble_.reset();
  if (std::exchange(renamed_, report.renamed) != report.renamed) {
    say(settings_, renamed_text(report.renamed));
  }
  const std::uint64_t rejected = report.rejected - report.blocked;
  if (rejected <= rejected_) return;
  const std::uint64_t now = rejected - std::exchange(rejected_, rejected);
  complain(fmt::format("the proxy rejected {}: offsync queue",
                       now == 1 ? "an event of ours" : fmt::format("{} events of ours", now)));
}

void Talk::on_connected() {
  trouble_.reset();
  refused_.reset();
  if (up_) return;
  up_ = true;
  told_.clear();
  say(settings_, "connected to " + remote_);
}

void Talk::on_blocked(const Error& error) {
  complain(error.message());
}

void Talk::on_trouble(const Error& trouble, std::int64_t retry_in_ms) {
  const Error error = named(trouble, remote_);
  up_ = false;
  trouble_ = error;
  refused_ = error.code == "timeout" ? std::nullopt : trouble_;
  if (error.detail == told_) return;
  told_ = error.detail;
  // Without somebody's doing it stays so.
  const bool for_somebody = error.code.starts_with("tls_");
  say(settings_,
      fmt::format("{}; trying again in {:.1f} s", for_somebody ? error.message() : error.detail,
                  static_cast<double>(std::max<std::int64_t>(retry_in_ms, 100)) / 1000));
}

std::optional<Error> Talk::in_vain(double seconds, bool busy, const SyncReport& report) const {
  // A proxy that is busy says so, too.
  if (trouble_ && trouble_->kind == Errc::partial && trouble_->code == "busy") return trouble_;
  const auto& known = report.stream_begun ? report.stream_error : refused_;
  if (ever_ && !report.streamed && !busy && known && known->code != "timeout") {
    Error why = *known;
    why.kind = Errc::unreachable;  // whatever it was, in all that time nothing came of a stream
    return named(std::move(why), remote_);
  }
  if (ever_ && report.stream_begun && !report.streamed && !busy) {
    return make_error(
        Errc::unreachable, "no_stream",
        fmt::format("{} answers, but nothing of its stream came within {:g} s", remote_, seconds),
        "something in between may hold it back; see what nginx needs in "
        "offsync-proxy(8)");
  }
  if (ever_ || (busy && !trouble_)) return std::nullopt;
  return make_error(Errc::unreachable, "never_connected",
                    fmt::format("{} was not reached within {:g} s{}", remote_, seconds,
                                trouble_ ? ": " + trouble_->detail : ""),
                    trouble_ ? trouble_->hint : "is the proxy running there?");
}

}  // namespace offsync::cli
