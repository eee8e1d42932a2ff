// offsync repair: makes a damaged replica usable again, without losing what only it has.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

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
      {"mended", done.mended},     {"queue", done.queue}, {"unreadable", done.unreadable},
      {"doubtful", done.doubtful}, {"log", done.log},     {"whole", done.whole}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string text_of(const Replica::Repaired& done) {
  std::string out = done.mended.empty() ? "nothing was wrong\n" : "";
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
    if (!done->whole) {
      say(settings, "the state comes from the proxy with the next pull: offsync sync");
    }
    return out.finish(kOk);
  }
};

}  // namespace

std::unique_ptr<Command> make_repair_command() {
  return std::make_unique<Repair>();
}

}  // namespace offsync::cli
