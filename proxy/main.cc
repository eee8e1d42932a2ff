// offsync-proxy: wiring, signals and exit codes.
#include <fcntl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "base/counted.h"
#include "base/descriptor.h"
#include "base/process.h"
#include "base/shorten.h"
#include "base/system_error.h"
#include "proxy/certificates.h"
#include "proxy/ops/config.h"
#include "proxy/ops/daemon.h"
#include "proxy/ops/memory.h"
#include "proxy/ops/own_files.h"
#include "proxy/server.h"
#include "proxy/store/compact.h"
#include "proxy/store/sqlite/check.h"
#include "proxy/store/sqlite/log_store.h"

namespace offsync::proxy {
namespace {

constexpr int kExitNoInput = 66, kExitInternal = 70, kExitIo = 74, kExitAuth = 77, kExitConfig = 78;
constexpr auto kStopWithin = std::chrono::milliseconds(4700);

int exit_code(const Error& error) {
  return error.kind == Errc::config     ? kExitConfig
         : error.kind == Errc::io       ? kExitIo
         : error.kind == Errc::no_input ? kExitNoInput
         : error.kind == Errc::auth     ? kExitAuth
                                        : kExitInternal;
}

void complain(const std::string& what) {
  (void)write_all(2, "offsync-proxy: " + shortened(what) + "\n");
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

Status print(const std::string& text) {
  const int error = write_all(1, text);
  if (error == 0 || error == EPIPE) return {};
  return make_error(Errc::io, "output",
                    fmt::format("cannot write to the output: {}", std::strerror(error)));
}

// For what is done to a store that is there: one that is not is never made.
Status must_be_there(const Config& config) {
  namespace fs = std::filesystem;
  const std::string& file = config.store_file;
  std::error_code unseen;  // what we may not look at, opening it tells why
  const auto status = fs::status(file, unseen);
  if (status.type() == fs::file_type::not_found) {
    return make_error(Errc::no_input, "no_store", "there is no store " + file,
                      "name it with --store sqlite:PATH");
  }
  OFFSYNC_TRY(must_be_store_file(file));
  const auto bytes_of = [](const std::string& name) {
    std::error_code error;
    const auto bytes = fs::file_size(name, error);
    return error ? 0 : bytes;
  };
  if (status.type() != fs::file_type::regular || bytes_of(file) + bytes_of(file + "-wal") > 0) {
    return {};
  }
  return make_error(
      Errc::io, "store_empty", "the store " + file + " is empty: nothing is in it",
      "put a backup back, without a -wal and -shm of before, or name another one with "
      "--store sqlite:PATH");
}

constexpr const char* kPutBack =
    "put a backup back, without the -wal and -shm that are there now, and run once with "
    "--new-epoch";

// A damaged store's error, where it says not yet what to do.
template <class T>
Result<T> with_advice(Result<T> result, const std::string& advice) {
  if (result || result.error().code != "corrupt" || !result.error().hint.empty()) return result;
  Error damaged = result.error();
  damaged.hint = advice;
  return damaged;
}

std::string look_first() {
  return std::string("see what with: offsync-proxy check; ") + kPutBack;
}

// For a store that was put back: who has seen more of the log than it holds would go on from a
// place where other events come to be.
Status begin_anew(const Config& config) {
  OFFSYNC_TRY(must_be_there(config));
  SqliteLogStore::Options options;
  options.file = config.store_file;
  options.new_epoch = true;
  SystemRandom random;
  OFFSYNC_ASSIGN(const auto store,
                 with_advice(SqliteLogStore::open(options, random), look_first()));
  OFFSYNC_ASSIGN(const auto spaces, store->spaces());
  return print(fmt::format("{}: {} anew; clients fetch the state, and send again what is missing\n",
                           config.store_file, counted(spaces.size(), "log begins", "logs begin")));
}

// Within the lock of the store: of a log that shrinks under a proxy, streams would miss events.
Status compact(const Config& config) {
  OFFSYNC_TRY(must_be_there(config));
  SqliteLogStore::Options options;
  options.file = config.store_file;
  SystemRandom random;
  SystemClock clock;
  OFFSYNC_ASSIGN(const auto store,
                 with_advice(SqliteLogStore::open(options, random), look_first()));
  OFFSYNC_ASSIGN(const std::string done, compact_log(*store, *config.compact, clock.wall_ms()));
  return print(done);
}

// What is found goes to stdout.
Status check(const Config& config) {
  OFFSYNC_TRY(must_be_there(config));
  if (::isatty(2) == 1) {
    const std::string told = fmt::format("reading all of {} …\n", config.store_file);
    (void)!::write(2, told.data(), told.size());
  }
  OFFSYNC_ASSIGN(const StoreReport report, with_advice(check_store(config.store_file), kPutBack));
  OFFSYNC_TRY(print(text_of(report)));
  if (report.problems.empty()) return {};
  return make_error(Errc::io, "corrupt", "the store " + config.store_file + " is damaged",
                    kPutBack);
}

Result<std::unique_ptr<SqliteLogStore>> open_store(const Config& config, Random& random) {
  namespace fs = std::filesystem;
  const auto folder = fs::path(config.store_file).parent_path();
  const auto failed = [&](const std::string& why, Errc kind = Errc::io) {
    return make_error(kind, "store_folder",
                      fmt::format("cannot create the folder {}: {}", folder.string(), why),
                      "name another place with --store sqlite:PATH, or make its folder");
  };
  std::error_code error;
  // Of a place that somebody has named only the last part: a mistyped one is not to be made.
  if (config.store_named && !fs::exists(folder.parent_path(), error) && !error) {
    return failed(fmt::format("there is no {}", folder.parent_path().string()));
  }
  if (fs::create_directories(folder, error)) {
    fs::permissions(folder, fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec,
                    error);
  } else if (error) {
    return failed(error.message(), kind_of_errno(error.value()));
  }
  SqliteLogStore::Options options;
  options.file = config.store_file;
  return with_advice(SqliteLogStore::open(options, random), look_first());
}

// Whether this SIGHUP tells that our terminal is gone, and not that the log is to be opened anew:
// it comes from the kernel, or from the shell that leads our session and passes it on.
bool terminal_is_gone(const siginfo_t& signal) {
  if (signal.si_code == SI_KERNEL) return true;
  if (signal.si_pid != ::getsid(0) || signal.si_pid == ::getpid()) return false;
  const int terminal = ::open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal >= 0) ::close(terminal);
  return terminal < 0;
}

// `outlives`: the terminal, because we were started by nohup.
template <class Reload>
void wait_for_stop(Log& log, bool outlives, Reload reload) {
  const auto signals = our_signals();
  for (;;) {
    siginfo_t signal{};
    const int number = ::sigwaitinfo(&signals, &signal);
    if (number < 0) continue;
    if (number == SIGHUP && (outlives || !terminal_is_gone(signal))) {
      log.reopen();
      reload();
      continue;
    }
    log.write(LogLevel::info, "stopping",
              {{"signal", number == SIGINT   ? "SIGINT"
                          : number == SIGHUP ? "SIGHUP"
                                             : "SIGTERM"}});
    return;
  }
}

void load_anew(const Config& config, Server& server, Log& log, Clock& clock) {
  if (config.tls.cert.empty()) return;
  auto loaded = load_certificates(config.tls, log, clock);
  if (!loaded) {
    log.write(LogLevel::error, "certificate_not_loaded",
              {{"code", loaded.error().code},
               {"reason", shortened(loaded.error().message())},
               {"hint", "the one from before stays in use"}});
    return;
  }
  server.use_tls(std::move(*loaded));
  log.write(LogLevel::info, "certificate_loaded", {{"file", config.tls.cert}});
}

Status run(const Config& config, Log& log, std::optional<Daemon>& daemon, bool outlives) {
  SystemClock clock;
  SystemRandom random;
  std::optional<PidFile> pidfile;
  std::optional<ReadyFile> ready_file;
  if (!config.log_file.empty()) OFFSYNC_TRY(log.to_file(config.log_file));
  if (!config.ready_file.empty()) OFFSYNC_TRY(ReadyFile::may_take(config.ready_file));
  if (!config.pidfile.empty()) {
    OFFSYNC_ASSIGN(auto taken, PidFile::take(config.pidfile));
    pidfile.emplace(std::move(taken));
  }
  std::shared_ptr<const TlsIdentity> identity;
  if (!config.tls.cert.empty()) {
    OFFSYNC_ASSIGN(identity, load_certificates(config.tls, log, clock));
  }
  raise_descriptor_limit(config, log);
  // A store that is there says best who has it; one that is not is not made for a port that others
  // have.
  std::optional<BoundSocket> socket;
  std::error_code unseen;
  if (!std::filesystem::exists(config.store_file, unseen)) {
    OFFSYNC_ASSIGN(auto bound, BoundSocket::bind(config.server.host, config.server.port));
    socket.emplace(std::move(bound));
  }
  OFFSYNC_ASSIGN(auto store, open_store(config, random));
  auto options = config.server;
  options.spool_folder = std::filesystem::path(config.store_file).parent_path().string();
  auto server = std::make_unique<Server>(*store, clock, log, std::move(options));
  if (identity) server->use_tls(std::move(identity));
  OFFSYNC_TRY(socket ? server->start(std::move(*socket)) : server->start());
  if (!config.ready_file.empty()) {
    OFFSYNC_ASSIGN(auto written, ReadyFile::write(config.ready_file, server->url()));
    ready_file.emplace(std::move(written));
  }
  log.write(LogLevel::info, "listening",
            {{"url", server->url()},
             {"store", "sqlite:" + config.store_file},
             {"version", OFFSYNC_VERSION},
             {"pid", ::getpid()}});
  if (daemon) daemon->ready();

  wait_for_stop(log, outlives, [&] { load_anew(config, *server, log, clock); });
  const Watchdog watchdog(log);
  const auto signals = our_signals();
  ::signal(SIGHUP, SIG_IGN);
  ::pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);  // a second signal ends it at once
  server.reset();
  ready_file.reset();
  store.reset();
  log.write(LogLevel::info, "stopped");
  return {};
}

int main_with(const Config& config) {
  const auto signals = our_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // for all threads; taken by sigwaitinfo()
  const bool outlives = ::signal(SIGHUP, SIG_DFL) == SIG_IGN;
  std::optional<Daemon> daemon;
  if (config.daemon) {
    auto begun = Daemon::begin();
    if (!begun) {
      complain(begun.error().message());
      return kExitIo;
    }
    daemon.emplace(std::move(*begun));
  }
  SystemClock clock;
  Log log(clock, config.log_level, config.log_format);
  const auto status = config.check       ? check(config)
                      : config.compact   ? compact(config)
                      : config.new_epoch ? begin_anew(config)
                                         : run(config, log, daemon, outlives);
  if (status) return 0;
  const int code = exit_code(status.error());
  log.write(LogLevel::error, "failed",
            {{"code", status.error().code}, {"reason", shortened(status.error().message())}});
  if (!config.log_file.empty()) complain(status.error().message());
  if (daemon) daemon->failed(code);
  return code;
}

}  // namespace
}  // namespace offsync::proxy

int main(int argc, char** argv) {
  using namespace offsync;
  using namespace offsync::proxy;
  keep_memory_small();
  begin_process(027);  // the logs of the spaces are not everybody's to read
  try {
    auto parsed = parse_config({argv + std::min(argc, 1), argv + argc},
                               [](const char* name) { return std::getenv(name); });
    (void)write_all(2, parsed.err);
    if (const auto printed = print(parsed.out); !printed) {
      complain(printed.error().message());
      return kExitIo;
    }
    return parsed.config ? main_with(*parsed.config) : parsed.exit_code;
  } catch (const std::system_error& e) {
    complain(
        fmt::format("the system refuses: {}; give it more memory and threads (ulimit -v, -u; "
                    "in a unit: MemoryMax, TasksMax), then start it again",
                    e.what()));
    return kExitIo;
  } catch (const std::exception& e) {
    complain(fmt::format("this is a bug: {}", e.what()));
    return kExitInternal;
  }
}
