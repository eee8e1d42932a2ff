// offsync-proxy: wiring, signals and exit codes.
#include <fmt/format.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "proxy/config.h"
#include "proxy/daemon.h"
#include "proxy/server.h"
#include "proxy/sqlite_log_store.h"

namespace offsync::proxy {
namespace {

constexpr int kExitNoInput = 66, kExitInternal = 70, kExitIo = 74, kExitConfig = 78;
constexpr auto kStopWithin = std::chrono::milliseconds(4700);

int exit_code(const Error& error) {
  return error.kind == Errc::config     ? kExitConfig
         : error.kind == Errc::io       ? kExitIo
         : error.kind == Errc::no_input ? kExitNoInput
                                        : kExitInternal;
}

sigset_t our_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set, signal);
  return set;
}

// Ends the process if stopping hangs, in a file system that does not answer for instance. What was
// acknowledged is on disk.
class Watchdog {
 public:
  explicit Watchdog(Log& log)
      : thread_([this, &log] {
          std::unique_lock lock(mutex_);
          if (done_.wait_for(lock, kStopWithin, [this] { return stopped_; })) return;
          log.write(LogLevel::error, "stop_hangs");
          ::_exit(kExitInternal);
        }) {}
  ~Watchdog() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    done_.notify_all();
    thread_.join();
  }
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  bool stopped_ = false;
  std::thread thread_;
};

// Each stream and each connection is a descriptor, and the usual limit is 1024.
void raise_descriptor_limit(const Config& config, Log& log) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  const rlim_t wanted = config.server.max_streams + config.server.limits.connections + 256;
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min(wanted, limit.rlim_max);
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_cur < wanted) {
    log.write(LogLevel::warn, "few_descriptors",
              {{"limit", static_cast<std::uint64_t>(limit.rlim_cur)},
               {"wanted", static_cast<std::uint64_t>(wanted)},
               {"hint", "raise ulimit -n or lower max_streams"}});
  }
}

// For a store that was put back: who has seen more of the log than it holds would go on from a
// place where other events come to be.
Status begin_anew(const Config& config) {
  if (!std::filesystem::exists(config.store_file)) {
    return make_error(Errc::no_input, "no_store", "there is no store " + config.store_file,
                      "name it with --store sqlite:PATH");
  }
  SqliteLogStore::Options options;
  options.file = config.store_file;
  options.new_epoch = true;
  SystemRandom random;
  OFFSYNC_ASSIGN(const auto store, SqliteLogStore::open(options, random));
  OFFSYNC_ASSIGN(const auto spaces, store->spaces());
  fmt::print("{}: {} log{} begin{} anew; clients fetch the state, and send again what is missing\n",
             config.store_file, spaces.size(), spaces.size() == 1 ? "" : "s",
             spaces.size() == 1 ? "s" : "");
  return {};
}

Result<std::unique_ptr<SqliteLogStore>> open_store(const Config& config, Random& random) {
  namespace fs = std::filesystem;
  std::error_code error;
  const auto folder = fs::path(config.store_file).parent_path();
  if (fs::create_directories(folder, error)) {
    fs::permissions(folder, fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec,
                    error);
  } else if (error) {
    return make_error(
        Errc::io, "store_folder",
        fmt::format("cannot create the folder {}: {}", folder.string(), error.message()),
        "name another place with --store sqlite:PATH");
  }
  SqliteLogStore::Options options;
  options.file = config.store_file;
  return SqliteLogStore::open(options, random);
}

void wait_for_stop(Log& log) {
  const auto signals = our_signals();
  for (;;) {
    int signal = 0;
    if (::sigwait(&signals, &signal) != 0) continue;
    if (signal == SIGHUP) {
      log.reopen();
      log.write(LogLevel::info, "log_reopened");
      continue;
    }
    log.write(LogLevel::info, "stopping", {{"signal", signal == SIGINT ? "SIGINT" : "SIGTERM"}});
    return;
  }
}

Status run(const Config& config, Log& log, std::optional<Daemon>& daemon) {
  SystemClock clock;
  SystemRandom random;
  std::optional<PidFile> pidfile;
  if (!config.log_file.empty()) OFFSYNC_TRY(log.to_file(config.log_file));
  if (!config.pidfile.empty()) {
    OFFSYNC_ASSIGN(auto taken, PidFile::take(config.pidfile));
    pidfile.emplace(std::move(taken));
  }
  raise_descriptor_limit(config, log);
  OFFSYNC_ASSIGN(auto store, open_store(config, random));
  auto options = config.server;
  options.spool_folder = std::filesystem::path(config.store_file).parent_path().string();
  auto server = std::make_unique<Server>(*store, clock, log, std::move(options));
  OFFSYNC_TRY(server->start());
  if (!config.ready_file.empty()) {
    OFFSYNC_TRY(write_whole(config.ready_file, server->url() + "\n"));
  }
  log.write(LogLevel::info, "listening",
            {{"url", server->url()},
             {"store", "sqlite:" + config.store_file},
             {"version", OFFSYNC_VERSION},
             {"pid", ::getpid()}});
  if (daemon) daemon->ready();

  wait_for_stop(log);
  const Watchdog watchdog(log);
  const auto signals = our_signals();
  ::signal(SIGHUP, SIG_IGN);
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);  // a second signal ends it at once
  server.reset();
  if (!config.ready_file.empty()) ::unlink(config.ready_file.c_str());
  store.reset();
  log.write(LogLevel::info, "stopped");
  return {};
}

int main_with(const Config& config) {
  ::signal(SIGPIPE, SIG_IGN);
  ::umask(027);  // the logs of the spaces are not everybody's to read
  const auto signals = our_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // for all threads; taken by sigwait()
  std::optional<Daemon> daemon;
  if (config.daemon) {
    auto begun = Daemon::begin();
    if (!begun) {
      std::fprintf(stderr, "offsync-proxy: %s\n", begun.error().message().c_str());
      return kExitIo;
    }
    daemon.emplace(std::move(*begun));
  }
  SystemClock clock;
  Log log(clock, config.log_level, config.log_format);
  const auto status = config.new_epoch ? begin_anew(config) : run(config, log, daemon);
  if (status) return 0;
  const int code = exit_code(status.error());
  log.write(LogLevel::error, "failed",
            {{"code", status.error().code}, {"reason", status.error().message()}});
  if (!config.log_file.empty()) {
    std::fprintf(stderr, "offsync-proxy: %s\n", status.error().message().c_str());
  }
  if (daemon) daemon->failed(code);
  return code;
}

}  // namespace
}  // namespace offsync::proxy

int main(int argc, char** argv) {
  try {
    const auto parsed = offsync::proxy::parse_config(
        {argv + 1, argv + argc}, [](const char* name) { return std::getenv(name); });
    std::fputs(parsed.out.c_str(), stdout);
    std::fputs(parsed.err.c_str(), stderr);
    if (!parsed.config) return parsed.exit_code;
    return offsync::proxy::main_with(*parsed.config);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "offsync-proxy: this is a bug: %s\n", e.what());
    return 70;
  }
}
