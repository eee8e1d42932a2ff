// offsync doctor: reads all of a replica's file, and says whether it is sound.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/counted.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/text/escape.h"
#include "cli/text/output.h"
#include "cli/text/source_text.h"
#include "replica/examine.h"

namespace offsync::cli {
namespace {

constexpr CommandText kText = {
    "doctor", "Read all of a replica's file, and say whether it is sound", "[OPTIONS]",
    "Reads every page, line and record, and looks whether the state is what log and queue say.\n"
    "Nothing is changed. What is damaged is named with its place, and ends with 74.",
    "offsync doctor\n"
    "offsync doctor --file backup/replica.db"};

std::string text_of(const std::string& file, const Examined& found) {
  std::string text = fmt::format("file       {}\n", escape_text(file));
  if (!found.source.empty()) {
    text += fmt::format("source     {}\n", source_text(found.source, found.former_sources));
  }
  text += fmt::format("pages      {}", found.pages);
  if (found.unsealed > 0) text += fmt::format(", {} of them without a checksum", found.unsealed);
  text +=
      fmt::format("\nlog        {}\nqueue      {}\nentities   {}\nconflicts  {}\n",
                  counted(found.events, "event"), found.pending, found.entities, found.conflicts);
  if (found.moved) {
    text +=
        "note       this file is a copy, or was moved: who uses it next goes on under another "
        "source\n";
  }
  for (const std::string& problem : found.problems) {
    text += fmt::format("problem    {}\n", escape_text(problem));
  }
  if (found.more) text += "problem    and more\n";
  return text + (found.problems.empty() ? "verdict    sound\n" : "verdict    damaged\n");
}

std::string json_of(const std::string& file, const Examined& found) {
  using nlohmann::ordered_json;
  const ordered_json json = {
      {"file", file},
      {"source", found.source.empty() ? ordered_json(nullptr) : ordered_json(found.source)},
      {"former_sources", found.former_sources},
      {"moved", found.moved},
      {"pages", found.pages},
      {"unsealed", found.unsealed},
      {"events", found.events},
      {"pending", found.pending},
      {"entities", found.entities},
      {"conflicts", found.conflicts},
      {"problems", found.problems},
      {"sound", found.problems.empty()}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

class Doctor final : public Command {
 public:
  const char* name() const override { return kText.name; }

  void define(CLI::App& app, Flags& flags) override {
    Options command = add_command(app, kText, flags);
    command.text("--file", "FILE", file_, "This file, and not the replica of this folder");
  }

  int run(Context& /*context*/, const Settings& settings) override {
    const auto file = file_.empty() ? replica_file(settings) : Result<std::string>(file_);
    if (!file) return report(file.error());
    const auto found = examine_replica(*file);
    if (!found) return report(found.error());
    Out out;
    if (report_format(settings) == Format::text) {
      out.write(text_of(*file, *found));
    } else {
      out.json(json_of(*file, *found));
    }
    if (found->problems.empty()) return out.finish(kOk);
    if (const int code = out.finish(kIo); code != kIo) return code;
    return report(make_error(
        Errc::io, "corrupt", *file + " is damaged",
        file_.empty()
            ? "make a copy of its folder, then run: offsync repair; or restore it from a backup"
            : "restore it from a copy, or set it aside"));
  }

 private:
  std::string file_;
};

}  // namespace

std::unique_ptr<Command> make_doctor_command() {
  return std::make_unique<Doctor>();
}

}  // namespace offsync::cli
