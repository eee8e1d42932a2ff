#include "bench/spawn.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "bench/failure.h"

namespace offsync::bench {
namespace {

volatile sig_atomic_t interrupt_came = 0;

void on_signal(int /*signal*/) {
  interrupt_came = 1;
}

struct Environment {
  std::vector<std::string> texts;
  std::vector<char*> pointers;

  void set(std::vector<std::string> variables) {
    texts = std::move(variables);
    pointers.clear();
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
  }
};

Environment& environment() {
  static Environment set;
  return set;
}

[[noreturn]] void fail(const std::string& what, int error) {
  throw Failure(what + ": " + std::strerror(error));
}

int memory_file() {
  const int fd = ::memfd_create("bench", MFD_CLOEXEC);
  if (fd < 0) fail("cannot keep what a program writes", errno);
  return fd;
}

std::string text_of(int fd) {
  std::string text;
  char block[65536];
  for (off_t at = 0;;) {
    const ssize_t n = ::pread(fd, block, sizeof block, at);
    if (n <= 0) return text;
    text.append(block, static_cast<std::size_t>(n));
    at += n;
  }
}

struct Actions {
  posix_spawn_file_actions_t raw;
  Actions() { posix_spawn_file_actions_init(&raw); }
  ~Actions() { posix_spawn_file_actions_destroy(&raw); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;

  void stream(int fd, int from, const std::string& file, int flags) {
    if (from >= 0) {
      posix_spawn_file_actions_adddup2(&raw, from, fd);
    } else {
      posix_spawn_file_actions_addopen(&raw, fd, file.c_str(), flags, 0666);
    }
  }
};

}  // namespace

void catch_signals() {
  struct sigaction action = {};
  action.sa_handler = on_signal;  // no SA_RESTART: a wait is to end
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

void throw_if_interrupted() {
  if (interrupt_came != 0) throw Interrupted();
}

void set_environment(const std::string& home, const std::string& libexec) {
  const char* path = std::getenv("PATH");
  environment().set({std::string("PATH=") + (path != nullptr ? path : "/usr/bin:/bin"),
                     "HOME=" + home, "LC_ALL=C.UTF-8", "TZ=UTC", "OFFSYNC_LIBEXEC=" + libexec,
                     "GIT_CONFIG_NOSYSTEM=1", "GIT_AUTHOR_NAME=Bench", "GIT_COMMITTER_NAME=Bench",
                     "GIT_AUTHOR_EMAIL=bench@localhost", "GIT_COMMITTER_EMAIL=bench@localhost"});
}

Child::Child(const Command& command) : name_(command.argv.front()), stderr_fd_(memory_file()) {
  for (std::size_t i = 1; i < command.argv.size() && i < 4; ++i) name_ += " " + command.argv[i];
  Actions actions;
  // Before the folder is changed: relative names are the caller's.
  actions.stream(0, command.in_fd, command.in, O_RDONLY);
  actions.stream(1, command.out_fd, command.out, O_WRONLY | O_CREAT | O_TRUNC);
  actions.stream(2, stderr_fd_, "", 0);
  posix_spawn_file_actions_addchdir_np(&actions.raw, command.folder.c_str());
  std::vector<char*> argv;
  for (const std::string& text : command.argv) argv.push_back(const_cast<char*>(text.c_str()));
  argv.push_back(nullptr);
  started_ = std::chrono::steady_clock::now();
  const int error = ::posix_spawnp(&pid_, argv[0], &actions.raw, nullptr, argv.data(),
                                   environment().pointers.data());
  if (error != 0) {
    ::close(stderr_fd_);
    fail("cannot start " + name_, error);
  }
}

Child::~Child() {
  if (pid_ > 0) {
    ::kill(pid_, SIGTERM);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (::waitpid(pid_, nullptr, WNOHANG) == 0) {
      if (std::chrono::steady_clock::now() > deadline) ::kill(pid_, SIGKILL);
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  ::close(stderr_fd_);
}

double Child::wait() {
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0) {
    if (errno != EINTR) fail("cannot wait for " + name_, errno);
    throw_if_interrupted();
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started_;
  pid_ = -1;
  check(status);
  return took.count();
}

void Child::stop() {
  ::kill(pid_, SIGTERM);
  wait();
}

void Child::check_running() {
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) == 0) return;
  pid_ = -1;
  check(status);
  throw Failure(name_ + " ended at once: " + errors());
}

void Child::check(int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return;
  throw_if_interrupted();  // it came to the programs, too
  const std::string how = WIFEXITED(status)
                              ? "ended with exit code " + std::to_string(WEXITSTATUS(status))
                              : "was killed by signal " + std::to_string(WTERMSIG(status));
  throw Failure(name_ + " … " + how + ": " + errors());
}

std::string Child::errors() const {
  std::string text = text_of(stderr_fd_);
  if (text.size() > 2000) text.erase(0, text.size() - 2000);
  return text.empty() ? "it wrote nothing to stderr" : text;
}

double run(const Command& command) {
  return Child(command).wait();
}

std::string output_of(Command command) {
  const int fd = memory_file();
  command.out_fd = fd;
  try {
    run(command);
  } catch (...) {
    ::close(fd);
    throw;
  }
  std::string text = text_of(fd);
  ::close(fd);
  return text;
}

}  // namespace offsync::bench
