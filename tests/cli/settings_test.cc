// Settings: which of the places counts, and what a wrong value is answered with.
#include "cli/settings/settings.h"

#include <filesystem>
#include <fstream>
#include <map>

#include "cli/settings/home.h"
#include "cli/settings/settings_file.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace offsync;
using namespace offsync::cli;

namespace {

std::map<std::string, std::string>& variables() {
  static std::map<std::string, std::string> set;
  return set;
}
const char* test_environment(const char* name) {
  const auto found = variables().find(name);
  return found == variables().end() ? nullptr : found->second.c_str();
}

struct Place {
  Place() {
    variables() = {{"HOME", folder.path()}, {"XDG_CONFIG_HOME", folder.file("config")}};
    flags.dir = folder.file("work");
    write("work/.offsync/replica.db", "");
  }
  void write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = folder.file(name);
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  void user(const std::string& text) const { write("config/offsync/config.toml", text); }
  void replica(const std::string& text) const { write("work/.offsync/config.toml", text); }
  Settings resolve() const {
    auto settings = resolve_settings(flags, test_environment);
    if (!settings) FAIL(settings.error().detail);
    return std::move(settings).value();
  }
  Error error() const {
    const auto settings = resolve_settings(flags, test_environment);
    REQUIRE_FALSE(settings.ok());
    return settings.error();
  }

  offsync::test::TempDir folder;
  Flags flags;
};

}  // namespace

TEST_CASE("settings: flag beats environment beats replica beats user") {
  Place place;
  CHECK(place.resolve().format == Format::automatic);
  place.user("output = 'text'\nsource = '/user'\ncolor = 'never'");
  CHECK(place.resolve().format == Format::text);
  place.replica("output = 'json'\nsource = '/replica'");
  CHECK(place.resolve().format == Format::json);
  variables()["OFFSYNC_OUTPUT"] = "ndjson";
  CHECK(place.resolve().format == Format::ndjson);
  place.flags.output = "text";
  const Settings settings = place.resolve();
  CHECK(settings.format == Format::text);
  CHECK(settings.source == "/replica");
  CHECK(settings.color == When::never);
}

TEST_CASE("settings: the replica's own remote counts more than the user's file") {
  const Place place;
  ReplicaInfo info;
  place.user("remote = 'http://user/v1/spaces/a'");
  CHECK(remote_of(place.resolve(), info) == "http://user/v1/spaces/a");
  info.remote = "http://init/v1/spaces/a";
  CHECK(remote_of(place.resolve(), info) == "http://init/v1/spaces/a");
  place.replica("remote = 'http://replica/v1/spaces/a'");
  CHECK(remote_of(place.resolve(), info) == "http://replica/v1/spaces/a");
  variables()["OFFSYNC_REMOTE"] = "http://variable/v1/spaces/a";
  CHECK(remote_of(place.resolve(), info) == "http://variable/v1/spaces/a");
}

TEST_CASE("settings: NO_COLOR that is not empty means never, unless something says more") {
  Place place;
  variables()["NO_COLOR"] = "";
  CHECK(place.resolve().color == When::automatic);
  variables()["NO_COLOR"] = "1";
  CHECK(place.resolve().color == When::never);
  variables()["OFFSYNC_COLOR"] = "always";
  CHECK(place.resolve().color == When::always);
  place.flags.color = "never";
  CHECK(place.resolve().color == When::never);
}

TEST_CASE("settings: how long to wait, by file and by environment") {
  const Place place;
  Settings settings = place.resolve();
  CHECK(settings.connect_timeout_ms == limits::kConnectTimeoutMs);
  CHECK(settings.request_timeout_ms == limits::kRequestTimeoutMs);
  CHECK(settings.stream_timeout_ms == limits::kStreamDeadMs);
  CHECK(settings.retry_wait_ms == limits::kBackoffCapMs);

  place.user("connect_timeout = 1\nrequest_timeout = 2.5\nstream_timeout = 100\nretry_wait = 3");
  place.replica("retry_wait = 0.25");
  variables()["OFFSYNC_STREAM_TIMEOUT"] = "0.001";
  settings = place.resolve();
  CHECK(settings.connect_timeout_ms == 1000);
  CHECK(settings.request_timeout_ms == 2500);
  CHECK(settings.stream_timeout_ms == 1);
  CHECK(settings.retry_wait_ms == 250);

  for (const char* name : {"CONNECT_TIMEOUT", "REQUEST_TIMEOUT", "STREAM_TIMEOUT", "RETRY_WAIT"}) {
    const std::string variable = std::string("OFFSYNC_") + name;
    for (const char* bad : {"0", "-1", "0.0001", "86401", "1e300", "inf", "nan", "5s", " 5", "x"}) {
      variables()[variable] = bad;
      CHECK(place.error().kind == Errc::config);
      CHECK(place.error().detail.find(variable) == 0);
    }
    variables()[variable] = "";  // as if it were not set
    CHECK(place.resolve().connect_timeout_ms == 1000);
  }
}

TEST_CASE("settings: a number of seconds in a file that cannot be is refused with its line") {
  for (const char* key : {"connect_timeout", "request_timeout", "stream_timeout", "retry_wait"}) {
    for (const char* bad : {"0", "-1", "0.0001", "86401", "1e300", "inf", "nan", "'5'", "[5]"}) {
      const Place place;
      place.user("color = 'auto'\n" + std::string(key) + " = " + bad);
      const Error error = place.error();
      CHECK(error.kind == Errc::config);
      CHECK(error.detail.find("config.toml:2: " + std::string(key)) != std::string::npos);
    }
  }
}

TEST_CASE("settings: what a file says wrong is an error with file and line") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"remote = \n", "config.toml:1: this is not TOML"},
      {"\nremotes = 'x'", "config.toml:2: unknown setting 'remotes'"},
      {"remote = 5", "config.toml:1: remote must be a string"},
      {"output = 'xml'", "config.toml:1: output: 'xml' is not one of text, json, ndjson"},
      {"\ncolor = 'red'", "config.toml:2: color: 'red' is not one of auto, always, never"},
      {std::string(1024 * 1024 + 1, '#'), "is over 1048576 bytes"},
      {"remote = '\xff'", "this is not TOML"},
      {"color = 'never'\n [[[", "config.toml:2: this is not TOML"},
      {"\nremote = [}", "config.toml:2: this is not TOML"},
      {"color\u00e4 = 'never'", "config.toml:1: this is not TOML"},
      {"connect_timeout = true", "config.toml:1: connect_timeout must be a number of seconds"},
  };
  for (const auto& [text, expected] : cases) {
    const Place place;
    place.user(text);
    const Error error = place.error();
    CHECK(error.kind == Errc::config);
    INFO(error.detail);
    CHECK(error.detail.find(expected) != std::string::npos);
  }
  Place place;
  place.flags.output = "xml";
  CHECK(place.error().kind == Errc::usage);
}

TEST_CASE("settings: a file that is there and cannot be read is an error") {
  const Place place;
  std::filesystem::create_directories(place.folder.file("config/offsync/config.toml"));
  CHECK(place.error().kind == Errc::config);
  CHECK(place.error().code == "not_a_file");
}

TEST_CASE("settings: the token comes from the environment, else from its file") {
  const Place place;
  CHECK(authorization(place.resolve()).value().empty());
  place.write("token", "abc-123\r\n");
  place.user("token_file = '" + place.folder.file("token") + "'");
  CHECK(authorization(place.resolve()).value() == "Bearer abc-123");
  variables()["OFFSYNC_TOKEN"] = "other";
  CHECK(authorization(place.resolve()).value() == "Bearer other");
  variables()["OFFSYNC_TOKEN"] = "a\r\nX-Evil: b";
  CHECK(authorization(place.resolve()).error().kind == Errc::config);
  variables().erase("OFFSYNC_TOKEN");

  for (const std::string& bad : {std::string(), std::string("\n"), std::string("a\nb"),
                                 std::string("a\0b", 3), std::string(100'000, 'x')}) {
    place.write("token", bad);
    const auto made = authorization(place.resolve());
    REQUIRE_FALSE(made.ok());
    CHECK(made.error().kind == Errc::config);
    if (!bad.empty() && bad != "\n") CHECK(made.error().detail.find(bad) == std::string::npos);
  }
  std::filesystem::remove(place.folder.file("token"));
  CHECK(authorization(place.resolve()).error().detail.find("No such file") != std::string::npos);
}

TEST_CASE("home: -C, then OFFSYNC_HOME, then upwards, then the XDG place") {
  Place place;
  place.write("work/deep/er/file", "");
  Flags deep;
  deep.dir = place.folder.file("work/deep/er");
  const std::string real =
      std::filesystem::canonical(place.folder.file("work")).string() + "/.offsync";
  CHECK(find_home(deep, test_environment).folder == real);
  deep.dir = real;  // the folder of the replica itself
  CHECK(find_home(deep, test_environment).folder == real);

  // -C looks nowhere else.
  variables()["OFFSYNC_HOME"] = real;
  deep.dir = place.folder.file("nowhere");
  CHECK(find_home(deep, test_environment).folder.empty());
  CHECK(find_home(deep, test_environment).looked_for.find("nowhere") != std::string::npos);
  CHECK(find_home({}, test_environment).folder == real);
  // And neither does $OFFSYNC_HOME.
  variables()["OFFSYNC_HOME"] = place.folder.file("gone");
  CHECK(find_home({}, test_environment).folder.empty());
  CHECK(find_home({}, test_environment).looked_for.find("$OFFSYNC_HOME") != std::string::npos);

  CHECK(user_home(test_environment) == place.folder.path() + "/.local/share/offsync");
  variables()["XDG_DATA_HOME"] = "relative";  // to be ignored, says the specification
  CHECK(user_home(test_environment) == place.folder.path() + "/.local/share/offsync");
  variables()["XDG_DATA_HOME"] = "/data";
  CHECK(user_home(test_environment) == "/data/offsync");
  variables().clear();
  CHECK(user_home(test_environment).empty());
  CHECK(user_settings_file(test_environment).empty());
}

TEST_CASE("home: where init makes one") {
  Place place;
  CHECK(home_to_create(place.flags, test_environment, false) ==
        place.folder.file("work") + "/.offsync");
  CHECK(home_to_create({}, test_environment, false) == ".offsync");
  variables()["OFFSYNC_HOME"] = "/there";
  CHECK(home_to_create({}, test_environment, false) == "/there");
  CHECK(home_to_create({}, test_environment, true) == user_home(test_environment));
}
