// offsync remote: which log this replica belongs to, and how it comes to another one.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/options.h"
#include "cli/remote/remote.h"
#include "cli/text/age.h"
#include "cli/text/escape.h"
#include "cli/text/event_text.h"
#include "cli/text/output.h"
#include "cli/text/pager.h"

namespace offsync::cli {
namespace {

constexpr CommandText kText = {
    "remote", "Show or set the proxy's space that this replica belongs to",
    "[show | set URL [--switch]] [OPTIONS]",
    "From its first sync on a replica belongs to one log, and is not synced with\n"
    "another one. set takes the URL where that log is now. With --switch the replica\n"
    "leaves its log for the one at URL and begins afresh; what it was, with its\n"
    "queue, is kept in a file beside the new one.",
    "offsync remote\n"
    "offsync remote set https://proxy.example/v1/spaces/shop\n"
    "offsync remote set http://127.0.0.1:8080/v1/spaces/other --switch"};

bool is_bound(const ReplicaInfo& info) {
  return !info.epoch.empty() || !info.log.empty() || !info.place.empty();
}

std::string space_of(const std::string& url) {
  const std::string place = place_of(url);
  return place.substr(place.rfind('/') + 1);
}

class RemoteCommand final : public Command {
 public:
  const char* name() const override { return kText.name; }

  void define(CLI::App& app, Flags& flags) override {
    Options command = add_command(app, kText, flags);
    command.word("ACTION", action_, "show or set");
    command.word("URL", url_, "http(s)://HOST[:PORT]/v1/spaces/NAME");
    command.flag("--switch", switch_, "set: leave the log of this replica for that one");
    command.tls(flags);
  }

  int run(Context& context, const Settings& settings) override {
    if (const Status shape = check_shape(); !shape) return report(shape.error());
    auto opened = open_known_replica(settings, context.clock, context.random);
    if (!opened) return report(opened.error());
    auto& [replica, info] = *opened;
    if (action_ == "show") return show(settings, info, context.clock.wall_ms());
    if (const Status good = check_url(settings); !good) return report(good.error());
    // Nobody needs to be asked about a replica that belongs to no log yet.
    if (is_bound(info) && !context.network) return run_in_net(context);
    const Status done = set(context, settings, replica, info);
    if (!done) return report(done.error());
    if (report_format(settings) == Format::text) return kOk;
    const auto now = replica.info();
    return now ? show(settings, *now, context.clock.wall_ms()) : report(now.error());
  }

 private:
  Status check_shape() const {
    const auto wrong = [](std::string detail) { return wrong_arguments(kText, std::move(detail)); };
    if (action_ != "show" && action_ != "set") {
      return wrong(fmt::format("remote has no action '{}'", action_));
    }
    if (action_ == "set" && url_.empty()) return wrong("remote set needs a URL");
    if (action_ == "show" && !url_.empty()) return wrong("remote show takes no URL");
    if (action_ == "show" && switch_) return wrong("--switch is for set");
    return {};
  }

  // What is set must count.
  Status check_url(const Settings& settings) const {
    OFFSYNC_TRY(parse_remote(url_));
    if (settings.remote.empty() || place_of(settings.remote) == place_of(url_)) return {};
    return make_error(Errc::config, "remote_overridden",
                      fmt::format("OFFSYNC_REMOTE or the replica's config.toml says {}, which goes "
                                  "before what is set here",
                                  printable_remote(settings.remote)),
                      "nothing was changed; change it there, or take it away there");
  }

  static int show(const Settings& settings, const ReplicaInfo& info, std::int64_t now_ms) {
    const std::string remote = printable_remote(remote_of(settings, info));
    const std::string cursor = info.cursor ? info.cursor->text() : "";
    Out out;
    if (report_format(settings) != Format::text) {
      using nlohmann::ordered_json;
      const auto text_or_null = [](const std::string& text) {
        return text.empty() ? ordered_json(nullptr) : ordered_json(text);
      };
      const ordered_json json = {{"remote", text_or_null(remote)},
                                 {"place", text_or_null(info.place)},
                                 {"space", text_or_null(space_of(info.place))},
                                 {"log", text_or_null(info.log)},
                                 {"cursor", text_or_null(cursor)}};
      out.json(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
      return out.finish(kOk);
    }
    const auto line = [&](std::string_view what, const std::string& value) {
      out.line(fmt::format("{:10} {}", what, escape_text(value)));
    };
    line("remote", remote.empty() ? "none" : remote);
    if (!is_bound(info)) {
      line("log", "none yet: the first sync decides");
      return out.finish(kOk);
    }
    line("log", info.log.empty() ? "its name is not known" : info.log);
    line("last met", info.place.empty() ? "not known" : info.place);
    line("cursor", cursor.empty() ? "never pulled" : cursor);
    line("last sync", dated_text(info.last_sync_ms, now_ms, output_is_terminal()));
    return out.finish(kOk);
  }

  Status set(Context& context, const Settings& settings, Replica& replica,
             const ReplicaInfo& info) const {
    if (!is_bound(info)) {
      OFFSYNC_TRY(replica.set_remote(url_));
      say(settings, fmt::format("the remote is {}", printable_remote(url_)));
      return {};
    }
    const auto there = ask(context, settings);
    if (!there && (switch_ || there.error().kind != Errc::unreachable)) return there.error();
    if (!there) {
      OFFSYNC_TRY(replica.set_remote(url_));
      say(settings, fmt::format("the remote is {}; whether the log of this replica is there, the "
                                "next sync finds out: {}",
                                printable_remote(url_), there.error().detail));
      return {};
    }
    const LogPlace place{there->log, place_of(url_)};
    const Status same = check_same_log(info, there->epoch, place);
    const bool renamed = !same && there->epoch == info.epoch && !there->log.empty();
    if (!same && switch_ && !renamed) return leave(settings, replica, there->epoch, place);
    // Of the same epoch it is the same log. It has said its name twice, and somebody vouches for
    // it.
    if (renamed) {
      OFFSYNC_TRY(replica.note_place(there->epoch, place));
      say(settings, fmt::format("the log of this replica has the name {} there, and not {}",
                                there->log, info.log));
    } else {
      OFFSYNC_TRY(same);
    }
    OFFSYNC_TRY(replica.set_remote(url_));
    say(settings,
        fmt::format("the remote is {}, where the log of this replica is", printable_remote(url_)));
    if (switch_) say(settings, "there is nothing to leave");
    return {};
  }

  Result<SpaceInfo> ask(Context& context, const Settings& settings) const {
    OFFSYNC_ASSIGN(Remote remote, Remote::open(context, settings, url_, Remote::Ask::patiently));
    return remote.info();
  }

  Status leave(const Settings& settings, Replica& replica, const std::string& epoch,
               const LogPlace& there) const {
    OFFSYNC_ASSIGN(const ReplicaInfo before, replica.info());
    OFFSYNC_ASSIGN(const QueueCounts queue, replica.counts());
    const std::string keep = replica.name_to_keep(
        fmt::format("{}/replica-{}", settings.home, space_of(before.place)), ".db");
    OFFSYNC_TRY(replica.leave_log(keep, url_, epoch, there));
    const std::uint64_t pending = queue.queued + queue.accepted + queue.rejected + queue.held;
    say(settings,
        fmt::format("the remote is {}; what this replica was{} is kept in {}",
                    printable_remote(url_),
                    pending == 0 ? "" : fmt::format(", with {} pending,", pending), keep));
    return {};
  }

  std::string action_ = "show";
  std::string url_;
  bool switch_ = false;
};

}  // namespace

std::unique_ptr<Command> make_remote_command() {
  return std::make_unique<RemoteCommand>();
}

}  // namespace offsync::cli
