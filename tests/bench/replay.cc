// Folding a log of 1,000,000 events to a state, as a process: it starts, reads the file, decodes,
// checks and folds each event, and prints the state of 50,000 entities (to a file).
//
// Peers: `jq -c .subject` on the same file (to /dev/null); and what simdjson (ondemand, line by
// line, in this process, the bytes in memory already) needs to merely parse the same bytes. What
// "merely" means changes the figure, so there are three of them: it indexes each line and looks at
// nothing; it visits every member of the event and of its data without reading the values; it
// reads every value, down to the last string. The target holds for the latter two.
#include "bench/bench.h"
#include "bench/generate.h"
#include "bench/parse.h"
#include "bench/stats.h"
#include "bench/temp_dir.h"

namespace offsync::bench {

void replay(const Setup& setup) {
  const auto count = static_cast<std::size_t>(setup.size(1'000'000));
  const TempDir dir(setup.parent);
  show_progress("making the log");
  std::string expected;
  {
    const Events events = logged_events(count, 3);
    write_file(dir / "log", events.text);
    expected = expected_state(events);
  }
  const Parser parser(read_file(dir / "log"), count);
  settle_disk(dir.path());

  const auto per_second = [count](double seconds) { return static_cast<double>(count) / seconds; };
  const auto ours = [&] {
    Command command = setup.offsync_command({"replay", "log", "-o", "ndjson"}, dir.path());
    command.out = dir / "state";
    const double seconds = run(command);
    expect_same("the state that replay printed", expected, read_file(dir / "state"));
    return per_second(seconds);
  };
  const auto jq = [&] { return per_second(run({{"jq", "-c", ".subject", "log"}, dir.path()})); };
  const auto runs =
      take_turns(setup.rounds, {{"offsync replay", ours},
                                {"jq", jq},
                                {"simdjson", [&] { return per_second(parser.index()); }},
                                {"simdjson", [&] { return per_second(parser.visit()); }},
                                {"simdjson", [&] { return per_second(parser.read()); }}});
  const std::string unit = "events/s";
  Report& report = setup.report;
  report.add({"replay.jq", unit, runs[0], "jq -c .subject", runs[1], Target::at_least(6)});
  report.add({"replay.simdjson_index", unit, runs[0], "simdjson, indexes", runs[2]});
  report.add({"replay.simdjson_visit", unit, runs[0], "simdjson, visits members", runs[3],
              Target::at_least(0.2)});
  report.add({"replay.simdjson_read", unit, runs[0], "simdjson, reads all values", runs[4],
              Target::at_least(0.2)});
}

}  // namespace offsync::bench
