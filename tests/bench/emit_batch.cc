// `offsync emit --batch FILE` as a process, in events per second, all included: the start, reading
// and checking each line, completing it (id, time, stamp, base), state, queue, a commit each
// thousand, and the checkpoint at the end.
//
// Workload: 200,000 events of 250 bytes about subjects drawn from 50,000, of two fields that are
// both set; each run into a new replica. The peers keep the same number of bytes an event
// (loops.h).
#include <fmt/format.h>

#include <cstdio>

#include "bench/bench.h"
#include "bench/failure.h"
#include "bench/loops.h"
#include "bench/stats.h"
#include "bench/temp_dir.h"

namespace offsync::bench {
namespace {

// A replica that has never seen a proxy.
class NewReplica {
 public:
  explicit NewReplica(const Setup& setup) : setup_(setup), dir_(setup.parent) {
    run(setup_.offsync_command({"init", "--remote", "http://127.0.0.1:9/v1/spaces/bench"},
                               dir_.path()));
  }

  // Seconds.
  double emit(const std::string& file) const {
    settle_disk(dir_.path());
    return run(setup_.offsync_command({"emit", "--batch", file}, dir_.path()));
  }

  void expect_state(const std::string& expected) const {
    expect_same(
        "the state after emit --batch", expected,
        output_of(setup_.offsync_command({"state", "--offline", "-o", "ndjson"}, dir_.path())));
  }

  Stored expect_queued(std::size_t events) const {
    std::size_t queued = 0;
    const Stored stored = stored_in(dir_ / ".offsync/replica.db", queued);
    if (queued == events) return stored;
    throw Failure(fmt::format("emit --batch took {} events, but queued {}", events, queued));
  }

 private:
  const Setup& setup_;
  TempDir dir_;
};

}  // namespace

void emit_batch(const Setup& setup) {
  const auto count = static_cast<std::size_t>(setup.size(200'000));
  const TempDir dir(setup.parent);
  const Events events = own_events(count, 1);
  const std::string expected = expected_state(events);
  write_file(dir / "events", events.text);

  Stored stored;
  const auto ours = [&] {
    const NewReplica replica(setup);
    const double seconds = replica.emit(dir / "events");
    stored = replica.expect_queued(count);
    replica.expect_state(expected);
    return static_cast<double>(count) / seconds;
  };
  const auto bare = [&](auto loop) {
    const TempDir place(setup.parent);
    settle_disk(place.path());
    return static_cast<double>(count) / loop(place / "loop.db", events, stored);
  };
  ours();  // warms up, and tells how much the loops are to store
  const auto runs = take_turns(setup.rounds, {{"emit --batch", ours},
                                              {"naive loop", [&] { return bare(naive_loop); }},
                                              {"lean loop", [&] { return bare(lean_loop); }}});
  setup.report.add({"emit_batch.naive", "events/s", runs[0], "bare loop, naive tables", runs[1],
                    Target::at_least(1)});
  setup.report.add({"emit_batch.lean", "events/s", runs[0], "bare loop, lean tables", runs[2],
                    Target::at_least(0.5)});
}

// What a batch of 100,000 costs an event where the replica has 1,000,000 queued already, beside
// one that has 100,000: both in the life of one replica, over 50,000 entities.
void emit_batch_grown(const Setup& setup) {
  const auto step = static_cast<std::size_t>(setup.size(100'000));
  const TempDir dir(setup.parent);
  {
    const Events all = own_events(11 * step, 2);
    const auto part = [&](const char* name, std::size_t from, std::size_t to) {
      const auto begin = static_cast<std::size_t>(all.list[from].line.data() - all.text.data());
      const auto end = to < all.list.size()
                           ? static_cast<std::size_t>(all.list[to].line.data() - all.text.data())
                           : all.text.size();
      write_file(dir / name, all.text.substr(begin, end - begin));
    };
    part("first", 0, step);
    part("small", step, 2 * step);
    part("rest", 2 * step, 10 * step);
    part("large", 10 * step, 11 * step);
    write_file(dir / "state", expected_state(all));
  }
  const double ns = 1e9 / static_cast<double>(step);
  std::vector<double> small, large;
  for (int round = 1; round <= setup.rounds; ++round) {
    throw_if_interrupted();
    show_progress(fmt::format("round {} of {}", round, setup.rounds));
    const NewReplica replica(setup);
    replica.emit(dir / "first");
    small.push_back(ns * replica.emit(dir / "small"));
    replica.emit(dir / "rest");
    large.push_back(ns * replica.emit(dir / "large"));
    replica.expect_queued(11 * step);
    replica.expect_state(read_file(dir / "state"));
  }
  setup.report.add({"emit_batch_grown", "ns/event", large, "the same, into 100,000 events", small,
                    Target::at_most(1.6)});
}

}  // namespace offsync::bench
