#include "sim/crew.h"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <new>
#include <sstream>
#include <stdexcept>

namespace offsync::sim {
namespace {

constexpr const char* kMustOccur[] = {
    "requests refused",
    "requests cut",
    "requests delivered twice",
    "requests timed out",
    "requests lost in a partition",
    "requests to a proxy that is down",
    "answers cut",
    "answers cut unsaid",
    "streams cut",
    "connections stalled",
    "streams cut as stalled",
    "streams connected",
    "backoffs",
    "partitions",
    "clock jumps",
    "client kills",
    "client power cuts",
    "kills between write and sync planned",
    "proxy kills",
    "proxy power cuts",
    "unanswered commits kept",
    "proxies of a fleet died",
    "races lost",
    "commits of unknown outcome",
    "calls to a shared log failed",
    "pushes that came in the midst of a commit",
    "pushes that two proxies had at once",
    "foreign commits published",
    "heads told",
    "streams moved to another proxy",
    "writes lost",
    "writes torn",
    "writes reordered",
    "I/O errors",
    "disk full errors",
    "full disks",
    "compactions",
    "wipes",
    "backups put back",
    "backups put back in their epoch",
    "logs put back noticed by their head",
    "logs put back noticed by a line",
    "clients that could not see a log put back",
    "listeners that could not see a log put back",
    "own events queued again",
    "lost events sent",
    "lost events dropped",
    "syncs with another space refused",
    "snapshots installed",
    "readers told of a reset",
    "snapshots heard by listeners",
    "events emitted",
    "events refused by emit",
    "emits failed",
    "events read",
    "events heard by listeners",
    "events rejected",
    "events held",
    "retries",
    "drops",
    "conflicts",
    "conflicts resolved",
    "conflicts resolved by a side",
    "conflicts resolved by keeping what is there",
    "imports",
    "imports known before",
    "forgeries",
    "ids used by two sources",
    "times given by the proxy",
    "said to be synced",
    "syncs failed",
    "syncs done",
    "states compared",
};

// What a process of the crew tells, a line each.
void tell(std::FILE* to, const Summary& summary) {
  std::fprintf(to, "seeds %llu\nheal %lld\nsimulated %.0f\n",
               static_cast<unsigned long long>(summary.seeds),
               static_cast<long long>(summary.longest_heal_ms), summary.simulated_s * 1000);
  if (summary.failed) {
    std::fprintf(to, "failed %llu\n", static_cast<unsigned long long>(*summary.failed));
  }
  for (const auto& [what, count] : summary.counters) {
    std::fprintf(to, "count %llu %s\n", static_cast<unsigned long long>(count), what.c_str());
  }
  std::fputs("end\n", to);
}

// True where the process told everything.
bool hear(std::FILE* from, Summary& into) {
  char buffer[512];
  while (std::fgets(buffer, sizeof buffer, from) != nullptr) {
    std::istringstream line(buffer);
    std::string word;
    std::uint64_t number = 0;
    line >> word;
    if (word == "end") return true;
    line >> number;
    if (word == "seeds") into.seeds += number;
    if (word == "simulated") into.simulated_s += static_cast<double>(number) / 1000;
    if (word == "heal") {
      into.longest_heal_ms = std::max(into.longest_heal_ms, static_cast<std::int64_t>(number));
    }
    if (word == "failed") into.failed = std::min(into.failed.value_or(number), number);
    if (word == "count") {
      std::string what;
      std::getline(line >> std::ws, what);
      into.counters[what] += number;
    }
  }
  return false;
}

void add(Summary& summary, const RunResult& result) {
  ++summary.seeds;
  summary.simulated_s += static_cast<double>(result.simulated_ms) / 1000;
  summary.longest_heal_ms = std::max(summary.longest_heal_ms, result.healed_ms);
  for (const auto& [what, count] : result.counters) summary.counters[what] += count;
}

// The lowest seed that failed, known to all processes: nobody needs to look beyond it.
class Lowest {
 public:
  Lowest() {
    void* memory = ::mmap(nullptr, sizeof(std::atomic<std::uint64_t>), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("mmap failed");
    seed_ = new (memory) std::atomic<std::uint64_t>(UINT64_MAX);
  }
  ~Lowest() { ::munmap(seed_, sizeof *seed_); }
  Lowest(const Lowest&) = delete;
  Lowest& operator=(const Lowest&) = delete;

  bool below(std::uint64_t seed) const { return *seed_ < seed; }
  void failed(std::uint64_t seed) {
    std::uint64_t lowest = *seed_;
    while (seed < lowest && !seed_->compare_exchange_weak(lowest, seed)) {
    }
  }

 private:
  std::atomic<std::uint64_t>* seed_;
};

// Every `jobs`-th seed.
Summary work(const Order& order, unsigned which, Lowest& lowest) {
  const Folder folder;
  Summary summary;
  for (std::uint64_t i = which; i < order.count && !lowest.below(order.from + i); i += order.jobs) {
    const RunResult result = run_twice(order.params(order.from + i), folder.path(), false);
    add(summary, result);
    if (result.violations.empty()) continue;
    summary.failed = order.from + i;
    lowest.failed(order.from + i);
    break;
  }
  return summary;
}

}  // namespace

Params Order::params(std::uint64_t seed) const {
  Params params = Params::from(seed);
  for (const std::string& one : overrides) params.set(one);
  return params;
}

Folder::Folder() {
  const bool shm = std::filesystem::is_directory("/dev/shm");
  const std::filesystem::path base = shm ? "/dev/shm" : std::filesystem::temp_directory_path();
  std::string pattern = (base / "offsync-sim-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  path_ = pattern;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

RunResult run_twice(const Params& params, const std::string& folder, bool verbose) {
  RunResult first = run(params, folder, verbose);
  if (!first.violations.empty()) return first;
  const RunResult second = run(params, folder);
  if (first.hash != second.hash || !second.violations.empty()) {
    first.violations.push_back(
        fmt::format("P0 at {} ms: a second run differs: {}", second.simulated_ms,
                    second.violations.empty() ? "another trace" : second.violations.front()));
  }
  return first;
}

Summary run_crew(const Order& order) {
  const auto begun = std::chrono::steady_clock::now();
  struct Member {
    pid_t pid;
    std::FILE* from;
  };
  std::vector<Member> members;
  Lowest lowest;
  for (unsigned i = 0; i < order.jobs; ++i) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("pipe failed");
    const pid_t pid = ::fork();
    if (pid < 0) throw std::runtime_error("fork failed");
    if (pid == 0) {
      ::close(ends[0]);
      std::FILE* to = ::fdopen(ends[1], "w");
      tell(to, work(order, i, lowest));
      std::fclose(to);
      std::_Exit(0);
    }
    ::close(ends[1]);
    members.push_back({pid, ::fdopen(ends[0], "r")});
  }
  Summary summary;
  for (const Member& member : members) {
    if (!hear(member.from, summary)) summary.crashed = true;
    std::fclose(member.from);
    int status = 0;
    ::waitpid(member.pid, &status, 0);
    if (status != 0) summary.crashed = true;
  }
  summary.real_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  return summary;
}

void Summary::print(std::FILE* to) const {
  std::fprintf(to,
               "%llu seeds, each twice, in %.1f s: %.0f s simulated, %.0f times real time;"
               " longest healing %.1f s\n",
               static_cast<unsigned long long>(seeds), real_s, simulated_s,
               2 * simulated_s / real_s, static_cast<double>(longest_heal_ms) / 1000);
  for (const auto& [what, count] : counters) {
    std::fprintf(to, "%12llu  %s\n", static_cast<unsigned long long>(count), what.c_str());
  }
  if (crashed) std::fprintf(to, "FAILED a process of the simulator died\n");
}

std::vector<std::string> Summary::never_occurred() const {
  std::vector<std::string> missing;
  for (const char* what : kMustOccur) {
    const auto at = counters.find(what);
    if (at == counters.end() || at->second == 0) missing.emplace_back(what);
  }
  return missing;
}

}  // namespace offsync::sim
