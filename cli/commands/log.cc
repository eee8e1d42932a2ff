// offsync log: prints the received log, and with --pending the queue behind it.
#include <fmt/format.h>

#include <deque>

#include "base/glob.h"
#include "cli/command.h"
#include "cli/input/filter.h"
#include "cli/options.h"
#include "cli/text/event_text.h"
#include "cli/text/output.h"
#include "cli/text/pager.h"
#include "cli/text/shell.h"
#include "event/checks.h"
#include "event/decoder.h"

namespace offsync::cli {
namespace {

constexpr CommandText kText = {
    "log", "Print the received log", "[SUBJECT|GLOB] [OPTIONS]",
    "Prints what this replica has received, in the log's order. It asks nobody: sync first for\n"
    "what is new. -n prints the newest N that pass the filters; with --after, the first N.",
    "offsync log -n 20\n"
    "offsync log todo/1\n"
    "offsync log --type 'todo.*' --since 2h\n"
    "offsync log --subject todo/1 --where title=\"Buy milk\" -o ndjson\n"
    "offsync log --pending"};

class Log final : public Command {
 public:
  const char* name() const override { return kText.name; }

  void define(CLI::App& app, Flags& flags) override {
    Options command = add_command(app, kText, flags);
    command.word("SUBJECT", subject_, "An entity (todo/1), or a glob ('todo/*')");
    add_filter_options(command, options_, "The newest N (with --after: the first N)");
    command.flag("--pending", pending_, "The queue as well, behind the log");
  }

  int run(Context& context, const Settings& settings) override {
    auto filter = Filter::make(options_, context.clock.wall_ms());
    if (!filter) return report(filter.error());
    auto opened = open_known_replica(settings, context.clock, context.random);
    if (!opened) return report(opened.error());
    auto& [replica, info] = *opened;
    auto range = Log::range(*filter, info, settings);
    if (!range) return report(range.error());
    const Pager pager(settings);
    Out out;
    Printer printer(settings, out, *filter, subject_);
    const Status printed = print(replica, *range, printer);
    if (printed || printed.error().code == "unreadable") printer.end();
    if (printed && !printer.found() && !subject_.empty() && !is_kind_and_id(subject_) &&
        subject_.find_first_of("*?\\") == std::string::npos) {
      say(settings, subject_form(subject_) + "; a glob finds more of them, such as " +
                        shell_word(subject_ + "/*"));
    }
    return finish(out, printed);
  }

 private:
  // Prints what passes the filter; keeps the newest back where only those are wanted.
  class Printer {
   public:
    // `subject`: a glob that must match besides; empty: any.
    Printer(const Settings& settings, Out& out, const Filter& filter, std::string_view subject)
        : out_(out),
          records_(out, record_format(settings, out)),
          look_(settings, out),
          table_(out, look_.colors),
          filter_(filter),
          subject_(subject),
          first_(filter.limit() && filter.after()) {}

    // False: nothing more is wanted.
    Result<bool> take(std::string_view line, std::string_view where) {
      if (filter_.limit() && *filter_.limit() == 0) return false;
      OFFSYNC_ASSIGN(const EventView* event, decoder_.decode(line));
      if (!filter_.matches(*event)) return true;
      if (!subject_.empty() && !glob_match(subject_, event->subject)) return true;
      found_ = true;
      Found found;
      if (records_.format() == Format::text) {
        found.row = event_row(*event, where, look_);
      } else {
        found.line = line;
      }
      if (!filter_.limit() || first_) {
        print(std::move(found));
        return out_.open() && !(first_ && ++printed_ == *filter_.limit());
      }
      newest_.push_back(std::move(found));
      if (newest_.size() > *filter_.limit()) newest_.pop_front();
      return true;
    }

    bool found() const { return found_; }

    void end() {
      for (Found& found : newest_) print(std::move(found));
      table_.flush();
      records_.end();
    }

   private:
    struct Found {
      Row row;           // format text
      std::string line;  // others
    };
    void print(Found found) {
      if (records_.format() == Format::text) {
        table_.add(std::move(found.row));
      } else {
        records_.json(found.line);
      }
    }

    Out& out_;
    Records records_;
    Look look_;
    Table table_;
    const Filter& filter_;
    std::string_view subject_;
    Decoder decoder_;
    bool first_;
    bool found_ = false;
    std::uint64_t printed_ = 0;
    std::deque<Found> newest_;
  };

  static Result<LogFilter> range(const Filter& filter, const ReplicaInfo& info,
                                 const Settings& settings) {
    LogFilter range;
    range.until = filter.until_sequence();
    if (filter.after()) {
      if (info.cursor) OFFSYNC_TRY(filter.is_of(info.cursor->epoch, "this replica's"));
      range.after = filter.after()->sequence;
    }
    // Whoever reads by hand wants to know, and who asks for what was before it.
    const bool asked = filter.after() || filter.since_is_before(info.log_after);
    if (range.after < info.log_after && (asked || output_is_terminal())) {
      say(settings,
          fmt::format("the received log begins after sequence {}: what was before came as a state",
                      info.log_after));
    }
    return range;
  }

  Status print(Replica& replica, const LogFilter& range, Printer& printer) const {
    Status failed;
    bool more = true;
    const auto take = [&](std::string_view line, std::string_view where) {
      auto taken = printer.take(line, where);
      if (!taken) failed = taken.error();
      more = taken && *taken;
      return more;
    };
    OFFSYNC_TRY(replica.for_each_log(range, [&](std::uint64_t sequence, std::string_view line) {
      return take(line, std::to_string(sequence));
    }));
    if (pending_ && more) {
      OFFSYNC_TRY(replica.for_each_pending([&](const PendingEvent& event) {
        if (event.code == "unreadable") {
          note_failure(failed, unreadable(event));
          return true;
        }
        return take(event.line, name_of(event.state));
      }));
    }
    return failed;
  }

  FilterOptions options_;
  std::string subject_;
  bool pending_ = false;
};

}  // namespace

std::unique_ptr<Command> make_log_command() {
  return std::make_unique<Log>();
}

}  // namespace offsync::cli
