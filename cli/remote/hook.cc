#include "cli/remote/hook.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "cli/interrupt.h"

extern char** environ;

namespace offsync::cli {
namespace {

Error spawn_failed(int error) {
  return make_error(Errc::io, "spawn",
                    fmt::format("the command cannot be started: {}", std::strerror(error)));
}

// Ours, where `variables` does not say otherwise, and `variables`.
std::vector<std::string> environment(
    const std::vector<std::pair<std::string, std::string>>& variables) {
  std::vector<std::string> all;
  for (const auto& [name, value] : variables) all.push_back(name + "=" + value);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::string_view name = text.substr(0, text.find('='));
    const bool replaced = std::any_of(variables.begin(), variables.end(),
                                      [&](const auto& item) { return item.first == name; });
    if (!replaced) all.emplace_back(text);
  }
  return all;
}

// 0 or an errno.
int spawn_shell(const std::string& command, int input, std::vector<std::string> env, pid_t& pid) {
  std::vector<char*> pointers;
  for (std::string& entry : env) pointers.push_back(entry.data());
  pointers.push_back(nullptr);
  std::array<std::string, 4> words = {"sh", "-c", command, ""};
  std::array<char*, 4> argv = {words[0].data(), words[1].data(), words[2].data(), nullptr};

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  if (const int error = posix_spawn_file_actions_init(&actions); error != 0) return error;
  if (const int error = posix_spawnattr_init(&attributes); error != 0) {
    posix_spawn_file_actions_destroy(&actions);
    return error;
  }
  // What we ignore (base/process.h), a command expects to work. A group of its own, because Ctrl-C
  // goes to all of ours: it is for us to say that this command is the last one, not for it to stop.
  sigset_t defaults;
  sigemptyset(&defaults);
  for (const int signal : {SIGPIPE, SIGXFSZ}) sigaddset(&defaults, signal);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  int error = posix_spawn_file_actions_adddup2(&actions, input, 0);
  // Libraries of ours open sockets and files, too, and not all of them close-on-exec.
  if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(&actions, 3);
  if (error == 0) {
    error = posix_spawn(&pid, "/bin/sh", &actions, &attributes, argv.data(), pointers.data());
  }
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

// A command may end without having read all of it.
void feed(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

Status result_of(int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  const std::string how = WIFSIGNALED(status)
                              ? fmt::format("was ended by signal {} ({})", WTERMSIG(status),
                                            strsignal(WTERMSIG(status)))
                              : fmt::format("ended with exit code {}", WEXITSTATUS(status));
  return make_error(Errc::partial, "command_failed", "the command " + how);
}

Status wait_for(pid_t pid) {
  int status = 0;
  bool stopped = false;
  for (;;) {
    if (::waitpid(pid, &status, WUNTRACED) < 0) {
      if (errno == EINTR) continue;
      end_with_us(0);
      return spawn_failed(errno);
    }
    if (!WIFSTOPPED(status)) break;
    // It reads the terminal, say, which is ours; nobody would ever let it go on.
    if (WSTOPSIG(status) != SIGTTIN && WSTOPSIG(status) != SIGTTOU) continue;
    stopped = true;
    ::kill(-pid, SIGKILL);
  }
  end_with_us(0);
  if (!stopped) return result_of(status);
  return make_error(Errc::partial, "command_failed",
                    "the command was ended: it wanted to use the terminal, which it does not have");
}

}  // namespace

Status run_hook(const std::string& command, std::string_view input,
                const std::vector<std::pair<std::string, std::string>>& variables) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return spawn_failed(errno);
  pid_t pid = 0;
  const int error = spawn_shell(command, ends[0], environment(variables), pid);
  ::close(ends[0]);
  if (error == 0) {
    end_with_us(pid);
    feed(ends[1], input);
  }
  ::close(ends[1]);
  if (error != 0) return spawn_failed(error);
  return wait_for(pid);
}

}  // namespace offsync::cli
