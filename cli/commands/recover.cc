// offsync recover: others' events that a replaced log had and the one that there is now lacks.
#include <fmt/format.h>

#include <algorithm>

#include "cli/command.h"
#include "cli/input/event_find.h"
#include "cli/options.h"
#include "cli/text/escape.h"
#include "cli/text/event_text.h"
#include "cli/text/output.h"
#include "cli/text/pager.h"
#include "event/decoder.h"

namespace offsync::cli {
namespace {

constexpr CommandText kText = {
    "recover", "List, send and drop events of others that the proxy has lost",
    "[list | send [ID]... | drop ID...|--all] [OPTIONS]",
    "Where the proxy's log was replaced (a backup was put back, say), sync looks\n"
    "for what the replica had. Own events that are missing are sent again at once;\n"
    "those of others are kept here until they come back, or you send them for their\n"
    "authors. Any replica may do that, and two may: it is one event. send without ID\n"
    "sends all. ID may be shortened to its beginning or end; events of two sources may have\n"
    "the same one, then --source says whose is meant.",
    "offsync recover\n"
    "offsync recover send\n"
    "offsync recover drop 0193594d"};

std::string json_of(const FormerEvent& event, Decoder& decoder) {
  return fmt::format("{{\"sequence\":\"{}\",{}}}", event.sequence,
                     event_members(event.line, decoder.decode(event.line).ok()));
}

Result<FormerEvent> find_lost(Replica& replica, const EventName& name) {
  return find_event<FormerEvent>(name, {"lost", "offsync recover"},
                                 [&](const auto& take) { return replica.for_each_lost(take); });
}

class Recover final : public Command {
 public:
  const char* name() const override { return kText.name; }

  void define(CLI::App& app, Flags& flags) override {
    Options command = add_command(app, kText, flags);
    command.word("ACTION", action_, "list, send or drop");
    command.words("ID", ids_, "Ids of events");
    command.flag("--all", all_, "send, drop: all of them");
    command.text("--source", "SOURCE", source_, "Whose event, where several have the ID");
  }

  int run(Context& context, const Settings& settings) override {
    if (const Status shape = check_shape(); !shape) return report(shape.error());
    auto replica = open_replica(settings, context.clock, context.random);
    if (!replica) return report(replica.error());
    std::optional<Pager> pager;
    if (action_ == "list") pager.emplace(settings);
    Out out;
    return finish(out,
                  action_ == "list" ? list(*replica, settings, out) : act(*replica, settings, out));
  }

 private:
  Status check_shape() const {
    const auto wrong = [](std::string detail) { return wrong_arguments(kText, std::move(detail)); };
    if (action_ != "list" && action_ != "send" && action_ != "drop") {
      return wrong(fmt::format("recover has no action '{}'", action_));
    }
    if (action_ == "list" && all_) return wrong("--all is for send and drop");
    if (action_ == "list" && !ids_.empty()) return wrong("recover list takes no ID");
    if (all_ && !ids_.empty()) return wrong("give an ID or --all");
    if (action_ == "drop" && ids_.empty() && !all_)
      return wrong("recover drop needs an ID or --all");
    if (!source_.empty() && ids_.empty()) return wrong("--source goes with an ID");
    return {};
  }

  static Status list(Replica& replica, const Settings& settings, Out& out) {
    Records records(out, record_format(settings, out));
    const Look look(settings, out);
    Table table(out, look.colors);
    Decoder decoder;
    std::uint64_t n = 0;
    OFFSYNC_TRY(replica.for_each_lost([&](const FormerEvent& lost) {
      ++n;
      if (records.format() != Format::text) {
        records.json(json_of(lost, decoder));
      } else {
        table.add(row(lost, decoder, look));
      }
      return out.open();
    }));
    table.flush();
    records.end();
    OFFSYNC_ASSIGN(const FormerCounts counts, replica.former_counts());
    if (counts.doubtful > 0) {
      say(settings,
          fmt::format("{} more are still to be looked for in the proxy's log: offsync sync",
                      counts.doubtful));
    } else if (n == 0 && records.format() == Format::text) {
      say(settings, "nothing is lost");
    }
    return {};
  }

  static Row row(const FormerEvent& lost, Decoder& decoder, const Look& look) {
    Row row = {{id_text(lost.id, look.terminal)}};
    const auto event = decoder.decode(lost.line);
    if (!event) return row;
    const Row as_in_log = event_row(**event, std::to_string(lost.sequence), look);
    row.insert(row.end(), as_in_log.begin(), as_in_log.end());
    return row;
  }

  // What is not there is told, and in `failed`.
  Result<std::vector<FormerEvent>> chosen(Replica& replica, Status& failed) const {
    if (ids_.empty()) {
      return all_events<FormerEvent>([&](const auto& take) { return replica.for_each_lost(take); });
    }
    std::vector<FormerEvent> events;
    for (const std::string& id : ids_) {
      auto one = find_lost(replica, {id, source_});
      if (!one && one.error().kind != Errc::no_input && one.error().kind != Errc::usage) {
        return one.error();
      }
      if (!one) {
        note_failure(failed, one.error());
        continue;
      }
      const bool again = std::any_of(events.begin(), events.end(),
                                     [&](const FormerEvent& other) { return other.n == one->n; });
      if (!again) events.push_back(std::move(*one));
    }
    return events;
  }

  Status act(Replica& replica, const Settings& settings, Out& out) const {
    Status failed;
    OFFSYNC_ASSIGN(const std::vector<FormerEvent> events, chosen(replica, failed));
    Records records(out, record_format(settings, out));
    Decoder decoder;
    std::uint64_t done = 0;
    for (const FormerEvent& one : events) {
      Status acted = action_ == "send" ? replica.send_lost(one.n) : replica.drop_lost(one.n);
      if (!acted && acted.error().kind == Errc::bad_data) {
        note_failure(failed, acted.error());  // the others need not wait for it
        continue;
      }
      OFFSYNC_TRY(std::move(acted));
      ++done;
      if (records.format() == Format::text) continue;
      records.json(action_ == "send" ? one.line : json_of(one, decoder));
    }
    records.end();
    if (failed || done > 0) tell(settings, done);
    return partly(std::move(failed), done);
  }

  void tell(const Settings& settings, std::uint64_t done) const {
    if (done == 0) {
      say(settings, fmt::format("nothing was {}", action_ == "send" ? "queued" : "dropped"));
    } else if (action_ == "send") {
      say(settings, fmt::format("queued {}; they go out with: offsync sync", done));
    } else {
      say(settings, fmt::format("dropped {}", done));
    }
  }

  std::string action_ = "list";
  std::vector<std::string> ids_;
  std::string source_;
  bool all_ = false;
};

}  // namespace

std::unique_ptr<Command> make_recover_command() {
  return std::make_unique<Recover>();
}

}  // namespace offsync::cli
