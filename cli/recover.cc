// offsync recover: others' events that a replaced log had and the one that there is now lacks.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/escape.h"
#include "cli/event_text.h"
#include "cli/options.h"
#include "cli/output.h"
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
    "sends all. ID may be shortened to its beginning or end.",
    "offsync recover\n"
    "offsync recover send\n"
    "offsync recover drop 0193594d"};

std::string json_of(const FormerEvent& event) {
  // The event itself is put in as it is, so that nothing of it can change.
  return fmt::format("{{\"sequence\":\"{}\",\"event\":{}}}", event.sequence, event.line);
}

Result<std::vector<FormerEvent>> all_lost(Replica& replica) {
  std::vector<FormerEvent> events;
  OFFSYNC_TRY(replica.for_each_lost([&](const FormerEvent& event) {
    events.push_back(event);
    return true;
  }));
  return events;
}

class Recover final : public Command {
 public:
  const char* name() const override { return kText.name; }

  void define(CLI::App& app, Flags& flags) override {
    Options command = add_command(app, kText, flags);
    command.word("ACTION", action_, "list, send or drop");
    command.words("ID", ids_, "Ids of events");
    command.flag("--all", all_, "send, drop: all of them");
  }

  int run(Context& context, const Settings& settings) override {
    if (const Status shape = check_shape(); !shape) return report(shape.error());
    auto replica = open_replica(settings, context.clock, context.random);
    if (!replica) return report(replica.error());
    Out out;
    const Status done =
        action_ == "list" ? list(*replica, settings, out) : act(*replica, settings, out);
    if (done) return out.finish(kOk);
    (void)out.flush();
    return report(done.error());
  }

 private:
  Status check_shape() const {
    const auto wrong = [](std::string detail) {
      return make_error(Errc::usage, "bad_argument", std::move(detail),
                        "see: offsync recover --help");
    };
    if (action_ != "list" && action_ != "send" && action_ != "drop") {
      return wrong(fmt::format("recover has no action '{}'", action_));
    }
    if (action_ == "list" && all_) return wrong("--all is for send and drop");
    if (action_ == "list" && !ids_.empty()) return wrong("recover list takes no ID");
    if (all_ && !ids_.empty()) return wrong("give an ID or --all");
    if (action_ == "drop" && ids_.empty() && !all_)
      return wrong("recover drop needs an ID or --all");
    return {};
  }

  static Status list(Replica& replica, const Settings& settings, Out& out) {
    Records records(out, record_format(settings, out));
    const Palette colors(use_color(settings, out));
    Decoder decoder;
    std::uint64_t n = 0;
    OFFSYNC_TRY(replica.for_each_lost([&](const FormerEvent& lost) {
      ++n;
      if (records.format() != Format::text) {
        records.json(json_of(lost));
      } else {
        records.text(row(lost, decoder, colors));
      }
      return out.open();
    }));
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

  static std::string row(const FormerEvent& lost, Decoder& decoder, const Palette& colors) {
    const auto event = decoder.decode(lost.line);
    const std::string what =
        event ? fmt::format("{}  {}{}{}  {}", escape_text((*event)->type), colors.bold,
                            escape_text((*event)->subject), colors.reset, change_text(**event))
              : "";
    return fmt::format("{}  {}  {}  {}", escape_text(lost.id), lost.sequence,
                       escape_text(lost.source), what);
  }

  Status act(Replica& replica, const Settings& settings, Out& out) const {
    OFFSYNC_ASSIGN(const std::vector<FormerEvent> lost, all_lost(replica));
    std::vector<FormerEvent> chosen = lost;
    if (!ids_.empty()) {
      chosen.clear();
      for (const std::string& id : ids_) {
        OFFSYNC_ASSIGN(FormerEvent one, find(lost, id));
        const bool again = std::any_of(chosen.begin(), chosen.end(),
                                       [&](const FormerEvent& other) { return other.n == one.n; });
        if (!again) chosen.push_back(std::move(one));
      }
    }
    Status failed;
    std::uint64_t done = 0;
    for (const FormerEvent& one : chosen) {
      Status acted = action_ == "send" ? replica.send_lost(one.n) : replica.drop_lost(one.n);
      if (!acted && acted.error().kind == Errc::bad_data) {
        failed = std::move(acted);  // the others need not wait for it
        continue;
      }
      OFFSYNC_TRY(std::move(acted));
      ++done;
      if (action_ == "send" && record_format(settings, out) != Format::text) out.json(one.line);
    }
    tell(settings, done);
    return failed;
  }

  // The event whose id is `text`, or begins or ends with it.
  static Result<FormerEvent> find(const std::vector<FormerEvent>& lost, const std::string& text) {
    std::vector<const FormerEvent*> found, exact;
    for (const FormerEvent& event : lost) {
      if (event.id == text) exact.push_back(&event);
      if (event.id.starts_with(text) || event.id.ends_with(text)) found.push_back(&event);
    }
    if (!exact.empty()) found = exact;
    if (found.size() == 1) return *found.front();
    if (found.empty()) {
      return make_error(Errc::no_input, "no_event", fmt::format("there is no lost event {}", text),
                        "list them with: offsync recover");
    }
    return make_error(Errc::usage, "ambiguous",
                      fmt::format("{} lost events begin or end with {}", found.size(), text),
                      "give more of the id");
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
  bool all_ = false;
};

}  // namespace

std::unique_ptr<Command> make_recover_command() {
  return std::make_unique<Recover>();
}

}  // namespace offsync::cli
