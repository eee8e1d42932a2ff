// offsync status: where this replica stands. It calls nothing synced that it has not just checked.
#include "sync/status.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/rfc3339.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/remote/conflict_find.h"
#include "cli/remote/other_line.h"
#include "cli/remote/remote.h"
#include "cli/settings/home.h"
#include "cli/text/age.h"
#include "cli/text/escape.h"
#include "cli/text/event_text.h"
#include "cli/text/output.h"
#include "cli/text/pager.h"
#include "cli/text/source_text.h"

namespace offsync::cli {
namespace {

constexpr CommandText kText = {"status", "Print remote, cursor, lag, queue, conflicts and clock",
                               "[OPTIONS]",
                               "Asks the proxy for the head of its log. Where it does not answer, "
                               "what the replica heard last\n"
                               "is printed, and nothing is called synced.",
                               "offsync status\n"
                               "offsync status --json | jq .queue"};

struct Report : SyncStatus {
  std::uint64_t conflicts = 0;
  std::vector<Replica::Consumer> consumers;
  std::string home, remote;
  std::optional<Error> trouble;
  std::int64_t now_ms = 0;

  bool answered() const { return space.has_value(); }
  // Of a log that is not the one that we follow, nothing can be counted.
  std::optional<std::uint64_t> known_lag() const {
    if (other_epoch() || put_back()) return {};
    return lag();
  }
  // 0 is an offset like any other once a proxy has answered.
  bool knows_offset() const { return answered() || info.clock_offset_holds; }
};

std::string verdict(const Report& report) {
  if (report.remote.empty()) return "no remote: nothing leaves this machine";
  if (report.synced()) return "synced";
  std::string why;
  const auto add = [&](const std::string& part) { why += (why.empty() ? "" : ", ") + part; };
  const bool elsewhere = report.trouble && report.trouble->code == "other_log";
  if (elsewhere) add("the remote has another log than that of this replica");
  if (!report.answered() && !elsewhere) add("the proxy was not asked or did not answer");
  if (report.other_epoch()) add("the proxy has another log: the next sync starts afresh");
  if (report.put_back()) add("the proxy's log was put back: the next sync looks what it lacks");
  if (!report.info.cursor) add("never pulled");
  if (report.known_lag().value_or(0) > 0) add(fmt::format("{} to pull", report.lag()));
  if (report.queue.queued > 0) add(fmt::format("{} to push", report.queue.queued));
  if (report.queue.accepted > 0) add(fmt::format("{} to come back", report.queue.accepted));
  if (report.queue.rejected > 0) add(fmt::format("{} rejected", report.queue.rejected));
  if (report.queue.held > 0) add(fmt::format("{} held", report.queue.held));
  if (report.former.doubtful > 0) {
    add(fmt::format("{} of a log before to be looked for", report.former.doubtful));
  }
  if (report.former.lost > 0) add(fmt::format("{} lost", report.former.lost));
  const bool known = report.pending() + report.former.doubtful + report.former.lost > 0 ||
                     report.lag() > 0 || report.other_epoch() || !report.info.cursor ||
                     report.answered();
  return (known ? "not synced: " : "not known to be synced: ") + why;
}

std::string clock_text(const Report& report) {
  const std::int64_t offset = report.info.clock_offset_ms;
  if (!report.knows_offset()) return "no offset to the proxy is known";
  if (offset == 0) return "the same as the proxy's";
  return fmt::format("the proxy is {} ms {}", std::abs(offset), offset > 0 ? "ahead" : "behind");
}

// How far the consumer is behind the head; nothing where that is not the head of its log.
std::optional<std::uint64_t> lag_of(const Report& report, const Replica::Consumer& consumer) {
  const bool known = report.info.cursor && report.info.cursor->epoch == consumer.cursor.epoch;
  if (!known || !report.known_lag()) return {};
  const std::uint64_t at = consumer.cursor.sequence;
  return report.head() > at ? report.head() - at : 0;
}

std::string lag_text(const Report& report, const Replica::Consumer& consumer) {
  const auto lag = lag_of(report, consumer);
  if (lag) return fmt::format("{} behind", *lag);
  if (consumer.cursor.epoch == kDoubtfulEpoch) return "of a log that was replaced or compacted";
  return report.put_back() ? "of a log that was put back" : "of a log that was replaced";
}

std::string text_of(const Report& report) {
  const ReplicaInfo& info = report.info;
  std::string out;
  const auto line = [&](std::string_view what, const std::string& value) {
    out += fmt::format("{:10} {}\n", what, value);
  };
  line("replica", escape_text(report.home));
  line("source", source_text(info.source, info.former_sources));
  line("remote", report.remote.empty() ? "none" : escape_text(printable_remote(report.remote)));
  line("cursor", info.cursor ? info.cursor->text() : "never pulled");
  const bool never = !report.answered() && !info.cursor && info.head == 0;
  line("head", never ? "never heard of"
                     : fmt::format("{}{}", report.head(),
                                   report.answered() ? "" : " (when last heard of)"));
  const auto lag = report.known_lag();
  line("lag", !lag ? "not known: the proxy's log is not the one that was received"
                   : fmt::format("{}{}", *lag, report.answered() ? "" : " or more"));
  line("queue", fmt::format("{} queued, {} accepted, {} rejected, {} held", report.queue.queued,
                            report.queue.accepted, report.queue.rejected, report.queue.held));
  if (report.former.lost > 0) {
    line("lost",
         fmt::format("{} that a log before this one had: offsync recover", report.former.lost));
  }
  line("conflicts", fmt::format("{} open", report.conflicts));
  for (const Replica::Consumer& consumer : report.consumers) {
    line("consumer", fmt::format("{} at {}, {}", escape_text(consumer.name), consumer.cursor.text(),
                                 lag_text(report, consumer)));
  }
  line("clock", clock_text(report));
  line("last sync", dated_text(info.last_sync_ms, report.now_ms, output_is_terminal()));
  line("answer", report.answered() ? "from the proxy" : "from the replica");
  line("verdict", verdict(report));
  return out;
}

nlohmann::ordered_json consumers_of(const Report& report) {
  auto all = nlohmann::ordered_json::array();
  for (const Replica::Consumer& consumer : report.consumers) {
    const auto lag = lag_of(report, consumer);
    all.push_back({{"name", consumer.name},
                   {"cursor", consumer.cursor.text()},
                   {"lag", lag ? nlohmann::ordered_json(*lag) : nullptr}});
  }
  return all;
}

std::string json_of(const Report& report) {
  using nlohmann::ordered_json;
  const ReplicaInfo& info = report.info;
  const ordered_json none(nullptr);
  const auto text_or_null = [&](const std::string& text) {
    return text.empty() ? none : ordered_json(text);
  };
  std::string problem = report.trouble ? report.trouble->message() : "";
  if (problem.empty() && (report.other_epoch() || report.put_back())) problem = verdict(report);
  const ordered_json json = {
      {"replica", report.home},
      {"source", info.source},
      {"former_sources", info.former_sources},
      {"node", node_text(info.node)},
      {"remote", text_or_null(printable_remote(report.remote))},
      {"cursor", text_or_null(info.cursor ? info.cursor->text() : "")},
      {"head", report.head()},
      {"lag", report.known_lag() ? ordered_json(*report.known_lag()) : none},
      {"queue",
       {{"queued", report.queue.queued},
        {"accepted", report.queue.accepted},
        {"rejected", report.queue.rejected},
        {"held", report.queue.held}}},
      {"lost", report.former.lost},
      {"conflicts", report.conflicts},
      {"consumers", consumers_of(report)},
      {"clock_offset_ms", report.knows_offset() ? ordered_json(info.clock_offset_ms) : none},
      {"last_sync", text_or_null(info.last_sync_ms == 0 ? "" : format_rfc3339(info.last_sync_ms))},
      {"answered_by", report.answered() ? "proxy" : "replica"},
      {"synced", report.synced()},
      {"problem", text_or_null(problem)}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

class StatusCommand final : public Command {
 public:
  const char* name() const override { return kText.name; }

  void define(CLI::App& app, Flags& flags) override {
    Options command = add_command(app, kText, flags);
    command.asking(offline_, require_proxy_);
    command.flag("--check", check_,
                 "Print nothing but what is wrong: exit with 0 where all is synced,\n"
                 "with 1 where it is not, with 69 where the proxy does not answer");
    command.remote(flags);
    command.tls(flags);
  }

  int run(Context& context, const Settings& settings) override {
    if (const Status shape = check_shape(); !shape) return report(shape.error());
    auto replica = open_replica(settings, context.clock, context.random);
    if (!replica) return report(replica.error());
    auto status = look(*replica, settings);
    if (!status) return report(status.error());
    status->now_ms = context.clock.wall_ms();
    const bool must = require_proxy_ || check_;
    if (!offline_ && (must || !status->remote.empty())) {
      if (!context.network) {
        const auto program = net_program();
        if (program || must) return run_in_net(context);
        status->trouble = program.error();
      } else if (const Status asked = ask(context, settings, *replica, *status); !asked) {
        status->trouble = asked.error();
        if (must) return print_unanswered(settings, *status);
      }
    }
    return check_ && report_format(settings) == Format::text ? check(*status)
                                                             : print(settings, *status);
  }

 private:
  Status check_shape() const {
    if (offline_ && check_) {
      return wrong_arguments(kText, "--offline and --check contradict each other");
    }
    return check_asking(kText, offline_, require_proxy_);
  }

  static int check(const Report& status) {
    if (status.synced()) return kOk;
    complain(verdict(status));
    return kNo;
  }

  static Result<Report> look(Replica& replica, const Settings& settings) {
    Report result;
    OFFSYNC_ASSIGN(result.info, replica.info());
    OFFSYNC_ASSIGN(result.queue, replica.counts());
    OFFSYNC_ASSIGN(result.former, replica.former_counts());
    OFFSYNC_ASSIGN(auto conflicts, replica.conflicts(false));
    result.conflicts = meetings_of(std::move(conflicts)).size();
    OFFSYNC_ASSIGN(result.consumers, replica.consumers());
    result.home = settings.home;
    result.remote = remote_of(settings, result.info);
    return result;
  }

  Status ask(Context& context, const Settings& settings, Replica& replica, Report& into) const {
    OFFSYNC_ASSIGN(Remote remote,
                   Remote::open(context, settings, into.remote, Remote::how(require_proxy_)));
    remote.must_be_of(into.info);
    OFFSYNC_ASSIGN(const SpaceInfo space, remote.info());
    into.space = SpaceHead{space.epoch, space.head};
    // What is as long as ours may be another one all the same.
    if (into.synced()) {
      auto other = has_other_line(remote, replica, *into.info.cursor);
      if (!other) {
        into.space.reset();  // nothing is called synced that is not known to be
        return std::move(other).error();
      }
      into.space->other_line = *other;
    }
    // Where something is to be pulled, conflicts may be among it. One number, and it is the
    // proxy's.
    if (into.lag() > 0 || into.other_epoch() || !into.info.cursor) {
      OFFSYNC_ASSIGN(auto open, open_at_proxy(remote, replica));
      into.conflicts = meetings_of(std::move(open)).size();
    }
    // A replica that cannot be written to can still be asked.
    if (!into.other_epoch()) (void)replica.note_head(space.head);
    if (const auto offset = remote.clock_offset_ms()) {
      into.info.clock_offset_ms = *offset;
      (void)replica.note_clock_offset(*offset);
    }
    return {};
  }

  // A script that reads the object finds in it, too, that nobody answered.
  static int print_unanswered(const Settings& settings, const Report& status) {
    Out out;
    if (report_format(settings) != Format::text) out.json(json_of(status));
    (void)out.flush();
    return out.finish(report(*status.trouble));
  }

  int print(const Settings& settings, const Report& status) const {
    Out out;
    if (report_format(settings) != Format::text) {
      out.json(json_of(status));
    } else {
      out.write(text_of(status));
    }
    if (status.trouble) say(settings, status.trouble->message());
    return out.finish(check_ && !status.synced() ? kNo : kOk);
  }

  bool check_ = false;
  bool offline_ = false;
  bool require_proxy_ = false;
};

}  // namespace

std::unique_ptr<Command> make_status_command() {
  return std::make_unique<StatusCommand>();
}

}  // namespace offsync::cli
