// offsync-bench: runs the benchmarks that are named, or all.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "bench/bench.h"
#include "bench/failure.h"
#include "bench/temp_dir.h"

#ifndef BENCH_OFFSYNC_PROXY
#define BENCH_OFFSYNC_PROXY ""
#endif

namespace offsync::bench {
namespace {

struct Options {
  std::vector<std::string> names;
  bool json = false, quick = false, list = false;
  std::string parent = "/var/tmp";
};

std::string folder_of(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const Benchmark& benchmark : benchmarks()) names.emplace_back(benchmark.name);
  return names;
}

void warn(const Options& options) {
  const std::string type = BENCH_BUILD_TYPE;
  if (options.quick) {
    say("--quick: everything is run and checked, but the figures mean nothing");
  } else if (type != "Release" && type != "RelWithDebInfo") {
    say("this is a " + type + " build: its figures mean nothing; use ./dev bench");
  }
  if (in_memory(options.parent)) {
    say(options.parent + " is in memory, where a commit costs nothing; use --dir with a disk");
  }
}

// Returns the exit code.
int run_one(const Benchmark& benchmark, const Setup& setup, bool named) {
  try {
    benchmark.run(setup);
    return 0;
  } catch (const Skipped& skipped) {
    say(std::string(benchmark.name) + (named ? ": " : " is left out: ") + skipped.what());
    return named ? 1 : 0;
  } catch (const Failure& failure) {
    say(std::string(benchmark.name) + " failed: " + failure.what());
    return 1;
  }
}

int run_all(const Options& options) {
  warn(options);
  catch_signals();
  const TempDir home(options.parent);
  set_environment(home.path(), folder_of(BENCH_OFFSYNC_NET));
  const char* shared = std::getenv("OFFSYNC_SHARED");
  Report report(options.json);
  Setup setup{report,
              BENCH_OFFSYNC,
              BENCH_OFFSYNC_PROXY,
              shared != nullptr ? shared : BENCH_SHARED,
              home.path(),
              options.quick ? 1 : 5,
              options.quick};
  int code = 0;
  for (const Benchmark& benchmark : benchmarks()) {
    const bool named = std::count(options.names.begin(), options.names.end(), benchmark.name) > 0;
    if (!named && !options.names.empty()) continue;
    code = std::max(code, run_one(benchmark, setup, named));
  }
  report.end();
  return code;
}

}  // namespace

const std::vector<Benchmark>& benchmarks() {
  static const std::vector<Benchmark> all = {
      {"emit_process", "one event queued by a process; sqlite3 and git commit", emit_process},
      {"emit_batch", "a file of events queued; bare SQLite loops", emit_batch},
      {"emit_batch_grown", "the same in a small and in a large replica", emit_batch_grown},
      {"replay", "a log folded to a state; jq and simdjson", replay},
      {"posts", "durable POSTs of one event; bare SQLite commits", posts},
      {"redis_history", "28,200 real events from emit to the same state everywhere", redis_history},
  };
  return all;
}

Command Setup::offsync_command(std::vector<std::string> arguments,
                               const std::string& folder) const {
  arguments.insert(arguments.begin(), offsync);
  return {std::move(arguments), folder};
}

}  // namespace offsync::bench

int main(int argc, char** argv) {
  using namespace offsync::bench;
  Options options;
  CLI::App app(
      "Measures offsync beside its peers. Exit code 1 where something that was run failed\n"
      "or gave a wrong result; never for a figure.",
      "offsync-bench");
  app.add_option("NAME", options.names, "Only these (default: all)")
      ->check(CLI::IsMember(all_names()));
  app.add_flag("--json", options.json, "One JSON object a figure and line");
  app.add_flag("--quick", options.quick, "Little of everything, once: checks that all runs");
  app.add_flag("--list", options.list, "Print the names");
  app.add_option("--dir", options.parent, "Where to work: on the file system to be measured")
      ->capture_default_str()
      ->check(CLI::ExistingDirectory);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (options.list) {
    for (const Benchmark& benchmark : benchmarks()) {
      std::printf("%-17s %s\n", benchmark.name, benchmark.what);
    }
    return 0;
  }
  try {
    options.parent = std::filesystem::canonical(options.parent).string();
    return run_all(options);
  } catch (const Interrupted&) {
    say("interrupted");
    return 130;
  } catch (const std::exception& error) {
    say(error.what());
    return 1;
  }
}
