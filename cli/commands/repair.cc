// offsync repair: makes a damaged replica usable again, without losing what only it has.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/counted.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/text/escape.h"
#include "cli/text/output.h"

namespace offsync::cli {
namespace {

constexpr CommandText kText = {
    "repair", "Make a damaged replica usable again", "[OPTIONS]",
    "For a replica that other commands call damaged. Its queue and its received log are kept; its\n"
    "settings, its state and its conflicts are made anew from them, and from the proxy at the "
    "next\n"
    "sync where the log is not whole. Either all of that is done or nothing. An event of the "
    "queue\n"
    "that cannot be read is kept as rejected (code unreadable), and so is one that may not say "
    "what\n"
    "it said (code doubtful). A replica that is in order stays as it is.",
    "offsync repair\n"
    "offsync repair --json | jq .mended\n"
    "offsync repair && offsync sync"};

std::string json_of(const Replica::Repaired& done) {
  const nlohmann::ordered_json json = {
      {"mended", done.mended},
      {"queue", done.queue},
      {"unreadable", done.unreadable},
      {"doubtful", done.doubtful},
      {"lost", done.lost.size() + done.lost_more},
      {"lost_numbers", done.lost},
      {"lost_all_known", !done.lost_unknown},
      {"lost_former", done.lost_former},
      {"lost_former_all_known", !done.lost_former_unknown},
      {"wal_aside", done.wal_aside.empty() ? nlohmann::ordered_json(nullptr)
                                           : nlohmann::ordered_json(done.wal_aside)},
      {"waiting", done.waiting},
      {"log", done.log},
      {"whole", done.whole}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string text_of(const Replica::Repaired& done) {
  std::string out = done.mended.empty() && done.waiting == 0 ? "nothing was wrong\n" : "";
  for (const std::string& what : done.mended) out += fmt::format("mended {}\n", escape_text(what));
  out += fmt::format("kept {} of the queue and {} of the log\n", counted(done.queue, "event"),
                     done.log);
  if (done.unreadable > 0) {
    out += fmt::format("{} of the queue cannot be read: see offsync queue list\n", done.unreadable);
  }
  if (done.doubtful > 0) {
    out += fmt::format(
        "{} of the queue may not say what they said: see offsync queue list, then retry or drop\n",
        done.doubtful);
  }
  return out;
}

std::string lost_of_queue(const Replica::Repaired& done) {
  const std::uint64_t count = done.lost.size() + done.lost_more;
  if (count == 0) return done.lost_unknown ? "events of the queue may be lost" : "";
  std::string what =
      fmt::format("{} of the queue {} lost", counted(count, "event"), count == 1 ? "is" : "are");
  if (!done.lost.empty()) what += fmt::format(", n {}", ranges_of(done.lost));
  if (!done.lost.empty() && done.lost_more > 0)
    what += fmt::format(", and {} without a known number", done.lost_more);
  return what + (done.lost_unknown ? "; there may be more" : "");
}

std::string lost_of_former(const Replica::Repaired& done) {
  constexpr std::size_t kMostNamed = 10;
  const auto& names = done.lost_former;
  if (names.empty()) {
    return done.lost_former_unknown ? "events of logs that were replaced may be lost" : "";
  }
  std::string what = fmt::format(
      "{} of logs that were replaced {} lost: {}", counted(names.size(), "event"),
      names.size() == 1 ? "is" : "are",
      fmt::join(names.begin(), names.begin() + std::min(names.size(), kMostNamed), ", "));
  if (names.size() > kMostNamed) what += fmt::format(", and {} more", names.size() - kMostNamed);
  return what + (done.lost_former_unknown ? "; there may be others" : "");
}

std::string lost_of_wal(const Replica::Repaired& done) {
  if (done.wal_aside.empty()) return "";
  if (!done.wal_other) {
    return fmt::format(
        "the newest commits are lost with the WAL, which was kept as {}: what was set or dropped "
        "last is as before",
        done.wal_aside);
  }
  return fmt::format(
      "the WAL was not of this file, and was kept as {}; if there was another one, what was "
      "committed last is lost with that",
      done.wal_aside);
}

// Nothing where nobody has anything to do about what was there.
Status what_waits(const Replica::Repaired& done) {
  std::vector<std::string> lost;
  for (std::string what : {lost_of_queue(done), lost_of_former(done), lost_of_wal(done)}) {
    if (!what.empty()) lost.push_back(std::move(what));
  }
  const std::string kept =
      done.aside.empty() ? "" : fmt::format("; the damaged file was kept as {}", done.aside);
  const bool numbered = !done.lost.empty();
  if (!lost.empty()) {
    return bad_data("lost", fmt::format("{}", fmt::join(lost, "; ")),
                    fmt::format("emit it again, or restore a copy{}{}", kept,
                                numbered ? "; those with a number stay in the queue as unreadable "
                                           "until they are dropped"
                                         : ""));
  }
  if (done.waiting == 0) return {};
  return bad_data("waiting",
                  fmt::format("{} of the queue cannot be read, or may not say what {} said",
                              counted(done.waiting, "event"), done.waiting == 1 ? "it" : "they"),
                  "look at offsync queue list, then retry or drop them");
}

class Repair final : public Command {
 public:
  const char* name() const override { return kText.name; }

  void define(CLI::App& app, Flags& flags) override { add_command(app, kText, flags); }

  int run(Context& context, const Settings& settings) override {
    const auto file = replica_file(settings);
    if (!file) return report(file.error());
    Progress progress(settings, context.clock);
    progress.update(fmt::format("reading all of {}, which can take a minute …", *file));
    const auto done = Replica::repair(*file, context.clock, context.random);
    progress.clear();
    if (!done && done.error().code == "corrupt") {
      Error beyond = done.error();  // this was the way out
      beyond.hint = "it cannot be repaired: restore it from a copy, or set it aside";
      return report(beyond);
    }
    if (!done) return report(done.error());
    Out out;
    if (report_format(settings) != Format::text) {
      out.json(json_of(*done));
    } else if (!settings.quiet) {
      out.write(text_of(*done));
    }
    if (!done->whole && !done->mended.empty()) {
      say(settings, "the state comes from the proxy with the next pull: offsync sync");
    }
    const Status waits = what_waits(*done);
    const int code = out.finish(kOk);
    return waits || code != kOk ? code : report(waits.error());
  }
};

}  // namespace

std::unique_ptr<Command> make_repair_command() {
  return std::make_unique<Repair>();
}

}  // namespace offsync::cli
