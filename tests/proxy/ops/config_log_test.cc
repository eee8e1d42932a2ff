#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "proxy/ops/logger.h"
#include "support/catch.h"
#include "support/ports.h"

namespace offsync::proxy {
namespace {

struct Logged {
  Logged() {
    std::string name = std::filesystem::temp_directory_path() / "offsync-log-XXXXXX";
    folder = ::mkdtemp(name.data());
  }
  ~Logged() { std::filesystem::remove_all(folder); }
  std::string file() const { return folder + "/log"; }
  static std::string text(const std::string& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  test::ManualClock clock{1'700'000'000'123};
  std::string folder;
};

}  // namespace

TEST_CASE("log: a line an event, text of users escaped") {
  Logged logged;
  Log log(logged.clock, LogLevel::info, LogFormat::text);
  REQUIRE(log.to_file(logged.file()).ok());
  log.write(LogLevel::debug, "hidden");
  log.write(LogLevel::info, "request",
            {{"target", "/a\nlevel=error"}, {"status", 200}, {"empty", ""}, {"quote", "a \"b\""}});
  log.write(LogLevel::warn, "odd",
            {{"esc", "\x1b[31m"}, {"c1", "\xc2\x9b"}, {"bad", "\xff\xc3"}, {"umlaut", "\xc3\xa4"}});
  CHECK(Logged::text(logged.file()) ==
        "time=2023-11-14T22:13:20.123Z level=info event=request target=\"/a\\\\x0alevel=error\" "
        "status=200 empty=\"\" quote=\"a \\\"b\\\"\"\n"
        "time=2023-11-14T22:13:20.123Z level=warn event=odd esc=\"\\\\x1b[31m\" c1=\"\\\\x9b\" "
        "bad=\"\\\\xff\\\\xc3\" umlaut=\xc3\xa4\n");
}

TEST_CASE("log: JSON lines") {
  Logged logged;
  Log log(logged.clock, LogLevel::debug, LogFormat::json);
  REQUIRE(log.to_file(logged.file()).ok());
  log.write(LogLevel::debug, "request", {{"target", "/\"\x01"}, {"status", 200}});
  CHECK(Logged::text(logged.file()) ==
        "{\"time\":\"2023-11-14T22:13:20.123Z\",\"level\":\"debug\",\"event\":\"request\","
        "\"target\":\"/\\\"\\\\x01\",\"status\":200}\n");
}

TEST_CASE("log: reopened after it was moved away") {
  Logged logged;
  Log log(logged.clock, LogLevel::info, LogFormat::text);
  REQUIRE(log.to_file(logged.file()).ok());
  log.write(LogLevel::info, "one");
  std::filesystem::rename(logged.file(), logged.file() + ".1");
  log.write(LogLevel::info, "two");
  log.reopen();
  log.write(LogLevel::info, "three");
  CHECK(Logged::text(logged.file() + ".1").find("event=two") != std::string::npos);
  CHECK(Logged::text(logged.file()).find("event=three") != std::string::npos);
  CHECK(Logged::text(logged.file()).find("event=one") == std::string::npos);
}

TEST_CASE("log: a line that a full disk has cut is not gone on with") {
  Logged logged;
  Log log(logged.clock, LogLevel::info, LogFormat::text);
  REQUIRE(log.to_file(logged.file()).ok());
  log.write(LogLevel::info, "first");
  const auto size = std::filesystem::file_size(logged.file());
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  rlimit full = before;
  full.rlim_cur = size + 10;
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &full) == 0);
  log.write(LogLevel::info, "second");
  log.write(LogLevel::info, "third");
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  REQUIRE(std::filesystem::file_size(logged.file()) == size + 10);
  const bool started_anew = GENERATE(false, true);
  if (started_anew) {  // by a proxy that was killed, say
    Log other(logged.clock, LogLevel::info, LogFormat::text);
    REQUIRE(other.to_file(logged.file()).ok());
    other.write(LogLevel::info, "fourth");
    other.write(LogLevel::info, "fifth");
  } else {
    log.write(LogLevel::info, "fourth");
    log.write(LogLevel::info, "fifth");
  }
  constexpr const char* kTime = "time=2023-11-14T22:13:20.123Z level=info event=";
  CHECK(Logged::text(logged.file()) ==
        std::string(kTime) + "first\ntime=2023-\n" + kTime + "fourth\n" + kTime + "fifth\n");
}

TEST_CASE("log: a file that cannot be opened is an error that says why") {
  Logged logged;
  Log log(logged.clock, LogLevel::info, LogFormat::text);
  const auto status = log.to_file(logged.folder + "/none/log");
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().detail.find("none/log: No such file") != std::string::npos);
}

}  // namespace offsync::proxy
