// offsync conflicts: what met what, and who won.
#include <fmt/format.h>

#include <algorithm>

#include "cli/command.h"
#include "cli/conflict_text.h"
#include "cli/options.h"
#include "cli/output.h"
#include "cli/remote.h"

namespace offsync::cli {
namespace {

constexpr CommandText kText = {
    "conflicts", "List and show conflicts", "[list | show ID] [OPTIONS]",
    "Two writes of a field of which neither author saw the other, with different values, are a\n"
    "conflict. The later write won; the other value is here. list asks the proxy first, and the\n"
    "replica where the proxy does not answer. ID may be shortened to its beginning.",
    "offsync conflicts\n"
    "offsync conflicts show 8f21\n"
    "offsync conflicts --exit-code || echo 'there is something to decide'"};

class Conflicts final : public Command {
 public:
  const char* name() const override { return kText.name; }

  void define(CLI::App& app, Flags& flags) override {
    CLI::App* command = add_command(app, kText, flags);
    command->add_option("ACTION", action_, "list or show")->group("");
    command->add_option("ID", id_, "A conflict's id")->group("");
    command->add_flag("--all", all_, "Resolved ones as well (of the replica)");
    command->add_flag("--exit-code", exit_code_, "Exit with 1 where a conflict is open");
    command->add_flag("--offline", offline_, "Ask the replica alone");
    command->add_flag("--require-proxy", require_proxy_,
                      "Exit with 69 where the proxy does not answer");
    add_remote_option(*command, flags);
  }

  int run(Context& context, const Settings& settings) override {
    if (const Status shape = check_shape(); !shape) return report(shape.error());
    auto replica = open_replica(settings, context.clock, context.random);
    if (!replica) return report(replica.error());
    if (action_ == "show") return show(*replica, settings);
    auto info = replica->info();
    if (!info) return report(info.error());
    const std::string remote = remote_of(settings, *info);
    const bool ask = require_proxy_ || (!offline_ && !all_ && !remote.empty());
    if (ask && !context.network && (require_proxy_ || net_program())) return run_in_net(context);
    auto records = replica->conflicts(all_);
    if (!records) return report(records.error());
    if (ask && context.network) {
      if (const Status asked = ask_proxy(context, settings, remote, *replica, *records); !asked) {
        if (require_proxy_ || asked.error().kind != Errc::unreachable) {
          return report(asked.error());
        }
        say(settings, fmt::format("conflicts as the replica knows them: {}", asked.error().detail));
      }
    }
    return list(settings, *records);
  }

 private:
  Status check_shape() const {
    const auto wrong = [](std::string detail) {
      return make_error(Errc::usage, "bad_argument", std::move(detail),
                        "see: offsync conflicts --help");
    };
    if (action_ != "list" && action_ != "show") {
      return wrong(fmt::format("conflicts has no action '{}'", action_));
    }
    if (action_ == "show" && id_.empty()) return wrong("conflicts show needs an ID");
    if (action_ == "list" && !id_.empty()) return wrong("conflicts list takes no ID");
    if (offline_ && require_proxy_) {
      return wrong("--offline and --require-proxy contradict each other");
    }
    return {};
  }

  // Replaces `records` by the proxy's open conflicts, without those that wait in our queue to be
  // resolved.
  static Status ask_proxy(Context& context, const Settings& settings, const std::string& url,
                          Replica& replica, std::vector<Replica::ConflictRecord>& records) {
    OFFSYNC_ASSIGN(Remote remote, Remote::open(context, settings, url));
    std::vector<Replica::ConflictRecord> open;
    Decoder decoder;
    OFFSYNC_TRY(remote.conflicts([&](std::string_view line) -> Status {
      OFFSYNC_ASSIGN(auto record, conflict_of_line(decoder, line));
      const auto known = replica.conflict(record.conflict.id);
      if (!known || known->resolved_by.empty()) open.push_back(std::move(record));
      return {};
    }));
    records = std::move(open);
    say(settings, fmt::format("conflicts from {}", printable_remote(url)));
    return {};
  }

  int list(const Settings& settings, const std::vector<Replica::ConflictRecord>& found) const {
    Out out;
    Records records(out, record_format(settings, out));
    const Palette colors(use_color(settings, out));
    bool open = false;
    for (const Replica::ConflictRecord& record : found) {
      open = open || record.resolved_by.empty();
      if (records.format() == Format::text) {
        records.text(conflict_row(record, colors));
      } else {
        records.json(conflict_json(record));
      }
    }
    records.end();
    if (found.empty() && records.format() == Format::text) say(settings, "there is no conflict");
    return out.finish(exit_code_ && open ? kNo : kOk);
  }

  int show(Replica& replica, const Settings& settings) const {
    auto record = replica.conflict(id_);
    if (!record) return report(record.error());
    Out out;
    if (record_format(settings, out) == Format::text) {
      out.write(conflict_details(*record, Palette(use_color(settings, out))));
    } else {
      out.json(conflict_json(*record));
    }
    return out.finish(exit_code_ && record->resolved_by.empty() ? kNo : kOk);
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
