#include "cli/remote/sync.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "base/counted.h"
#include "base/span_text.h"
#include "cli/options.h"
#include "cli/remote/conflict_find.h"
#include "cli/remote/other_line.h"
#include "cli/remote/remote.h"
#include "cli/remote/sync_code.h"
#include "cli/text/output.h"
#include "sync/status.h"

namespace offsync::cli {
namespace {

using Json = nlohmann::ordered_json;

// Shows what is going on, on a terminal.
class Shown final : public SyncObserver {
 public:
  Shown(const Settings& settings, Clock& clock, Replica& replica, std::string remote)
      : settings_(settings),
        remote_(std::move(remote)),
        progress_(settings, clock),
        replica_(replica) {
    if (!progress_.shown()) return;
    if (const auto counts = replica_.counts()) queued_ = counts->queued;
    progress_.update("connecting …");
  }

  void on_progress(const SyncReport& report) override {
    if (!progress_.due()) return;
    const std::uint64_t sent = report.pushed + report.duplicate + report.rejected + report.held;
    std::string text = sent < queued_ ? fmt::format("pushed {} of {}", sent, queued_)
                                      : fmt::format("pushed {}", sent);
    text += fmt::format(", pulled {}", report.pulled);
    const auto info = replica_.info();
    if (info && info->cursor && info->head > info->cursor->sequence) {
      text += fmt::format(", {} to come", info->head - info->cursor->sequence);
    }
    progress_.update(text);
  }

  void on_blocked(const Error& error) override {
    progress_.clear();
    complain(error.message());
  }

  // A proxy that is busy for a moment is nobody's business.
  void on_trouble(const Error& error, std::int64_t /*retry_in_ms*/) override {
    if (++troubles_ != 2) return;
    progress_.clear();
    say(settings_, fmt::format("{}; trying again for up to {}", named(error, remote_).detail,
                               span_text(settings_.request_timeout_ms)));
  }

  void clear() { progress_.clear(); }

 private:
  const Settings& settings_;
  std::string remote_;
  Progress progress_;
  Replica& replica_;
  std::uint64_t queued_ = 0, troubles_ = 0;
};

// What waits to be decided, as it is shown.
Result<std::set<std::string>> open_conflicts(Replica& replica) {
  OFFSYNC_ASSIGN(const auto records, replica.conflicts(false));
  std::set<std::string> meetings;
  for (const ConflictRecord& record : records) meetings.insert(meeting_of(record));
  return meetings;
}

class SyncCommand final : public Command {
 public:
  const char* name() const override { return "sync"; }
  void define(CLI::App& app, Flags& flags) override;
  int run(Context& context, const Settings& settings) override;

 private:
  int exchange(Context& context, const Settings& settings, Replica& replica);
  int preview(Context& context, const Settings& settings, Replica& replica) const;
  int tell(const Settings& settings, Replica& replica, const SyncReport& report) const;
  static bool as_json(const Settings& settings) { return report_format(settings) != Format::text; }
  bool pushes() const { return push_ || !pull_; }
  bool pulls() const { return pull_ || !push_; }

  bool push_ = false, pull_ = false, dry_run_ = false;
};

void SyncCommand::define(CLI::App& app, Flags& flags) {
  Options command = add_command(
      app,
      {"sync", "Send the queue to the proxy and fetch what others did", "[OPTIONS]",
       "Sends what is queued, in order, then fetches everything up to the newest event of the "
       "space.\n"
       "The first time, and after the proxy's log was replaced, the whole state is fetched "
       "instead;\n"
       "what is queued stays on top of it. A sync that fails loses nothing: what was not "
       "confirmed\n"
       "stays queued and is sent again. Exit code 69: the proxy cannot be reached, nothing is\n"
       "known to have changed; 75: a part is done or the replica is busy, try again, or rejected\n"
       "events wait for you.",
       "offsync sync\noffsync sync --push\noffsync sync --dry-run\noffsync sync --json | jq "
       ".pulled"},
      flags);
  command.flag("--push", push_, "Only send");
  command.flag("--pull", pull_, "Only fetch");
  command.flag("--dry-run", dry_run_, "Only say what would be sent and fetched");
  command.remote(flags);
  command.tls(flags);
}

int SyncCommand::run(Context& context, const Settings& settings) {
  if (!context.network) return run_in_net(context);
  auto replica = open_replica(settings, context.clock, context.random);
  if (!replica) return report(replica.error());
  return dry_run_ ? preview(context, settings, *replica) : exchange(context, settings, *replica);
}

int SyncCommand::exchange(Context& context, const Settings& settings, Replica& replica) {
  const auto before = open_conflicts(replica);
  if (!before) return report(before.error());
  auto done = sync_once(context, settings, replica, pushes(), pulls());
  if (!done) return report(done.error());
  // Those that were open before, or that were resolved in the same pull, ask nothing of anybody.
  if (pulls()) {
    const auto after = open_conflicts(replica);
    if (!after) return report(after.error());
    done->conflicts = 0;
    for (const std::string& meeting : *after) done->conflicts += before->contains(meeting) ? 0 : 1;
  }
  return tell(settings, replica, *done);
}

Json json_of(const Error& error) {
  Json json = {{"code", error.code}, {"detail", error.detail}};
  if (!error.hint.empty()) json["hint"] = error.hint;
  return json;
}

// How much a log that was replaced lacks, and whether it was, is not known before it was asked.
std::string json_of(const SyncReport& report, const QueueCounts& counts, const ReplicaInfo& info,
                    std::uint64_t doubtful) {
  Json json = {{"pushed", report.pushed},
               {"duplicate", report.duplicate},
               {"rejected", report.rejected},
               {"held", report.held},
               {"pulled", report.pulled},
               {"conflicts", report.conflicts},
               {"snapshots", report.snapshots},
               {"again", report.again},
               {"lost", report.lost},
               {"cursor", nullptr},
               {"head", info.head}};
  const bool unasked = doubtful > 0 || (report.error && !did_something(report));
  if (unasked) json["again"] = json["lost"] = nullptr;
  if (info.cursor) json["cursor"] = info.cursor->text();
  json["queue"] = {{"queued", counts.queued},
                   {"accepted", counts.accepted},
                   {"rejected", counts.rejected},
                   {"held", counts.held}};
  if (report.error) json["error"] = json_of(*report.error);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string pulled_text(const SyncReport& report) {
  if (report.snapshots == 0) return std::to_string(report.pulled);
  if (report.pulled == 0) return "the whole state";
  return fmt::format("the whole state and {}", counted(report.pulled, "event"));
}

std::string text_of(const SyncReport& report, std::uint64_t doubtful) {
  std::string text =
      fmt::format("pushed {}, pulled {}, {}, {} rejected", report.pushed, pulled_text(report),
                  counted(report.conflicts, "conflict"), report.rejected);
  if (report.duplicate > 0) text += fmt::format(", {} sent before", report.duplicate);
  if (report.held > 0) text += fmt::format(", {} held", report.held);
  if (doubtful > 0) {
    text +=
        fmt::format("; the log {}is to be asked for {} received before",
                    report.replaced > 0 ? "was replaced, and " : "", counted(doubtful, "event"));
  } else if (report.again + report.lost > 0) {
    text += fmt::format("; the log was replaced, and lacked {}: {} sent again, {} of others",
                        counted(report.again + report.lost, "event"), report.again, report.lost);
  } else if (report.replaced > 0) {
    text += "; the log was replaced, and lacked nothing received";
  }
  return text;
}

// What a person may want to do next.
void say_what_next(const Settings& settings, const SyncReport& report, const QueueCounts& counts) {
  if (report.error) {
    std::string text = "nothing is lost; nothing is queued";
    if (counts.queued > 0) {
      text = fmt::format("nothing is lost; {} queued",
                         counted(counts.queued, "event stays", "events stay"));
    }
    if (counts.accepted > 0) {
      text += fmt::format(", {} yet to come back",
                          counted(counts.accepted, "accepted one has", "accepted ones have"));
    }
    say(settings, text);
  }
  if (!report.renamed.empty()) say(settings, renamed_text(report.renamed));
  if (report.conflicts > 0) say(settings, "see who won, and decide: offsync conflicts");
  if (report.lost > 0) {
    say(settings, "others' events that the log lacks are kept here, to be sent: offsync recover");
  }
}

int SyncCommand::tell(const Settings& settings, Replica& replica, const SyncReport& report) const {
  const auto info = replica.info();
  if (!info) return cli::report(info.error());
  const auto counts = replica.counts();
  if (!counts) return cli::report(counts.error());
  const auto former = replica.former_counts();
  if (!former) return cli::report(former.error());
  Out out;
  if (as_json(settings)) {
    out.json(json_of(report, *counts, *info, former->doubtful));
  } else if (!settings.quiet && (!report.error || did_something(report))) {
    out.line(text_of(report, former->doubtful));
  }
  int code = out.finish(kOk);
  if (code != kOk && !report.error) {
    complain(fmt::format("the sync is done all the same: {}", text_of(report, former->doubtful)));
  }
  if (report.error) {
    (void)cli::report(*report.error);
    code = sync_code(report);
  }
  say_what_next(settings, report, *counts);
  const std::string waiting = waiting_text(*counts);
  if (waiting.empty()) return code;
  complain(waiting);
  return code == kOk ? kPartial : code;
}

int SyncCommand::preview(Context& context, const Settings& settings, Replica& replica) const {
  const auto info = replica.info();
  if (!info) return report(info.error());
  const auto counts = replica.counts();
  if (!counts) return report(counts.error());
  auto remote = Remote::open(context, settings, remote_of(settings, *info), Remote::Ask::patiently);
  if (!remote) return report(remote.error());
  remote->must_be_of(*info);
  const auto space = remote->info();
  if (!space) return report(space.error());

  SyncStatus status{*info, *counts, SpaceHead{space->epoch, space->head}, {}};
  // Where the log does not go back to that, nobody can compare.
  const bool gone = info->cursor && status.pulled() + 1 < space->oldest;
  if (info->cursor && !gone && !status.other_epoch() && !status.put_back()) {
    const auto other = has_other_line(*remote, replica, *info->cursor);
    if (!other) return report(other.error());
    status.space->other_line = *other;
  }
  const bool replaced = status.other_epoch() || status.put_back();
  // Of a log that is empty, to a replica that has none yet, there is no state to fetch.
  const bool first = !info->cursor && space->head > 0;
  const bool snapshot = pulls() && (first || gone || replaced);
  const std::uint64_t push = pushes() ? counts->queued : 0;
  const std::uint64_t pull = pulls() && !snapshot ? status.lag() : 0;
  Out out;
  if (as_json(settings)) {
    out.json(Json{{"would_push", push},
                  {"would_pull", pull},
                  {"would_take_snapshot", snapshot},
                  {"head", space->head}}
                 .dump());
  } else if (snapshot) {
    out.line(fmt::format("would push {} and take the whole state at {}{}", push, space->head,
                         replaced
                             ? "; the log was replaced, and what it lacks of what was received "
                               "would be looked for, and sent again"
                         : gone ? fmt::format("; of the events in between the log keeps none "
                                              "before {} any more",
                                              space->oldest)
                                : ""));
  } else {
    out.line(fmt::format("would push {}, pull {}", push, pull));
  }
  const int code = out.finish(kOk);
  if (const std::string waiting = waiting_text(*counts); !waiting.empty()) say(settings, waiting);
  return code;
}

}  // namespace

Result<SyncReport> sync_once(Context& context, const Settings& settings, Replica& replica,
                             bool push, bool pull) {
  OFFSYNC_ASSIGN(const ReplicaInfo info, replica.info());
  const std::string remote = remote_of(settings, info);
  OFFSYNC_ASSIGN(const RemoteUrl url, parse_remote(remote));
  SyncOptions options;
  OFFSYNC_ASSIGN(options.authorization, authorization(settings));
  OFFSYNC_ASSIGN(const auto transport, context.network(url.origin, settings));
  options.push = push;
  options.pull = pull;
  options.remote = remote;
  options.request_timeout_ms = settings.request_timeout_ms;
  Shown shown(settings, context.clock, replica, remote);
  SyncEngine engine(replica, *transport, context.clock, context.random, shown, options);
  for (engine.tick(); !engine.done(); engine.tick()) transport->poll(engine.wait_time());
  shown.clear();
  SyncReport done = engine.report();
  if (done.error) done.error = named(std::move(*done.error), remote);
  return done;
}

std::string waiting_text(const QueueCounts& counts) {
  if (counts.rejected + counts.held == 0) return {};
  const std::string held = counts.held == 0 ? "" : fmt::format(", {} held", counts.held);
  return fmt::format("{} rejected{} {} for you: offsync queue", counts.rejected, held,
                     counts.rejected + counts.held == 1 ? "waits" : "wait");
}

std::string renamed_text(const std::string& source) {
  return "the log has events under this replica's source and numbers that it does not know: it is "
         "an "
         "older copy of itself, or another replica writes under the same source; it goes on as " +
         source + ", and what was queued is sent under that name";
}

std::unique_ptr<Command> make_sync_command() {
  return std::make_unique<SyncCommand>();
}

}  // namespace offsync::cli
