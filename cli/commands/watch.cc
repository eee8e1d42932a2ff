#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <variant>

#include "cli/command.h"
#include "cli/input/duration.h"
#include "cli/input/filter.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/remote/consumer.h"
#include "cli/remote/consumer_hold.h"
#include "cli/remote/hook.h"
#include "cli/remote/log_tail.h"
#include "cli/remote/remote.h"
#include "cli/remote/sync.h"
#include "cli/remote/talk.h"
#include "cli/text/event_text.h"
#include "cli/text/output.h"
#include "cli/text/shell.h"

namespace offsync::cli {
namespace {

constexpr std::int64_t kLookMs = 200;  // how often the replica is looked at for new events
constexpr const char* kLimitHelp = "End after N events";

struct WatchOptions {
  FilterOptions filter;
  std::string from;  // empty: "stored"
  std::string exec;
  std::string exec_fail;  // empty: "continue"
  std::string consumer;   // empty: none
  std::string timeout;    // empty: none
  bool forget = false;
};

// What is done with each event.
class Sink {
 public:
  using Next = LogTail::Next;

  Sink(const WatchOptions& options, const Filter& filter, const Settings& settings)
      : options_(options),
        filter_(filter),
        text_(record_format(settings, out_) == Format::text),
        look_(settings, out_),
        table_(out_, look_.colors) {}

  LogTail::Next take(std::string_view line, const EventView& event) {
    const bool matches = filter_.matches(event);
    failed_ = false;
    ran_ = matches;
    if (matches) {
      ++count_;
      if (options_.exec.empty()) {
        print(line, event);
      } else {
        run(line, event);
      }
    }
    if (stopped_ || enough() || event.sequence >= filter_.until_sequence()) return Next::end;
    // Between two commands there is the time to be over, a signal, and the connection to look at.
    return matches && !options_.exec.empty() ? Next::pause : Next::more;
  }

  bool enough() const { return filter_.limit() && count_ >= *filter_.limit(); }
  // Whether it began, or was taken, behind where it was to end; says so.
  bool is_past(const std::optional<Cursor>& at) const {
    if (!at || at->sequence < filter_.until_sequence()) return false;
    complain(fmt::format("no event up to {} is still to come: this begins behind {}",
                         filter_.until_sequence(), at->text()));
    return true;
  }
  bool stopped() const { return stopped_; }
  // Of the event that was taken last.
  bool failed() const { return failed_; }
  bool ran() const { return ran_; }
  std::uint64_t failures() const { return failures_; }
  Out& out() { return out_; }

 private:
  void print(std::string_view line, const EventView& event) {
    if (text_) {
      table_.add(event_row(event, std::to_string(event.sequence), look_));
      table_.flush();
    } else {
      out_.json(line);
    }
  }

  void run(std::string_view line, const EventView& event) {
    const Status done = run_hook(options_.exec, std::string(line) + "\n",
                                 {{"OFFSYNC_EVENT_SEQUENCE", std::to_string(event.sequence)},
                                  {"OFFSYNC_EVENT_ID", std::string(event.id)},
                                  {"OFFSYNC_EVENT_TYPE", std::string(event.type)},
                                  {"OFFSYNC_EVENT_SUBJECT", std::string(event.subject)}});
    if (done.ok()) return;
    ++failures_;
    failed_ = true;
    complain(fmt::format("event {} ({} {}): {}", event.sequence, event.type, event.subject,
                         done.error().detail));
    stopped_ = options_.exec_fail == "stop";
  }

  const WatchOptions& options_;
  const Filter& filter_;
  Out out_;
  bool text_;
  Look look_;
  Table table_;
  std::uint64_t count_ = 0;
  std::uint64_t failures_ = 0;
  bool stopped_ = false;
  bool failed_ = false, ran_ = false;
};

// The time of an --until that is one, or a stamp's.
std::int64_t time_of_until(const std::string& until, std::int64_t now_ms) {
  const auto point = until.empty() ? Result<Point>(Point(std::uint64_t{0}))
                                   : parse_point(until, now_ms, WallTime::second);
  if (!point) return INT64_MAX;
  if (const auto* ms = std::get_if<std::int64_t>(&*point)) return *ms;
  const auto* stamp = std::get_if<Stamp>(&*point);
  return stamp == nullptr ? INT64_MAX : stamp->ms();
}

// Whether whoever read our output went away; a pipe tells without being written to.
bool reader_gone() {
  pollfd out{1, 0, 0};
  return ::poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

class WatchCommand final : public Command {
 public:
  const char* name() const override { return "watch"; }
  void define(CLI::App& app, Flags& flags) override;
  int run(Context& context, const Settings& settings) override;

 private:
  Result<TailStart> start(const Filter& filter) const;
  Result<std::optional<ConsumerHold>> hold_consumer(const Settings& settings) const;
  int forget(Context& context, const Settings& settings) const;
  int follow(Context& context, const Settings& settings, const Filter& filter);
  int supervise(Context& context, Replica& replica, SyncEngine& engine, Transport& transport,
                const std::string& remote, const Talk& talk, LogTail& tail, Sink& sink,
                ConsumerPlace& place) const;
  int timed_out(const Talk& talk, const SyncReport& report, const Sink& sink, bool busy) const;
  static bool has_all(Replica& replica, const SyncReport& report, const LogTail& tail);
  int end(const Context& context, const Settings& settings, Replica& replica, Sink& sink,
          const LogTail& tail, const ConsumerPlace& place, int code) const;

  WatchOptions options_;
};

void WatchCommand::define(CLI::App& app, Flags& flags) {
  Options command = add_command(
      app,
      {"watch", "Print events as they arrive, and send what is queued", "[OPTIONS]",
       "Follows the space live: prints each event once, in the order of the log, and connects "
       "again\n"
       "by itself when the proxy or the network goes away. What is queued here, now or later, is "
       "sent\n"
       "meanwhile. With --exec a command is run for each event instead of printing it: the "
       "event's\n"
       "line is its standard input, and OFFSYNC_EVENT_SEQUENCE, _ID, _TYPE and _SUBJECT are set.",
       "offsync watch\noffsync watch --subject 'todo/*' | jq -c .data\n"
       "offsync watch --from beginning -n 100\n"
       "offsync watch --type order.placed --exec './print-label' --exec-fail stop"},
      flags);
  command.text("--from", "stored|now|beginning", options_.from,
               "Begin with what this replica has not received yet (default), "
               "with what is\nnew from now on, or with the whole log",
               one_of({"stored", "now", "beginning"}));
  add_filter_options(command, options_.filter, kLimitHelp);
  command.text("--timeout", "TIME", options_.timeout,
               "End after so long: seconds, or 5m, 2h\n(69: never connected)", timeout);
  command.text("--exec", "COMMAND", options_.exec, "Run this with /bin/sh for each event");
  command.text("--exec-fail", "continue|stop", options_.exec_fail,
               "When the command fails: go on (default), or end", one_of({"continue", "stop"}));
  command.text("--consumer", "NAME", options_.consumer,
               "With --exec: keep the place of NAME in this replica, and go on behind what its "
               "command has done");
  command.flag("--forget", options_.forget, "Take the consumer NAME and its place away, and end");
  command.remote(flags);
  command.tls(flags);
}

int WatchCommand::run(Context& context, const Settings& settings) {
  if (options_.forget) return forget(context, settings);
  if (!context.network) return run_in_net(context);
  const auto filter = Filter::make(options_.filter, context.clock.wall_ms());
  if (!filter) return report(filter.error());
  for (const auto& [given, name] : {std::pair(!options_.consumer.empty(), "--consumer"),
                                    std::pair(!options_.exec_fail.empty(), "--exec-fail")}) {
    if (!given || !options_.exec.empty()) continue;
    return report(make_error(Errc::usage, "bad_argument", fmt::format("{} is for --exec", name)));
  }
  if (filter->limit() == std::uint64_t{0}) return kOk;
  return follow(context, settings, *filter);
}

Result<TailStart> WatchCommand::start(const Filter& filter) const {
  if (filter.after()) {
    if (!options_.from.empty() && options_.from != "stored") {
      return make_error(Errc::usage, "usage", "--after and --from contradict each other");
    }
    return TailStart{TailStart::From::after, *filter.after()};
  }
  if (options_.from == "now") return TailStart{TailStart::From::now, {}};
  if (options_.from == "beginning") return TailStart{TailStart::From::beginning, {}};
  return TailStart{};
}

Result<std::optional<ConsumerHold>> WatchCommand::hold_consumer(const Settings& settings) const {
  if (options_.consumer.empty()) return std::optional<ConsumerHold>();
  OFFSYNC_ASSIGN(const std::string file, replica_file(settings));
  OFFSYNC_ASSIGN(ConsumerHold hold, ConsumerHold::take(file, options_.consumer));
  return std::optional(std::move(hold));
}

int WatchCommand::forget(Context& context, const Settings& settings) const {
  if (options_.consumer.empty() || !options_.exec.empty()) {
    return report(make_error(Errc::usage, "bad_argument",
                             "--forget is for a --consumer, and runs no --exec"));
  }
  auto replica = open_replica(settings, context.clock, context.random);
  if (!replica) return report(replica.error());
  const auto hold = hold_consumer(settings);
  if (!hold) return report(hold.error());
  const auto was = replica->forget_consumer(options_.consumer);
  if (!was) return report(was.error());
  if (!*was) {
    return report(make_error(Errc::no_input, "no_consumer",
                             fmt::format("there is no consumer {}", options_.consumer),
                             "offsync status shows those that there are"));
  }
  say(settings,
      fmt::format("forgot the consumer {}, which was at {}", options_.consumer, (*was)->text()));
  if (report_format(settings) == Format::text) return kOk;
  Out out;
  const nlohmann::ordered_json json = {{"name", options_.consumer}, {"cursor", (*was)->text()}};
  out.json(json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  return out.finish(kOk);
}

int WatchCommand::follow(Context& context, const Settings& settings, const Filter& filter) {
  const auto first = start(filter);
  if (!first) return report(first.error());
  auto replica = open_replica(settings, context.clock, context.random);
  if (!replica) return report(replica.error());
  const auto hold = hold_consumer(settings);
  if (!hold) return report(hold.error());
  ConsumerPlace place(*replica, options_.consumer);
  const auto from = place.start(*first, !options_.from.empty());
  if (!from) return report(from.error());
  const auto info = replica->info();
  if (!info) return report(info.error());
  const std::string remote = remote_of(settings, *info);
  const auto url = parse_remote(remote);
  if (!url) return report(url.error());
  const auto token = authorization(settings);
  if (!token) return report(token.error());
  auto transport = context.network(url->origin, settings);
  if (!transport) return report(transport.error());

  flag_on_interrupt();
  SyncOptions sync;
  sync.mode = SyncOptions::Mode::watch;
  sync.remote = remote;
  sync.request_timeout_ms = settings.request_timeout_ms;
  sync.stream_dead_ms = settings.stream_timeout_ms;
  sync.backoff_cap_ms = settings.retry_wait_ms;
  sync.authorization = *token;
  Talk talk(settings, printable_remote(remote));
  SyncEngine engine(*replica, **transport, context.clock, context.random, talk, sync);
  Sink sink(options_, filter, settings);
  LogTail tail(
      *replica, context.clock, context.random, *from,
      [&] { return Remote::open(context, settings, remote, Remote::Ask::silently); },
      [&](std::string_view line, const EventView& event) {
        const Cursor here = *tail.position();
        if (sink.is_past(Cursor{here.epoch, here.sequence - 1})) return LogTail::Next::end;
        place.begins({here.epoch, here.sequence - 1});
        const LogTail::Next next = sink.take(line, event);
        if (sink.failed()) {
          place.failed();
        } else {
          sink.ran() ? place.done(here) : place.passed(here);
        }
        return next;
      },
      [&](const std::string& notice) { complain(notice); },
      Backoff(std::min(limits::kBackoffBaseMs, settings.retry_wait_ms), settings.retry_wait_ms));
  if (place.kept()) {
    tail.pass_nothing(options_.from.empty() ? std::nullopt : std::optional(first->from));
  }
  if (const auto begun = tail.begin(); !begun) return report(begun.error());
  const auto counts = replica->counts();
  const std::string waiting = counts ? waiting_text(*counts) : "";
  if (!waiting.empty()) say(settings, waiting);
  const int code =
      supervise(context, *replica, engine, **transport, remote, talk, tail, sink, place);
  place.save();
  return end(context, settings, *replica, sink, tail, place,
             place.status().ok() ? code : report(place.status().error()));
}

// What the log had when it was last looked at is shown. The proxy must have been asked: what came
// up to a time is not all here before.
bool WatchCommand::has_all(Replica& replica, const SyncReport& report, const LogTail& tail) {
  const auto at = tail.position();
  if (!report.fetched || !at) return false;
  const auto info = replica.info();
  return info && info->cursor && info->cursor->epoch == at->epoch &&
         at->sequence >= std::max(info->head, info->cursor->sequence);
}

int WatchCommand::supervise(Context& context, Replica& replica, SyncEngine& engine,
                            Transport& transport, const std::string& remote, const Talk& talk,
                            LogTail& tail, Sink& sink, ConsumerPlace& place) const {
  const std::int64_t start_ms = context.clock.steady_ms();
  const auto timeout_ms = parse_timeout_ms(options_.timeout);
  const std::int64_t end_ms = timeout_ms ? start_ms + *timeout_ms : INT64_MAX;
  const std::int64_t until_ms = time_of_until(options_.filter.until, context.clock.wall_ms());
  while (true) {
    const auto more = tail.pump();
    if (!sink.out().flush() || reader_gone()) return kOk;
    if (interrupted()) return kInterrupted;
    if (!more) return report(more.error());
    if (!*more && tail.wants_more() && tail.position()) {
      place.passed(*tail.position());
      place.save();
    }
    if (!place.status().ok()) return kIo;
    if (!tail.wants_more()) return sink.stopped() || sink.failures() > 0 ? kPartial : kOk;
    if (sink.is_past(tail.position())) return sink.failures() > 0 ? kPartial : kOk;
    if (!*more && context.clock.wall_ms() > until_ms && has_all(replica, engine.report(), tail)) {
      return sink.failures() > 0 ? kPartial : kOk;
    }
    const std::int64_t left_ms = end_ms - context.clock.steady_ms();
    if (left_ms <= 0) return timed_out(talk, engine.report(), sink, *more);
    engine.tick();
    if (engine.done()) {
      const auto& error = engine.report().error;
      return error ? report(named(*error, remote)) : kOk;
    }
    transport.poll(*more ? 0 : std::min({engine.wait_time(), kLookMs, left_ms}));
  }
}

int WatchCommand::timed_out(const Talk& talk, const SyncReport& report, const Sink& sink,
                            bool busy) const {
  const double seconds = static_cast<double>(parse_timeout_ms(options_.timeout).value_or(0)) / 1000;
  if (const auto why = talk.in_vain(seconds, busy, report)) return cli::report(*why);
  return sink.failures() > 0 ? kPartial : options_.filter.limit ? kNo : kOk;
}

int WatchCommand::end(const Context& context, const Settings& settings, Replica& replica,
                      Sink& sink, const LogTail& tail, const ConsumerPlace& place, int code) const {
  // Of what the replica has received, the next `watch` begins behind the last event. What a reader
  // who went away has read, nobody knows.
  const auto at = tail.position();
  const bool begun = at && !tail.lost() && (!options_.exec.empty() || !reader_gone());
  const bool early = begun && (tail.wants_more() || sink.stopped() || sink.enough());
  const auto info = early ? std::optional(replica.info()) : std::nullopt;
  const bool more = info && *info && (*info)->cursor && (*info)->cursor->sequence > at->sequence;
  const auto go_on = [&](const Cursor& behind) {
    return watch_command(context.argc, context.argv, behind.text());
  };
  const bool undone = sink.stopped() || (sink.failed() && code == kInterrupted);
  if (place.at() && (more || sink.stopped())) {
    complain(fmt::format("{} has done all up to {}; the same command goes on behind it",
                         place.name(), place.at()->text()));
  } else if (!place.kept() && early && undone) {
    complain(fmt::format("ended at {}, whose command failed; to go on with it: {}", at->text(),
                         go_on(Cursor{at->epoch, at->sequence - 1})));
  } else if (!place.kept() && more) {
    const std::string where =
        fmt::format("ended at {}; to go on behind it: {}", at->text(), go_on(*at));
    // The one that asked for so many may not want to be told.
    sink.enough() ? say(settings, where) : complain(where);
  }
  return sink.out().finish(code);
}

}  // namespace

std::unique_ptr<Command> make_watch_command() {
  return std::make_unique<WatchCommand>();
}

}  // namespace offsync::cli
