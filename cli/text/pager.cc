#include "cli/text/pager.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <string_view>
#include <vector>

#include "cli/text/output.h"

extern char** environ;

namespace offsync::cli {
namespace {

bool paging = false;

bool is_in_path(const std::string& program) {
  const char* path = process_environment("PATH");
  std::string_view folders = path == nullptr ? "" : path;
  while (!folders.empty()) {
    const std::size_t end = std::min(folders.find(':'), folders.size());
    const std::string file = std::string(folders.substr(0, end)) + "/" + program;
    if (::access(file.c_str(), X_OK) == 0) return true;
    folders.remove_prefix(std::min(end + 1, folders.size()));
  }
  return false;
}

// Whether the shell would find the first word of it; what only a shell understands may be there.
bool can_start(const std::string& command) {
  const std::string word = command.substr(0, command.find(' '));
  if (word.empty() || word.find_first_of("\t\n\"'\\$`=~(){}[]*?<>|&;!#") != std::string::npos) {
    return true;
  }
  if (word.find('/') != std::string::npos) return ::access(word.c_str(), X_OK) == 0;
  return is_in_path(word);
}

// What to run; empty: nothing.
std::string pager_command() {
  for (const char* name : {"OFFSYNC_PAGER", "PAGER"}) {
    const char* value = process_environment(name);
    if (value != nullptr) return std::string_view(value) == "cat" ? "" : value;
  }
  return is_in_path("less") ? "less" : "";
}

bool can_page() {
  const char* term = process_environment("TERM");
  return ::isatty(1) == 1 && term != nullptr && *term != 0 && std::string_view(term) != "dumb";
}

// 0: it could not be started.
pid_t spawn(const std::string& command, int input) {
  std::vector<std::string> entries;
  // Leaves by itself where one screen is enough, shows our colours, and leaves the text standing.
  if (process_environment("LESS") == nullptr) entries.emplace_back("LESS=FRX");
  std::vector<char*> env;
  for (std::string& entry : entries) env.push_back(entry.data());
  for (char** entry = environ; *entry != nullptr; ++entry) env.push_back(*entry);
  env.push_back(nullptr);
  std::array<std::string, 3> words = {"sh", "-c", command};
  std::array<char*, 4> argv = {words[0].data(), words[1].data(), words[2].data(), nullptr};

  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  if (posix_spawn_file_actions_init(&actions) != 0) return 0;
  if (posix_spawnattr_init(&attributes) != 0) {
    posix_spawn_file_actions_destroy(&actions);
    return 0;
  }
  sigset_t defaults;
  sigemptyset(&defaults);
  for (const int signal : {SIGPIPE, SIGXFSZ, SIGINT}) sigaddset(&defaults, signal);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t pid = 0;
  const bool started =
      posix_spawn_file_actions_adddup2(&actions, input, 0) == 0 &&
      posix_spawn_file_actions_addclosefrom_np(&actions, 3) == 0 &&
      posix_spawn(&pid, "/bin/sh", &actions, &attributes, argv.data(), env.data()) == 0;
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return started ? pid : 0;
}

}  // namespace

Pager::Pager(const Settings& settings) {
  if (!settings.pager || !can_page()) return;
  const std::string command = pager_command();
  if (!command.empty() && !can_start(command)) {
    say(settings, "the pager '" + command + "' cannot be run; printing without it");
    return;
  }
  std::array<int, 2> ends{};
  if (command.empty() || ::pipe2(ends.data(), O_CLOEXEC) != 0) return;
  pid_ = spawn(command, ends[0]);
  ::close(ends[0]);
  if (pid_ != 0 && ::dup2(ends[1], 1) == 1) {
    paging = true;
    std::signal(SIGINT, SIG_IGN);  // Ctrl-C is for the pager, which may go on
  }
  ::close(ends[1]);
}

Pager::~Pager() {
  if (pid_ == 0) return;
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0 && ::dup2(nowhere, 1) == 1) ::close(nowhere);
  int status = 0;
  pid_t waited = 0;
  while ((waited = ::waitpid(pid_, &status, 0)) < 0 && errno == EINTR) {
  }
  // What a shell says of a command that it does not find, or may not run.
  const int code = waited == pid_ && WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  if (code != 126 && code != 127) return;
  complain("the pager '" + pager_command() + "' ended with exit code " + std::to_string(code) +
           ": the output may not have been shown; use --no-pager, or set PAGER");
}

bool output_is_terminal() {
  return paging || ::isatty(1) == 1;
}

}  // namespace offsync::cli
