#include "proxy/ops/config.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "proxy/ops/settings.h"
#include "support/catch.h"
#include "support/temp_dir.h"

namespace offsync::proxy {
namespace {

using Variables = std::map<std::string, std::string>;

// Everything that the tests below give is complete: nothing is taken from this machine.
Parsed parse(const std::vector<std::string>& args, Variables variables = {}) {
  variables.try_emplace("HOME", "/home/ann");
  return parse_config(args, [&](const char* name) -> const char* {
    const auto at = variables.find(name);
    return at == variables.end() ? nullptr : at->second.c_str();
  });
}

class Folder {
 public:
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "offsync-config-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const std::string& text) const {
    const auto name = path_ + "/proxy.toml";
    std::ofstream(name) << text;
    return name;
  }

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("config: defaults") {
  const auto parsed = parse({"--store", "sqlite:/x/y.db"});
  REQUIRE(parsed.config);
  const auto& config = *parsed.config;
  CHECK(config.server.host == "127.0.0.1");
  CHECK(config.server.port == 8080);
  CHECK(config.store_file == "/x/y.db");
  CHECK(config.server.threads == 64);
  CHECK(config.server.max_streams == 10'000);
  CHECK(config.server.hub.heartbeat_ms == limits::kHeartbeatMs);
  CHECK(config.server.cors_origins.empty());
  CHECK(config.log_level == LogLevel::info);
  CHECK_FALSE(config.daemon);
}

TEST_CASE("config: each setting arrives where it belongs, and nowhere else") {
  // As flag, variable and line of the file.
  const std::pair<const char*, const char*> given[] = {
      {"listen", "127.0.0.1:1234"}, {"threads", "3"},        {"max_streams", "4"},
      {"heartbeat", "5"},           {"stall_timeout", "6"},  {"header_timeout", "7"},
      {"body_timeout", "8"},        {"idle_timeout", "9.5"}, {"log_level", "warn"},
      {"log_format", "json"},       {"log_file", "/l"},      {"pidfile", "/p"},
      {"ready_file", "/r"},         {"store", "sqlite:/s"}};
  const Folder folder;
  std::vector<std::string> flags;
  Variables variables;
  std::string text;
  for (const auto& [name, value] : given) {
    std::string flag = std::string("--") + name;
    std::string variable = std::string("OFFSYNC_PROXY_") + name;
    std::replace(flag.begin(), flag.end(), '_', '-');
    for (char& c : variable) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
    flags.insert(flags.end(), {flag, value});
    variables[variable] = value;
    const bool number = *value >= '0' && *value <= '9' && std::string(name) != "listen";
    text += std::string(name) + " = " + (number ? value : "\"" + std::string(value) + "\"") + "\n";
  }
  for (const Parsed& parsed :
       {parse(flags), parse({}, variables), parse({"--config", folder.file(text)})}) {
    REQUIRE(parsed.config);
    const Config& config = *parsed.config;
    CHECK(config.server.port == 1234);
    CHECK(config.server.threads == 3);
    CHECK(config.server.max_streams == 4);
    CHECK(config.server.hub.heartbeat_ms == 5000);
    CHECK(config.server.hub.stall_ms == 6000);
    CHECK(config.server.header_ms == 7000);
    CHECK(config.server.body_ms == 8000);
    CHECK(config.server.idle_ms == 9500);
    CHECK(config.log_level == LogLevel::warn);
    CHECK(config.log_format == LogFormat::json);
    CHECK(config.log_file == "/l");
    CHECK(config.pidfile == "/p");
    CHECK(config.ready_file == "/r");
    CHECK(config.store_file == "/s");
  }
}

TEST_CASE("config: the store's place") {
  CHECK(parse({}, {{"STATE_DIRECTORY", "/var/lib/private/offsync"}}).config->store_file ==
        "/var/lib/private/offsync/proxy.db");
  const auto own = ::geteuid() == 0 ? "/var/lib/offsync/proxy.db" : "/data/offsync/proxy.db";
  CHECK(parse({}, {{"XDG_DATA_HOME", "/data"}}).config->store_file == own);
}

// Lessons: CLI11's own config file beats the environment.
TEST_CASE("config: flag beats environment beats file") {
  const Folder folder;
  const auto file = folder.file("listen = \"127.0.0.1:1\"\nthreads = 2\nheartbeat = 1.5\n");
  const auto port = [](const Parsed& parsed) { return parsed.config->server.port; };
  CHECK(port(parse({"--config", file})) == 1);
  CHECK(port(parse({}, {{"OFFSYNC_PROXY_CONFIG", file}})) == 1);
  const Variables variable{{"OFFSYNC_PROXY_LISTEN", "127.0.0.1:2"}};
  CHECK(port(parse({"--config", file}, variable)) == 2);
  CHECK(port(parse({"--config", file, "--listen", "127.0.0.1:3"}, variable)) == 3);
  CHECK(parse({"--config", file}).config->server.threads == 2);
  CHECK(parse({"--config", file}).config->server.hub.heartbeat_ms == 1500);
}

TEST_CASE("config: what the file says wrong is an error with its line") {
  const Folder folder;
  const auto error = [&](const std::string& text) {
    const auto parsed = parse({"--config", folder.file(text)});
    CHECK(parsed.exit_code == 78);
    CHECK_FALSE(parsed.config);
    return parsed.err;
  };
  CHECK(error("threads = 2\nthreds = 3\n").find("proxy.toml:2: there is no setting threds") !=
        std::string::npos);
  CHECK(error("threads = \n").find("proxy.toml:1: this is not TOML") != std::string::npos);
  CHECK(error(std::string("threads = 5\n[\0", 14)).find("proxy.toml:2: this is not TOML") !=
        std::string::npos);
  for (const char* wrong : {"  [[[", "[ =", "x = [}", "threads\u00e4 = 5"}) {
    CHECK(error(std::string("threads = 5\n") + wrong).find("proxy.toml:2: this is not TOML") !=
          std::string::npos);
  }
  CHECK(error("threads = \"2\"\n").find("threads must be a number") != std::string::npos);
  CHECK(error("listen = 5\n").find("listen must be a string") != std::string::npos);
  CHECK(error("cors_origins = [1]\n").find("must be an array of strings") != std::string::npos);
  CHECK(error("threads = 0\n").find("threads = \"0\" (") != std::string::npos);
  CHECK(error("[listen]\nhost = \"a\"\n").find("listen must be a string") != std::string::npos);
  CHECK(parse({"--config", "/does/not/exist"}).exit_code == 66);
}

TEST_CASE("config: values that cannot be") {
  for (const auto& args :
       std::vector<std::vector<std::string>>{{"--listen", "8080"},
                                             {"--listen", ":8080"},
                                             {"--listen", "::1:8080"},
                                             {"--listen", "a:65536"},
                                             {"--listen", "a:+1"},
                                             {"--store", "mongodb://x"},
                                             {"--store", "sqlite:"},
                                             {"--threads", "-1"},
                                             {"--threads", "2x"},
                                             {"--heartbeat", "0"},
                                             {"--heartbeat", "nan"},
                                             {"--heartbeat", "60"},
                                             {"--cors-origins", "example.org"},
                                             {"--cors-origins", "https://example.org/path"},
                                             {"--log-level", "loud"},
                                             {"--log-format", "xml"},
                                             {"--daemon"}}) {
    INFO(args.back());
    const auto parsed = parse(args);
    CHECK(parsed.exit_code == 2);
    CHECK(parsed.err.rfind("offsync-proxy: ", 0) == 0);
  }
  CHECK(parse({}, {{"OFFSYNC_PROXY_THREADS", "0"}}).exit_code == 78);
  CHECK(parse({"--nothing"}).exit_code == 2);
  CHECK(parse({"stray"}).exit_code == 2);
}

TEST_CASE("config: addresses and origins") {
  CHECK(parse({"--listen", "[::1]:0"}).config->server.host == "::1");
  CHECK(parse({"--listen", "localhost:80"}).config->server.host == "localhost");
  CHECK(parse({"--cors-origins", " https://a, http://b:1\t"}).config->server.cors_origins ==
        std::vector<std::string>{"https://a", "http://b:1"});
  CHECK(parse({"--cors-origins", "https://a,http://b:1"}).config->server.cors_origins ==
        std::vector<std::string>{"https://a", "http://b:1"});
}

TEST_CASE("config: a daemon's files do not depend on where it was started") {
  const auto parsed =
      parse({"--daemon", "--log-file", "log", "--pidfile", "pid", "--store", "sqlite:db"});
  REQUIRE(parsed.config);
  CHECK(parsed.config->daemon);
  for (const auto& path :
       {parsed.config->log_file, parsed.config->pidfile, parsed.config->store_file}) {
    CHECK(path.front() == '/');
  }
}

TEST_CASE("config: --check-config prints TOML that says the same") {
  const Folder folder;
  const auto checked = parse({"--check-config", "--listen", "[::1]:9", "--cors-origins",
                              "https://a,https://b", "--store", "sqlite:/x"},
                             {{"OFFSYNC_PROXY_THREADS", "5"}});
  CHECK(checked.exit_code == 0);
  CHECK_FALSE(checked.config);
  CHECK(checked.out.find("threads = 5  # OFFSYNC_PROXY_THREADS\n") != std::string::npos);
  CHECK(checked.out.find("max_streams = 10000  # default\n") != std::string::npos);
  const auto again = parse({"--config", folder.file(checked.out)});
  REQUIRE(again.config);
  CHECK(again.config->server.host == "::1");
  CHECK(again.config->server.port == 9);
  CHECK(again.config->server.threads == 5);
  CHECK(again.config->server.cors_origins.size() == 2);
  CHECK(again.config->store_file == "/x");
  CHECK(again.config->log_file.empty());
  // What is not set is there, too, and files by their whole path.
  CHECK(checked.out.find("log_file = \"\"  # default\n") != std::string::npos);
  CHECK(parse({"--check-config"}).out.find("cors_origins = []  # default\n") != std::string::npos);
  const auto files = parse({"--check-config", "--pidfile", "p", "--ready-file", "r", "--log-file",
                            "l", "--store", "sqlite:s"})
                         .out;
  const auto here = std::filesystem::current_path().string();
  for (const std::string& line :
       {"pidfile = \"" + here + "/p\"  # --pidfile\n", "ready_file = \"" + here + "/r\"",
        "log_file = \"" + here + "/l\"", "store = \"sqlite:" + here + "/s\""}) {
    CHECK(files.find(line) != std::string::npos);
  }
}

TEST_CASE("config: no two of its files are one") {
  const test::TempDir folder;
  namespace fs = std::filesystem;
  const std::string store = folder.file("p.db");
  const auto refused = [&](std::vector<std::string> args) {
    std::vector<std::string> all{"--store", "sqlite:" + store};
    all.insert(all.end(), args.begin(), args.end());
    INFO(all.back());
    const auto parsed = parse(all);
    CHECK((parsed.exit_code == 78) == !parsed.config);
    all.emplace_back("--check-config");
    CHECK(parse(all).exit_code == parsed.exit_code);
    return parsed.exit_code == 78 && parsed.err.find("is the same file as") != std::string::npos;
  };
  const std::vector<std::string> ends{"", "-wal", "-shm", "-journal", ".lock"};
  const std::vector<std::string> flags{"--pidfile", "--ready-file", "--log-file"};
  const std::string up = folder.file("sub/..");
  fs::create_directory(folder.file("sub"));
  fs::create_directory_symlink(folder.path(), folder.file("sub/link"));
  for (const bool there : {false, true}) {  // whether the files exist
    for (const auto& end : ends) {
      if (there) std::ofstream(store + end) << "x";
      for (const auto& flag : flags) {
        CHECK(refused({flag, store + end}));
        CHECK(refused({flag, up + "/p.db" + end}));
        CHECK(refused({flag, folder.file("sub/link/./p.db") + end}));
        CHECK_FALSE(refused({flag, store + end + "x"}));
      }
    }
  }
  fs::create_hard_link(store, folder.file("hard"));
  fs::create_symlink("p.db-wal", folder.file("soft"));
  fs::create_symlink("p.db", folder.file("named"));
  CHECK(refused({"--pidfile", folder.file("hard")}));
  CHECK(refused({"--log-file", folder.file("soft")}));
  fs::remove(store + "-wal");
  CHECK(refused({"--log-file", folder.file("soft")}));  // leads to what is still to be made
  CHECK(parse({"--store", "sqlite:" + folder.file("named"), "--log-file", store + "-shm"})
            .exit_code == 78);
  CHECK(refused({"--ready-file", folder.file("x"), "--pidfile", folder.file("x")}));
  CHECK(refused({"--log-file", folder.file("x"), "--pidfile", folder.file("sub/../x")}));
  std::ofstream(folder.file("c.toml")) << "threads = 3\n";
  const std::string config = folder.file("c.toml");
  CHECK(refused({"--config", config, "--log-file", config}));
  CHECK(parse({"--config", config, "--store", "sqlite:" + config}).exit_code == 78);
  CHECK(refused({"--config", "/dev/null", "--log-file", "/dev/null"}) == false);
  CHECK_FALSE(refused({"--log-file", folder.file("l"), "--pidfile", folder.file("p")}));
}

TEST_CASE("config: what only prints does nothing else") {
  CHECK(parse({"--check-config", "--new-epoch"}).exit_code == 2);
  CHECK(parse({"check", "--check-config"}).exit_code == 2);
}

TEST_CASE("config: a file that is too long for one is wrong settings") {
  const Folder folder;
  const auto parsed = parse({"--config", folder.file(std::string(1024 * 1024 + 1, '#'))});
  CHECK(parsed.exit_code == 78);
  CHECK(parsed.err.find("over 1048576 bytes") != std::string::npos);
}

TEST_CASE("config: help and version") {
  const auto help = parse({"--help"});
  CHECK(help.exit_code == 0);
  CHECK(help.out.find("Example:") != std::string::npos);
  for (const auto& setting : settings()) {
    INFO(setting.key);
    CHECK(help.out.find(flag_of(setting) + " ") != std::string::npos);
  }
  CHECK(parse({"--version"}).out == "offsync-proxy " OFFSYNC_VERSION "\n");
}

}  // namespace offsync::proxy
