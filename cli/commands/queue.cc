// offsync queue: what is pending, and what to do with what was rejected.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

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
    "queue", "List, show, retry, drop and export pending events",
    "[list | show ID | retry ID|--all | drop ID|--all | export] [OPTIONS]",
    "An event is queued, then accepted (the proxy has it, its copy has not come back yet), and "
    "gone\n"
    "once its copy arrives. A rejected one is parked with its reason, and later ones of that "
    "entity\n"
    "are held until you retry or drop it; everything else goes on. --all means all rejected ones.\n"
    "ID may be shortened to its beginning or end; events of two sources may have the same one, "
    "then\n"
    "--source says whose is meant. export prints the events as they would be sent.",
    "offsync queue\n"
    "offsync queue show 0193594d\n"
    "offsync queue retry --all\n"
    "offsync queue export > pending.ndjson"};

std::string json_of(const PendingEvent& event, Decoder& decoder) {
  nlohmann::ordered_json json;
  json["n"] = event.n;
  json["state"] = name_of(event.state);
  const bool accepted = event.state == PendingState::accepted;
  if (accepted) json["sequence"] = std::to_string(event.sequence);
  if (!event.code.empty()) json["code"] = event.code;
  if (!event.detail.empty()) json["detail"] = event.detail;
  const bool readable = decoder.decode(event.line).ok();
  if (!readable) {  // which says so itself, else
    json["id"] = event.id;
    json["source"] = event.source;
  }
  std::string text = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  text.pop_back();
  return fmt::format("{},{}}}", text, event_members(event.line, readable));
}

const char* color_of(PendingState state, const Palette& colors) {
  switch (state) {
    case PendingState::rejected:
      return colors.red;
    case PendingState::held:
      return colors.yellow;
    case PendingState::accepted:
      return colors.green;
    case PendingState::queued:
      break;
  }
  return "";
}

Result<PendingEvent> find_pending(Replica& replica, const EventName& name) {
  OFFSYNC_ASSIGN(auto exact, replica.pending(name.id, name.source));  // needs no look at the others
  if (exact) return std::move(*exact);
  return find_event<PendingEvent>(name, {"pending", "offsync queue"},
                                  [&](const auto& take) { return replica.for_each_pending(take); });
}

class Queue final : public Command {
 public:
  const char* name() const override { return kText.name; }

  void define(CLI::App& app, Flags& flags) override {
    Options command = add_command(app, kText, flags);
    command.word("ACTION", action_, "list, show, retry, drop or export");
    command.word("ID", id_, "An event's id");
    command.flag("--all", all_, "retry, drop: all rejected events");
    command.text("--source", "SOURCE", source_, "Whose event, where several have the ID");
  }

  int run(Context& context, const Settings& settings) override {
    if (const Status shape = check_shape(); !shape) return report(shape.error());
    auto replica = open_replica(settings, context.clock, context.random);
    if (!replica) return report(replica.error());
    std::optional<Pager> pager;
    if (action_ == "list" || action_ == "show") pager.emplace(settings);
    Out out;
    return finish(out, act(*replica, settings, out));
  }

 private:
  Status check_shape() const {
    const auto wrong = [](std::string detail) { return wrong_arguments(kText, std::move(detail)); };
    const bool one = action_ == "show";
    const bool changes = action_ == "retry" || action_ == "drop";
    if (!one && !changes && action_ != "list" && action_ != "export") {
      return wrong(fmt::format("queue has no action '{}'", action_));
    }
    if (one && id_.empty()) return wrong("queue show needs an ID");
    if (changes && id_.empty() != all_) {
      return wrong(fmt::format("queue {} needs an ID or --all", action_));
    }
    if (!one && !changes && !id_.empty()) {
      return wrong(fmt::format("queue {} takes no ID", action_));
    }
    if (!changes && all_) return wrong("--all is for retry and drop");
    if (!source_.empty() && id_.empty()) return wrong("--source goes with an ID");
    return {};
  }

  Status act(Replica& replica, const Settings& settings, Out& out) const {
    if (action_ == "list") return list(replica, settings, out);
    if (action_ == "export") return print_events(replica, settings, out);
    if (action_ == "show") return show(replica, settings, out);
    OFFSYNC_ASSIGN(const auto events, chosen(replica));
    if (events.empty()) say(settings, "there is no rejected event");
    Records records(out, record_format(settings, out));
    const Status done = act_on(events, replica, settings, records);
    records.end();
    return done;
  }

  Status act_on(const std::vector<PendingEvent>& events, Replica& replica, const Settings& settings,
                Records& records) const {
    Status failed;
    for (const PendingEvent& event : events) {
      const Status done = action_ == "retry" ? retry(replica, event, settings, records)
                                             : drop(replica, event, settings, records);
      if (done) continue;
      if (!all_) return done;
      const bool left = done.error().code == "unreadable" || done.error().code == "id_taken";
      if (!left) return done;
      note_failure(failed, done.error());  // the others need not wait for it
    }
    return failed;
  }

  Result<std::vector<PendingEvent>> chosen(Replica& replica) const {
    if (!all_) {
      OFFSYNC_ASSIGN(auto event, find_pending(replica, {id_, source_}));
      return std::vector<PendingEvent>{std::move(event)};
    }
    OFFSYNC_ASSIGN(auto events, all_events<PendingEvent>([&](const auto& take) {
                     return replica.for_each_pending(take);
                   }));
    std::erase_if(events, [](const auto& event) { return event.state != PendingState::rejected; });
    return events;
  }

  static Status list(Replica& replica, const Settings& settings, Out& out) {
    Records records(out, record_format(settings, out));
    const Look look(settings, out);
    Table table(out, look.colors);
    Decoder decoder;
    std::uint64_t n = 0;
    OFFSYNC_TRY(replica.for_each_pending([&](const PendingEvent& event) {
      ++n;
      if (records.format() != Format::text) {
        records.json(json_of(event, decoder));
      } else {
        const std::string why =
            fmt::format("    {}: {}", escape_text(event.code), escape_text(event.detail));
        table.add(row(event, decoder, look), event.code.empty() ? "" : why);
      }
      return out.open();
    }));
    table.flush();
    records.end();
    if (n == 0 && records.format() == Format::text) say(settings, "the queue is empty");
    return {};
  }

  static Row row(const PendingEvent& pending, Decoder& decoder, const Look& look) {
    const auto event = decoder.decode(pending.line);
    return {{id_text(pending.id, look.terminal)},
            {std::string(name_of(pending.state)), color_of(pending.state, look.colors)},
            {escape_text(pending.type)},
            {escape_text(pending.subject), look.colors.bold},
            {event ? change_text(**event) : ""}};
  }

  Status show(Replica& replica, const Settings& settings, Out& out) const {
    OFFSYNC_ASSIGN(const auto pending, find_pending(replica, {id_, source_}));
    const Format format = record_format(settings, out);
    Decoder decoder;
    if (format != Format::text) {
      out.json(json_of(pending, decoder));
      return {};
    }
    const auto line = [&](std::string_view what, std::string_view value) {
      if (!value.empty()) out.line(fmt::format("{:9} {}", what, escape_text(value)));
    };
    line("id", pending.id);
    line("state", name_of(pending.state));
    line("reason", pending.code.empty() ? "" : pending.code + ": " + pending.detail);
    const bool accepted = pending.state == PendingState::accepted;
    line("sequence", accepted ? std::to_string(pending.sequence) : "");
    line("type", pending.type);
    line("subject", pending.subject);
    line("source", pending.source);
    const auto read = decoder.decode(pending.line);
    if (!read) {
      line("bytes", pending.line);
      return {};
    }
    const EventView& event = **read;
    line("time", event.time);
    line("stamp", event.stamp.none() ? "" : event.stamp.text());
    line("data", event.data);
    return {};
  }

  static Status print_events(Replica& replica, const Settings& settings, Out& out) {
    Records records(out, settings.format == Format::json ? Format::json : Format::ndjson);
    Decoder decoder;
    Status left_out;
    OFFSYNC_TRY(replica.for_each_pending([&](const PendingEvent& event) {
      if (decoder.decode(event.line)) {
        records.json(event.line);
      } else {
        note_failure(left_out, unreadable(event));
      }
      return out.open();
    }));
    records.end();
    return left_out;
  }

  static Status retry(Replica& replica, const PendingEvent& event, const Settings& settings,
                      Records& records) {
    OFFSYNC_ASSIGN(const auto queued, replica.retry(event.id, event.source));
    for (const Emitted& emitted : queued) {
      if (records.format() == Format::text) {
        const bool same = emitted.id == event.id;
        say(settings, fmt::format("queued again {} {}", same ? "as it was:" : "as", emitted.id));
      } else {
        records.json(emitted.line);
      }
    }
    return {};
  }

  static Status drop(Replica& replica, const PendingEvent& event, const Settings& settings,
                     Records& records) {
    OFFSYNC_TRY(replica.drop(event.id, event.source));
    say(settings, fmt::format("dropped {}", event.id));
    Decoder decoder;
    if (records.format() != Format::text) records.json(json_of(event, decoder));
    return {};
  }

  std::string action_ = "list";
  std::string id_, source_;
  bool all_ = false;
};

}  // namespace

std::unique_ptr<Command> make_queue_command() {
  return std::make_unique<Queue>();
}

}  // namespace offsync::cli
