#include "cli/hook.h"

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
  // We ignore SIGPIPE; a command expects it to work.
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  int error = posix_spawn_file_actions_adddup2(&actions, input, 0);
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

}  // namespace

Status run_hook(const std::string& command, std::string_view input,
                const std::vector<std::pair<std::string, std::string>>& variables) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return spawn_failed(errno);
  pid_t pid = 0;
  const int error = spawn_shell(command, ends[0], environment(variables), pid);
  ::close(ends[0]);
  if (error == 0) feed(ends[1], input);
  ::close(ends[1]);
  if (error != 0) return spawn_failed(error);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return spawn_failed(errno);
  }
  return result_of(status);
}

}  // namespace offsync::cli
