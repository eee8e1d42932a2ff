// The main job on 28,200 real events: the history of the redis repository is emitted offline,
// synced to a fresh proxy, and a second replica is bootstrapped. Then both replicas, the proxy and
// `replay` of the log must have the same state, to the byte. No peer: the seconds of each step.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "bench/bench.h"
#include "bench/failure.h"
#include "bench/proxy_child.h"
#include "bench/stats.h"
#include "bench/temp_dir.h"

namespace offsync::bench {
namespace {

constexpr std::size_t kEvents = 28'200;

std::size_t lines_of(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

struct Times {
  std::vector<double> emit, sync, bootstrap, state, replay, conflicts;
};

class History {
 public:
  History(const Setup& setup, std::string data) : setup_(setup), data_(std::move(data)) {}

  void round(Times& times) const {
    const TempDir dir(setup_.parent);
    ProxyChild proxy(setup_, dir);
    const std::string url = "http://127.0.0.1:" + proxy.port() + "/v1/spaces/redis";
    const std::string first = make_replica(dir, "first", url);
    const std::string second = make_replica(dir, "second", url);
    times.emit.push_back(emit(first));
    const std::string before = offline_state(first);
    times.sync.push_back(run(setup_.offsync_command({"sync"}, first)));
    times.bootstrap.push_back(run(setup_.offsync_command({"sync"}, second)));

    expect_same("the first replica's state after sync", before, offline_state(first));
    expect_same("the second replica's state", before, offline_state(second));
    Command state = setup_.offsync_command({"state", "--require-proxy", "-o", "ndjson"}, second);
    times.state.push_back(timed(state, dir / "state", "the proxy's state", before));

    Command log = setup_.offsync_command({"log", "-o", "ndjson"}, first);
    log.out = dir / "log";
    run(log);
    const std::size_t conflicts = lines_of(
        output_of(setup_.offsync_command({"conflicts", "--offline", "-o", "ndjson"}, second)));
    check_log(read_file(dir / "log"), conflicts);
    times.conflicts.push_back(static_cast<double>(conflicts));
    Command replay = setup_.offsync_command({"replay", dir / "log", "-o", "ndjson"}, dir.path());
    times.replay.push_back(timed(replay, dir / "replayed", "the state of replay", before));
    Command own = setup_.offsync_command({"replay", "-o", "ndjson"}, second);
    expect_same("replay of the second replica's log", before, output_of(own));
    proxy.stop();
  }

 private:
  std::string make_replica(const TempDir& dir, const std::string& name,
                           const std::string& url) const {
    std::string folder = dir / name;
    std::filesystem::create_directory(folder);
    run(setup_.offsync_command({"init", "--remote", url, "--source", "/bench/" + name}, folder));
    return folder;
  }

  // zstd -dc FILE | offsync emit --batch -
  double emit(const std::string& replica) const {
    int pipe[2];
    if (::pipe2(pipe, O_CLOEXEC) != 0) throw Failure("cannot make a pipe");
    Command unpack{{"zstd", "-dc", data_}};
    unpack.out_fd = pipe[1];
    Command take = setup_.offsync_command({"emit", "--batch", "-"}, replica);
    take.in_fd = pipe[0];
    Child taker(take);
    Child unpacker(unpack);
    ::close(pipe[0]);
    ::close(pipe[1]);
    const double seconds = taker.wait();
    unpacker.wait();
    return seconds;
  }

  std::string offline_state(const std::string& replica) const {
    return output_of(setup_.offsync_command({"state", "--offline", "-o", "ndjson"}, replica));
  }

  static double timed(Command& command, const std::string& out, const std::string& what,
                      const std::string& expected) {
    command.out = out;
    const double seconds = run(command);
    expect_same(what, expected, read_file(out));
    return seconds;
  }

  static void check_log(const std::string& log, std::size_t conflicts) {
    const std::size_t lines = lines_of(log);
    if (lines == kEvents + conflicts && conflicts > 0) return;
    throw Failure("the log has " + std::to_string(lines) + " events, but there were " +
                  std::to_string(kEvents) + " and " + std::to_string(conflicts) + " conflicts");
  }

  const Setup& setup_;
  std::string data_;
};

}  // namespace

void redis_history(const Setup& setup) {
  if (setup.proxy.empty()) throw Failure("this build has no offsync-proxy");
  const std::string data = setup.shared + "/data/redis-history.ndjson.zst";
  if (!std::filesystem::exists(data)) {
    throw Skipped("there is no " + data + "; set OFFSYNC_SHARED to the folder that has data/");
  }
  const History history(setup, data);
  Times times;
  for (int round = 1; round <= setup.rounds; ++round) {
    throw_if_interrupted();
    show_progress("round " + std::to_string(round) + " of " + std::to_string(setup.rounds));
    history.round(times);
  }
  const auto add = [&](const char* step, const std::vector<double>& runs, const char* unit = "s") {
    setup.report.add({std::string("redis_history.") + step, unit, runs});
  };
  add("emit", times.emit);
  add("sync", times.sync);
  add("bootstrap", times.bootstrap);
  add("proxy_state", times.state);
  add("replay", times.replay);
  add("conflicts", times.conflicts, "conflicts");
}

}  // namespace offsync::bench
