// The simulator's program: runs seeds, each twice, and says what it saw.
//
//   offsync-sim [--seed S] [--count N] [--from S] [--jobs J] [--file SEEDS] [NAME=VALUE …]
//               [--verbose] [--no-shrink] [--all-counters]
//
// Exit: 0 all promises held; 1 one was broken (the seed is printed, and made smaller); 2 usage.
#include <fmt/format.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/crew.h"
#include "sim/run.h"

namespace offsync::sim {
namespace {

constexpr const char* kUsage =
    "usage: offsync-sim [--seed S] [--count N] [--from S] [--jobs J] [NAME=VALUE ...]\n"
    "                   [--file SEEDS] [--all-counters] [--verbose] [--no-shrink]\n";

struct Arguments {
  std::optional<std::uint64_t> seed;
  std::string file;
  Order order;
  bool verbose = false, shrink = true, all_counters = false;
};

template <class T>
bool number(const char* text, T& value) {
  const std::string_view view(text);
  const auto [end, error] = std::from_chars(view.data(), view.data() + view.size(), value);
  return error == std::errc() && end == view.data() + view.size();
}

std::optional<Arguments> parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const char* next = i + 1 < argc ? argv[i + 1] : "";
    bool good = true, takes = true;
    if (word == "--seed") {
      good = number(next, arguments.seed.emplace());
    } else if (word == "--count") {
      good = number(next, arguments.order.count);
    } else if (word == "--from") {
      good = number(next, arguments.order.from);
    } else if (word == "--jobs") {
      good = number(next, arguments.order.jobs) && arguments.order.jobs > 0;
    } else if (word == "--file") {
      arguments.file = next;
    } else {
      takes = false;
      if (word == "--verbose") {
        arguments.verbose = true;
      } else if (word == "--no-shrink") {
        arguments.shrink = false;
      } else if (word == "--all-counters") {
        arguments.all_counters = true;
      } else if (word.find('=') != std::string_view::npos) {
        arguments.order.overrides.emplace_back(word);
      } else {
        good = false;
      }
    }
    if (!good) return std::nullopt;
    if (takes) ++i;
  }
  return arguments;
}

std::optional<Params> params_of(std::uint64_t seed, const std::vector<std::string>& overrides) {
  Params params = Params::from(seed);
  for (const std::string& one : overrides) {
    if (!params.set(one)) {
      std::fprintf(stderr, "offsync-sim: there is no parameter like %s\n", one.c_str());
      return std::nullopt;
    }
  }
  return params;
}

// A line of the file of kept seeds: "SEED [NAME=VALUE …]  # what it was".
std::optional<std::vector<Params>> read_seeds(const std::string& file) {
  std::ifstream in(file);
  if (!in) {
    std::fprintf(stderr, "offsync-sim: cannot read %s\n", file.c_str());
    return std::nullopt;
  }
  std::vector<Params> seeds;
  for (std::string line; std::getline(in, line);) {
    line = line.substr(0, line.find('#'));
    std::vector<std::string> words;
    for (std::size_t at = 0; at < line.size();) {
      const std::size_t end = std::min(line.find(' ', at), line.size());
      if (end > at) words.push_back(line.substr(at, end - at));
      at = end + 1;
    }
    if (words.empty()) continue;
    std::uint64_t seed = 0;
    if (!number(words[0].c_str(), seed)) return std::nullopt;
    words.erase(words.begin());
    const auto params = params_of(seed, words);
    if (!params) return std::nullopt;
    seeds.push_back(*params);
  }
  return seeds;
}

int fail(const Params& params, const RunResult& result, bool shrink_it, const Folder& folder) {
  for (const std::string& violation : result.violations) {
    std::printf("FAILED %s\n", violation.c_str());
  }
  std::printf("again with: offsync-sim --verbose --seed %llu%s\n",
              static_cast<unsigned long long>(params.seed), params.overrides().c_str());
  if (shrink_it) {
    const Params smaller = shrink(params, folder.path());
    std::printf("smaller:    offsync-sim --verbose --seed %llu%s\n",
                static_cast<unsigned long long>(smaller.seed), smaller.overrides().c_str());
  }
  return 1;
}

int run_listed(const std::vector<Params>& list, const Arguments& arguments) {
  const Folder folder;
  for (const Params& params : list) {
    const RunResult result = run_twice(params, folder.path(), arguments.verbose);
    if (!result.violations.empty()) return fail(params, result, arguments.shrink, folder);
    std::printf(
        "seed %llu: %lld ms simulated, healed in %lld ms, trace %016llx\n",
        static_cast<unsigned long long>(params.seed), static_cast<long long>(result.simulated_ms),
        static_cast<long long>(result.healed_ms), static_cast<unsigned long long>(result.hash));
  }
  return 0;
}

int run_many(const Arguments& arguments) {
  const Summary summary = run_crew(arguments.order);
  summary.print(stdout);
  if (summary.failed) {
    const Folder folder;
    const Params params = arguments.order.params(*summary.failed);
    return fail(params, run_twice(params, folder.path(), false), arguments.shrink, folder);
  }
  if (summary.crashed) return 1;
  if (!arguments.all_counters) return 0;
  const std::vector<std::string> missing = summary.never_occurred();
  for (const std::string& what : missing) std::printf("FAILED never occurred: %s\n", what.c_str());
  return missing.empty() ? 0 : 1;
}

}  // namespace
}  // namespace offsync::sim

int main(int argc, char** argv) {
  using namespace offsync::sim;
  const auto arguments = parse(argc, argv);
  if (!arguments || (arguments->order.overrides.size() > 0 && !arguments->file.empty())) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const auto params = params_of(arguments->seed.value_or(0), arguments->order.overrides);
  if (!params) return 2;
  if (arguments->seed) return run_listed({*params}, *arguments);
  if (!arguments->file.empty()) {
    const auto seeds = read_seeds(arguments->file);
    return seeds ? run_listed(*seeds, *arguments) : 2;
  }
  return run_many(*arguments);
}
