// offsync init: makes a replica.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "base/system_error.h"
#include "cli/command.h"
#include "cli/options.h"
#include "cli/remote/remote.h"
#include "cli/settings/home.h"
#include "cli/text/output.h"
#include "event/decoder.h"

namespace offsync::cli {
namespace {

constexpr CommandText kText = {
    "init", "Make a replica", "[OPTIONS]",
    "Makes .offsync/replica.db in this folder, in that of -C, or in $OFFSYNC_HOME. What is there\n"
    "already is left alone (exit 78).",
    "offsync init --remote http://127.0.0.1:8080/v1/spaces/shop\n"
    "offsync init -C till --source /clients/till-3"};

// A folder is there after a power cut once the one that it is in was synced.
int sync_parent(const std::string& folder) {
  const std::string parent = std::filesystem::path(folder).parent_path().string();
  const int fd = ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return errno == EACCES ? 0 : errno;  // may be entered, and not be read
  const int error = ::fsync(fd) == 0 || errno == EINVAL ? 0 : errno;
  ::close(fd);
  return error;
}

int make_folder(const std::string& folder) {
  if (::mkdir(folder.c_str(), 0777) == 0) return sync_parent(folder);
  return errno == EEXIST || errno == EISDIR ? 0 : errno;
}

Status make_one(const std::string& folder) {
  const int error = make_folder(folder);
  if (error == 0) return {};
  return make_error(
      kind_of_errno(error), "io",
      fmt::format("cannot make the folder {}: {}", folder, std::strerror(error)),
      error == ENOENT ? "check the path; the folder that it is in must be there" : "");
}

// Makes the folder and those above it.
Status make_folders(const std::string& path) {
  for (std::size_t end = 1; end != std::string::npos;) {
    end = path.find('/', end);
    OFFSYNC_TRY(make_one(path.substr(0, end)));
    if (end != std::string::npos) ++end;
  }
  return {};
}

// A place that somebody named is most likely mistyped where what it is in is not there.
Status make_home(const std::string& home, bool user, const std::optional<std::string>& dir) {
  if (user) return make_folders(home);
  if (dir) OFFSYNC_TRY(make_one(*dir));
  return make_one(home);
}

class Init final : public Command {
 public:
  const char* name() const override { return kText.name; }

  void define(CLI::App& app, Flags& flags) override {
    Options command = add_command(app, kText, flags);
    flags_ = &flags;
    command.remote(flags);
    command.text("--source", "SOURCE", source_,
                 "Who writes here, a URI reference: /clients/till-3");
    command.flag("--user", user_, "Make the replica of this user, $XDG_DATA_HOME/offsync");
  }

  int run(Context& context, const Settings& settings) override {
    if (user_ && flags_->dir) {
      return report(make_error(Errc::usage, "bad_argument",
                               "--user and -C both say where the replica is to be",
                               "give one of them"));
    }
    const std::string home = home_to_create(*flags_, process_environment, user_);
    if (home.empty()) {
      return report(
          make_error(Errc::config, "no_home",
                     "neither $XDG_DATA_HOME nor $HOME says where a user's replica goes"));
    }
    // The replica's own settings file does not count: settings were looked for somewhere else.
    Replica::CreateOptions options;
    options.remote = settings.remote.empty() ? settings.default_remote : settings.remote;
    options.source = source_.empty() ? settings.source : source_;
    if (!options.remote.empty()) {
      if (const auto url = parse_remote(options.remote); !url) return report(url.error());
    }
    if (!options.source.empty()) {
      if (const Status good = check_own_source(options.source); !good) return report(good.error());
    }
    if (const Status made = make_home(home, user_, flags_->dir); !made) return report(made.error());
    auto replica = Replica::create(database_of(home), options, context.clock, context.random);
    if (!replica) return report(replica.error());
    auto info = replica->info();
    if (!info) return report(info.error());
    return tell(settings, home, *info);
  }

 private:
  static int tell(const Settings& settings, const std::string& home, const ReplicaInfo& info) {
    Out out;
    if (report_format(settings) != Format::text) {
      const nlohmann::ordered_json none(nullptr);
      const nlohmann::ordered_json json = {
          {"home", home},
          {"source", info.source},
          {"remote",
           info.remote.empty() ? none : nlohmann::ordered_json(printable_remote(info.remote))}};
      out.json(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
      return out.finish(kOk);
    }
    say(settings, fmt::format("made {} as {}{}", database_of(home), info.source,
                              info.remote.empty() ? ", without a remote"
                                                  : ", remote " + printable_remote(info.remote)));
    return out.finish(kOk);
  }

  Flags* flags_ = nullptr;
  std::string source_;
  bool user_ = false;
};

}  // namespace

std::unique_ptr<Command> make_init_command() {
  return std::make_unique<Init>();
}

}  // namespace offsync::cli
