#include "proxy/ops/config.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/option_words.h"
#include "base/shorten.h"
#include "base/text.h"
#include "base/wrap.h"
#include "base/xdg.h"
#include "event/value.h"
#include "proxy/ops/distinct_files.h"
#include "proxy/ops/settings.h"

namespace offsync::proxy {
namespace {

constexpr int kExitUsage = 2, kExitNoInput = 66, kExitConfig = 78;
constexpr const char* kSystemFile = "/etc/offsync/proxy.toml";

constexpr const char* kFooter = R"(
Each setting can also be given as OFFSYNC_PROXY_NAME in the environment, or in
the TOML file under its name with underscores (max_streams = 500). A flag beats
the environment, which beats the file.

Example:
  offsync-proxy --listen 127.0.0.1:8080 --store sqlite:shop.db
  curl -N -H 'Accept: text/event-stream' 127.0.0.1:8080/v1/spaces/shop/events

Signals: SIGTERM and SIGINT stop it within 5 seconds, SIGHUP opens the log file
and reads the files of TLS anew.)";

// Of what is done to a store and ends.
constexpr const char* kStoreFooter = R"(
Which store, as for the proxy itself (offsync-proxy --help):
  --store sqlite:PATH               Where the logs are kept
  --config FILE                     Read settings from this TOML file

Example:
)";

struct CommandLine {
  std::map<std::string, std::string> values;  // by key
  std::string config_file;
  bool daemon = false, check_config = false, new_epoch = false, check = false;
  bool compact = false, dry_run = false;
  std::string space, keep, before, days;  // of compact
};

constexpr std::uint64_t kMostDays = 36'500;

std::string help_of(const Setting& setting) {
  std::string out = setting.help;
  if (*setting.standard != '\0') out += fmt::format(" [default: {}]", setting.standard);
  return out;
}

// CLI11's own handling of files and the environment is not used: its file would beat the
// environment, and it takes malformed TOML and unknown keys without a word.
void describe(CLI::App& app, CommandLine& line) {
  app.name("offsync-proxy");
  app.description(
      "Takes events, orders them, finds conflicts, and tells everybody: the proxy of offsync.");
  app.footer(kFooter);
  app.set_version_flag("-V,--version", "offsync-proxy " OFFSYNC_VERSION, "Print the version");
  app.get_formatter()->column_width(34);
  for (const auto& setting : settings()) {
    app.add_option(flag_of(setting), line.values[setting.key], help_of(setting))
        ->type_name(setting.placeholder);
  }
  app.add_option(
         "--config", line.config_file,
         fmt::format("Read settings from this TOML file [default: {} if it exists]", kSystemFile))
      ->type_name("FILE");
  app.add_flag("--daemon", line.daemon,
               "Run in the background; returns once the proxy listens (needs --log-file)");
  app.add_flag("--check-config", line.check_config,
               "Print the settings and where they come from, and end");
  app.add_flag("--new-epoch", line.new_epoch,
               "Once, after a backup of the store was put back: begin its logs anew, and end");
  auto* check =
      app.add_subcommand("check", "Read all of the store, say whether it is sound, and end");
  check->fallthrough()->callback([&line] { line.check = true; });
  check->footer(std::string(kStoreFooter) + "  offsync-proxy check --store sqlite:shop.db");
  auto* compact = app.add_subcommand(
      "compact", "Forget the oldest events of a space's log, and end (no proxy may run)");
  compact->fallthrough()->callback([&line] { line.compact = true; });
  compact->add_option("--space", line.space, "The space")->type_name("NAME");
  compact->add_option("--keep", line.keep, "Keep the newest N events")->type_name("N");
  compact->add_option("--before", line.before, "Forget what is in front of this sequence")
      ->type_name("SEQUENCE");
  compact->add_option("--older-than", line.days, "Forget what was recorded over so many days ago")
      ->type_name("DAYS");
  compact->add_flag("--dry-run", line.dry_run, "Only say what would be forgotten");
  compact->footer(std::string(kStoreFooter) +
                  "  offsync-proxy compact --store sqlite:shop.db --space shop --keep 10000\n"
                  "  offsync-proxy compact --store sqlite:shop.db --space shop --older-than 90");
}

// Nothing, or what is wrong.
std::optional<std::string> put_compact(const CommandLine& line, Config& config) {
  CompactTask task;
  task.space = line.space;
  task.dry_run = line.dry_run;
  const int given = !line.keep.empty() + !line.before.empty() + !line.days.empty();
  if (line.space.empty() || given != 1) {
    return "compact needs a --space, and one of --keep, --before and --older-than";
  }
  task.keep = parse_number(line.keep);
  task.before = parse_number(line.before);
  task.days = parse_number(line.days);
  const bool number = task.keep || task.before.value_or(0) > 0 || task.days;
  if (!number || task.days.value_or(0) > kMostDays) {
    const auto [option, what] =
        !line.keep.empty() ? std::pair("--keep", std::string("a number of events"))
        : !line.before.empty()
            ? std::pair("--before", std::string("a sequence, 1 or more"))
            : std::pair("--older-than", fmt::format("a whole number of days, 0 to {}", kMostDays));
    return fmt::format("{}: '{}{}{}' is not {}", option, line.keep, line.before, line.days, what);
  }
  config.compact = std::move(task);
  return std::nullopt;
}

// That what belongs together is there. What is in the files, their reader says.
Status check_tls(const TlsFiles& files) {
  const auto alone = [](const char* setting, const char* other, const char* hint) {
    return make_error(Errc::config, "bad_setting",
                      fmt::format("{} is set and {} is not", setting, other), hint);
  };
  const auto* both = "a certificate and its key go together: --tls-cert FILE --tls-key FILE";
  if (!files.cert.empty() && files.key.empty()) return alone("tls_cert", "tls_key", both);
  if (files.cert.empty() && !files.key.empty()) return alone("tls_key", "tls_cert", both);
  if (!files.cert.empty() || files.client_ca.empty()) return {};
  return alone("tls_client_ca", "tls_cert",
               "clients have certificates only with TLS: --tls-cert FILE --tls-key FILE");
}

std::string default_store(const Environment& environment) {
  const auto variable = [&](const char* name) {
    const char* text = environment(name);
    return std::string(text == nullptr ? "" : text);
  };
  // systemd names the folder that it made for the service.
  if (const auto folder = variable("STATE_DIRECTORY"); !folder.empty()) {
    return folder.substr(0, folder.find(':')) + "/proxy.db";
  }
  if (::geteuid() == 0) return "/var/lib/offsync/proxy.db";
  const auto folder =
      xdg_folder(environment("XDG_DATA_HOME"), environment("HOME"), "/.local/share");
  return folder.empty() ? "" : folder + "/offsync/proxy.db";
}

Parsed failed(int code, const std::string& message) {
  Parsed out;
  out.exit_code = code;
  out.err = "offsync-proxy: " + shortened(message) + "\n";
  return out;
}

std::string config_file_of(const CommandLine& line, const Environment& environment) {
  const char* named = environment("OFFSYNC_PROXY_CONFIG");
  std::string file = !line.config_file.empty() ? line.config_file : named != nullptr ? named : "";
  std::error_code error;
  if (file.empty() && std::filesystem::exists(kSystemFile, error)) file = kSystemFile;
  return file;
}

// The file that a setting names, by its whole path; nothing where it names none.
const std::string* file_of(std::string_view key, const Config& config) {
  return key == "log_file"        ? &config.log_file
         : key == "pidfile"       ? &config.pidfile
         : key == "ready_file"    ? &config.ready_file
         : key == "tls_cert"      ? &config.tls.cert
         : key == "tls_key"       ? &config.tls.key
         : key == "tls_client_ca" ? &config.tls.client_ca
                                  : nullptr;
}

// The settings in force, as TOML with the origin of each as a comment.
std::string printed(const SettingValues& values, const Config& config) {
  std::string out;
  for (const auto& setting : settings()) {
    const auto at = values.find(setting.key);
    auto text = at == values.end() ? std::string(setting.standard) : at->second.text;
    const auto origin = at == values.end() ? "default" : at->second.origin;
    if (std::string_view(setting.key) == "store") text = "sqlite:" + config.store_file;
    if (const std::string* file = file_of(setting.key, config)) text = *file;
    std::string value = setting.kind == SettingKind::number ? text : json_string(text);
    if (setting.kind == SettingKind::list) {
      value.clear();
      for (const auto& item : config.server.cors_origins) {
        value += (value.empty() ? "" : ", ") + json_string(item);
      }
      value = "[" + value + "]";
    }
    out += fmt::format("{} = {}  # {}\n", setting.key, value, origin);
  }
  return out;
}

// A daemon works in the root folder, so what was relative is not any more.
Status make_absolute(Config& config) {
  for (auto* path :
       {&config.store_file, &config.config_file, &config.pidfile, &config.log_file,
        &config.ready_file, &config.tls.cert, &config.tls.key, &config.tls.client_ca}) {
    std::error_code error;
    if (!path->empty()) *path = std::filesystem::absolute(*path, error).string();
    if (!error) continue;
    return make_error(Errc::config, "no_folder",
                      fmt::format("cannot tell where we are: {}", error.message()),
                      "start it in a folder that is there, or name files by their whole path");
  }
  return {};
}

// In the words of offsync where a value is missing, or one too many.
std::string what_is_wrong(const CLI::App& app, const CLI::ParseError& error) {
  const std::string what = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) == nullptr) return what;
  const std::string said = what.substr(0, what.find_first_of(": "));
  for (const std::string& name : {said, "--" + said}) {
    const CLI::Option* option = app.get_option_no_throw(name);
    if (option == nullptr) continue;
    return wrong_values(name, option->get_type_name(), option->get_items_expected_max() > 0,
                        option->results().size());
  }
  return what;
}

}  // namespace

Parsed parse_config(const std::vector<std::string>& args, const Environment& environment) {
  CLI::App app;
  CommandLine line;
  describe(app, line);
  try {
    app.parse(std::vector<std::string>(args.rbegin(), args.rend()));
  } catch (const CLI::CallForHelp&) {
    return {std::nullopt, 0, wrapped_help(app.help()), ""};
  } catch (const CLI::CallForVersion& e) {
    return {std::nullopt, 0, std::string(e.what()) + "\n", ""};
  } catch (const CLI::ParseError& e) {
    return failed(kExitUsage, what_is_wrong(app, e) + "; see offsync-proxy --help");
  }

  SettingValues values;
  const std::string file = config_file_of(line, environment);
  if (const auto read = file.empty() ? Status() : read_settings_file(file, values); !read) {
    const int code = read.error().kind == Errc::no_input ? kExitNoInput : kExitConfig;
    return failed(code, read.error().message());
  }
  read_settings_environment(environment, values);
  SettingValues flags;
  for (const auto& setting : settings()) {
    const auto flag = flag_of(setting);
    if (app.count(flag) > 0) flags[setting.key] = {line.values[setting.key], flag};
  }
  if (const auto usable = apply_settings(flags); !usable) {
    return failed(kExitUsage, usable.error().message());
  }
  for (auto& [key, value] : flags) values[key] = std::move(value);
  auto config = apply_settings(values);
  if (!config) return failed(kExitConfig, config.error().message());
  config->store_named = !config->store_file.empty();
  if (!config->store_named) config->store_file = default_store(environment);
  if (config->store_file.empty()) {
    return failed(kExitConfig, "there is no HOME to keep the logs in; name a file with --store");
  }
  config->config_file = file;
  config->daemon = line.daemon;
  config->new_epoch = line.new_epoch;
  config->check = line.check;
  if (config->daemon && config->log_file.empty()) {
    return failed(kExitUsage, "--daemon needs --log-file: a daemon has no stderr to log to");
  }
  if (config->daemon && config->new_epoch) {
    return failed(kExitUsage, "--new-epoch ends at once: it does not go with --daemon");
  }
  if (config->new_epoch && line.check_config) {
    return failed(kExitUsage, "--check-config only prints: it does not go with --new-epoch");
  }
  if (config->check && (config->daemon || config->new_epoch || line.check_config)) {
    return failed(kExitUsage, "check only reads: it goes with no other task");
  }
  if (line.compact) {
    if (config->check || config->daemon || config->new_epoch || line.check_config) {
      return failed(kExitUsage, "compact goes with no other task");
    }
    if (const auto wrong = put_compact(line, *config)) return failed(kExitUsage, *wrong);
  }
  Status usable = make_absolute(*config);
  if (usable) usable = must_be_distinct(*config);
  if (usable) usable = check_tls(config->tls);
  if (!usable) return failed(kExitConfig, usable.error().message());
  Parsed out;
  if (line.check_config) {
    out.out = printed(values, *config);
  } else {
    out.config = std::move(*config);
  }
  return out;
}

}  // namespace offsync::proxy
