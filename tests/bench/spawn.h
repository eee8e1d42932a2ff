// Running programs, with their wall time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace offsync::bench {

// From then on SIGINT and SIGTERM only set a flag, and throw_if_interrupted() throws Interrupted.
void catch_signals();
void throw_if_interrupted();

// Files are opened by the child; "-" leaves the descriptor of `in_fd` or `out_fd` instead.
struct Command {
  std::vector<std::string> argv;  // argv[0] is looked for in PATH
  std::string folder = ".";       // to start in
  std::string in = "/dev/null";
  std::string out = "/dev/null";
  int in_fd = -1;  // used where it is not negative
  int out_fd = -1;
};

// Programs get this environment, and nothing else: PATH of ours, the given home, and no settings
// of git, sqlite3 or offsync from outside. Call once, before anything is run.
void set_environment(const std::string& home, const std::string& libexec);

// A running program. Its stderr is kept, to be told in a failure.
class Child {
 public:
  explicit Child(const Command& command);
  ~Child();  // where nobody waited: SIGTERM, 5 s, SIGKILL
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Waits; throws Failure unless it ended with exit code 0. Returns its wall time in seconds,
  // from just before it was started.
  double wait();
  // SIGTERM, then wait().
  void stop();
  // Throws Failure if it has ended.
  void check_running();

 private:
  void check(int status);
  std::string errors() const;

  std::string name_;
  int stderr_fd_;
  pid_t pid_ = -1;
  std::chrono::steady_clock::time_point started_;
};

// Runs a program to its end. Seconds.
double run(const Command& command);
// The same; returns what it wrote to stdout.
std::string output_of(Command command);

}  // namespace offsync::bench
