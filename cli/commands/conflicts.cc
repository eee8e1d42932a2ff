// offsync conflicts: what met what, and who won.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "cli/command.h"
#include "cli/commands/conflict_now.h"
#include "cli/commands/conflict_text.h"
#include "cli/options.h"
#include "cli/remote/conflict_find.h"
#include "cli/remote/remote.h"
#include "cli/text/age.h"
#include "cli/text/event_text.h"
#include "cli/text/output.h"
#include "cli/text/pager.h"
#include "replica/resolution.h"

namespace offsync::cli {
namespace {

constexpr CommandText kText = {
    "conflicts", "List and show conflicts", "[list | show ID] [OPTIONS]",
    "Two writes of a field of which neither author saw the other, with different values, are a\n"
    "conflict. The later write won; the other value is here. list asks the proxy first, and the\n"
    "replica where the proxy does not answer. ID may be shortened to its beginning,\n"
    "of 8 characters or more.",
    "offsync conflicts\n"
    "offsync conflicts show 8f21c07e\n"
    "offsync conflicts --exit-code || echo 'there is something to decide'"};

class Conflicts final : public Command {
 public:
  const char* name() const override { return kText.name; }

  void define(CLI::App& app, Flags& flags) override {
    Options command = add_command(app, kText, flags);
    command.word("ACTION", action_, "list or show");
    command.word("ID", id_, "A conflict's id");
    command.flag("--all", all_, "Resolved ones as well (of the replica)");
    command.flag("--exit-code", exit_code_, "Exit with 1 where a conflict is open");
    command.asking(offline_, require_proxy_);
    command.remote(flags);
    command.tls(flags);
  }

  int run(Context& context, const Settings& settings) override {
    if (const Status shape = check_shape(); !shape) return report(shape.error());
    auto opened = open_known_replica(settings, context.clock, context.random);
    if (!opened) return report(opened.error());
    auto& [replica, info] = *opened;
    const std::string remote = remote_of(settings, info);
    if (action_ == "show") return show(context, settings, remote, replica);
    const bool ask = require_proxy_ || (!offline_ && !all_ && !remote.empty());
    if (ask && !context.network && (require_proxy_ || net_program())) return run_in_net(context);
    auto records = replica.conflicts(all_);
    if (!records) return report(records.error());
    if (all_ && !offline_ && !remote.empty()) {
      say(settings, fmt::format("conflicts as of the last sync, {}",
                                time_text(info.last_sync_ms, ::isatty(2) == 1)));
    }
    if (ask && context.network) {
      if (auto asked = ask_proxy(context, settings, remote, replica)) {
        records = std::move(asked);
      } else if (require_proxy_ || asked.error().kind != Errc::unreachable) {
        return report(asked.error());
      } else {
        say(settings,
            fmt::format("conflicts from the replica, last synced {}: {}",
                        dated_text(info.last_sync_ms, context.clock.wall_ms(), ::isatty(2) == 1),
                        asked.error().detail));
      }
    }
    return list(settings, replica, std::move(*records));
  }

 private:
  Status check_shape() const {
    const auto wrong = [](std::string detail) { return wrong_arguments(kText, std::move(detail)); };
    if (action_ != "list" && action_ != "show") {
      return wrong(fmt::format("conflicts has no action '{}'", action_));
    }
    if (action_ == "show" && id_.empty()) return wrong("conflicts show needs an ID");
    if (action_ == "list" && !id_.empty()) return wrong("conflicts list takes no ID");
    return check_asking(kText, offline_, require_proxy_);
  }

  // What the proxy has open.
  Result<std::vector<ConflictRecord>> ask_proxy(Context& context, const Settings& settings,
                                                const std::string& url, Replica& replica) const {
    OFFSYNC_ASSIGN(const ReplicaInfo info, replica.info());
    OFFSYNC_ASSIGN(Remote remote,
                   Remote::open(context, settings, url, Remote::how(require_proxy_)));
    remote.must_be_of(info);
    OFFSYNC_ASSIGN(auto open, open_at_proxy(remote, replica));
    say(settings, fmt::format("conflicts from {}", printable_remote(url)));
    return open;
  }

  // What resolved it, where that is here.
  static Result<std::optional<std::string>> line_of(Replica& replica,
                                                    const ConflictRecord& record) {
    if (record.resolved_by.empty()) return std::optional<std::string>();
    return replica.find_event(record.resolved_by, record.resolved_source);
  }
  static Result<std::string> resolution(Replica& replica, const Meeting& meeting) {
    Status read;
    std::string text = resolution_text(meeting, [&](const ConflictRecord& record) {
      auto line = line_of(replica, record);
      if (!line) read = line.error();
      return line ? *line : std::nullopt;
    });
    if (!read) return read.error();
    return text;
  }

  // What the replica shows says something of a conflict once it has the record.
  static bool is_here(const ReplicaInfo& info, const ConflictRecord& record) {
    return info.cursor && record.sequence <= info.cursor->sequence;
  }

  // What was written after both sides of an open one.
  static Result<std::optional<Later>> later(Resolver& resolver, const ReplicaInfo& info,
                                            const Meeting& meeting) {
    const ConflictRecord& first = meeting.front();
    if (!first.resolved_by.empty() || !is_here(info, first)) return std::optional<Later>();
    return later_of(resolver, meeting);
  }
  static Result<std::string> json_of(Replica& replica, Resolver& resolver, const ReplicaInfo& info,
                                     const ConflictRecord& record) {
    OFFSYNC_ASSIGN(const auto since, later(resolver, info, {record}));
    OFFSYNC_ASSIGN(const auto line, line_of(replica, record));
    return conflict_json(record, since, line);
  }
  // Where it stands, and what is there by now.
  static Result<std::string> stands(Replica& replica, Resolver& resolver, const ReplicaInfo& info,
                                    const Meeting& meeting, bool local) {
    OFFSYNC_ASSIGN(std::string text, resolution(replica, meeting));
    OFFSYNC_ASSIGN(const auto since, later(resolver, info, meeting));
    if (!since) return text;
    return text + (since->deleted ? ", " : ", now ") + later_text(meeting.front(), *since, local);
  }

  int list(const Settings& settings, Replica& replica, std::vector<ConflictRecord> found) const {
    auto resolver = Resolver::begin(replica);
    if (!resolver) return report(resolver.error());
    const auto info = replica.info();
    if (!info) return report(info.error());
    const Pager pager(settings);
    Out out;
    Records records(out, record_format(settings, out));
    const Look look(settings, out);
    Table table(out, look.colors);
    const bool none = found.empty();
    const bool open = std::any_of(found.begin(), found.end(), [](const ConflictRecord& record) {
      return record.resolved_by.empty();
    });
    if (records.format() == Format::text) {
      for (const Meeting& meeting : meetings_of(std::move(found))) {
        const auto said = stands(replica, *resolver, *info, meeting, look.terminal);
        if (!said) return report(said.error());
        table.add(conflict_row(meeting, *said, look));
      }
      table.flush();
    } else {
      for (const ConflictRecord& record : found) {
        const auto json = json_of(replica, *resolver, *info, record);
        if (!json) return report(json.error());
        records.json(*json);
      }
    }
    records.end();
    if (none && records.format() == Format::text) say(settings, "there is no conflict");
    return out.finish(exit_code_ && open ? kNo : kOk);
  }

  // All that the record's two events have to decide between them. It may have been listed by the
  // proxy, and not be pulled yet.
  Result<Meeting> find(Context& context, const Settings& settings, const std::string& remote,
                       Replica& replica) const {
    auto known = replica.conflicts(true);
    if (!known) return known.error();
    auto record = find_conflict(*known, id_);
    const bool unknown = !record && record.error().code == "no_conflict";
    if (unknown && !offline_ && !remote.empty() && context.network) {
      auto asked = ask_proxy(context, settings, remote, replica);
      if (asked) {
        known = std::move(asked);
        record = find_conflict(*known, id_);
      } else if (require_proxy_ || asked.error().kind != Errc::unreachable) {
        return asked.error();
      } else {
        say(settings, fmt::format("the proxy cannot be asked: {}", asked.error().detail));
      }
    }
    if (!record) return record.error();
    for (Meeting& meeting : meetings_of(std::move(*known))) {
      if (meeting_of(meeting.front()) == meeting_of(*record)) return std::move(meeting);
    }
    return Meeting{*record};
  }

  int show(Context& context, const Settings& settings, const std::string& remote,
           Replica& replica) const {
    auto meeting = find(context, settings, remote, replica);
    if (!meeting && meeting.error().code == "no_conflict" && !offline_ && !remote.empty() &&
        !context.network && (require_proxy_ || net_program())) {
      return run_in_net(context);
    }
    if (!meeting) return report(meeting.error());
    const auto info = replica.info();
    if (!info) return report(info.error());
    const bool open = std::any_of(meeting->begin(), meeting->end(),
                                  [](const auto& record) { return record.resolved_by.empty(); });
    const bool here = is_here(*info, meeting->front());
    Status read;
    const auto promises = [&](bool incoming) -> Result<std::string> {
      if (here) {
        auto made = promise_of(replica, *meeting, incoming);
        if (!made && made.error().kind == Errc::io) read = made.error();
        return made;
      }
      const ConflictRecord& first = meeting->front();
      const Side& side = incoming ? first.conflict.incoming : first.conflict.current;
      const bool rest = about_delete(first.conflict) && !side.deleted;
      return outcomes_of(*meeting, incoming) +
             (rest ? "; of its other fields a sync tells first" : "");
    };
    const Pager pager(settings);
    Out out;
    const Look look(settings, out);
    if (record_format(settings, out) == Format::text) {
      const auto stood = resolution(replica, *meeting);
      if (!stood) return report(stood.error());
      const auto now = here ? now_text(replica, *meeting, look.terminal) : std::string();
      if (!now) return report(now.error());
      const std::string details = conflict_details(*meeting, *stood, *info, *now, promises, look);
      if (!read) return report(read.error());
      out.write(details);
    } else {
      auto resolver = Resolver::begin(replica);
      if (!resolver) return report(resolver.error());
      Records records(out, record_format(settings, out));
      for (const ConflictRecord& record : *meeting) {
        const auto json = json_of(replica, *resolver, *info, record);
        if (!json) return report(json.error());
        records.json(*json);
      }
      records.end();
    }
    return out.finish(exit_code_ && open ? kNo : kOk);
  }

  std::string action_ = "list";
  std::string id_;
  bool all_ = false;
  bool exit_code_ = false;
  bool offline_ = false;
  bool require_proxy_ = false;
};

}  // namespace

std::unique_ptr<Command> make_conflicts_command() {
  return std::make_unique<Conflicts>();
}

}  // namespace offsync::cli
