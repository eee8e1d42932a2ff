#include "cli/commands/emit_batch.h"

#include <fmt/format.h>

#include <cstdlib>
#include <optional>

#include "base/counted.h"
#include "base/limits.h"
#include "base/rfc3339.h"
#include "base/span_text.h"
#include "cli/input/line_reader.h"
#include "cli/interrupt.h"
#include "cli/text/memory.h"
#include "cli/text/no_effect.h"
#include "cli/text/output.h"

namespace offsync::cli {
namespace {

constexpr std::uint64_t kDoubtsTold = 10;

// Takes the lines in transactions of limits::kEmitBatchEvents.
class Importer {
 public:
  Importer(Context& context, const Settings& settings, const EmitBatchOptions& options,
           Replica& replica, const InputFile& file)
      : context_(context),
        settings_(settings),
        options_(options),
        replica_(replica),
        name_(file.name()),
        reader_(file.fd(), file.name()),
        progress_(settings, context.clock),
        print_(options.dry_run || (options.by_flag && settings.format != Format::text)),
        records_(out_, settings.format == Format::json ? Format::json : Format::ndjson),
        started_ms_(context.clock.steady_ms()) {}

  int run() {
    flag_on_interrupt();
    const Status done = unless_out_of_memory([this] { return take_all(); });
    progress_.clear();
    if (print_) {
      records_.end();
      (void)out_.flush();  // before the talk, where both go to the same place
    }
    summarize();
    if (!done) return out_.finish(report(done.error()));
    if (interrupted()) return out_.finish(kInterrupted);
    return out_.finish(refused_ == 0 ? kOk : kBadData);
  }

 private:
  Status take_all() {
    LineReader::Line line;
    while (!stopped_) {
      // Nobody else may have to wait for a lock while we wait for a slow pipe.
      if (batch_ && reader_.would_wait()) OFFSYNC_TRY(commit());
      if (!reader_.next(line)) break;
      OFFSYNC_TRY(take(line));
      if (in_batch_ >= limits::kEmitBatchEvents) OFFSYNC_TRY(commit());
      if (progress_.due()) show_progress();
    }
    OFFSYNC_TRY(commit());
    return reader_.status();
  }

  Status take(const LineReader::Line& line) {
    if (line.too_long) {
      refuse(line,
             bad_data("too_large", fmt::format("the line is over {} bytes", limits::kLineBytes)));
      return {};
    }
    if (!batch_) {
      OFFSYNC_ASSIGN(const ReplicaInfo info, replica_.info());
      OFFSYNC_ASSIGN(auto batch, replica_.begin_batch());
      batch_.emplace(std::move(batch));
      look_for_doubts(*batch_, context_.clock.wall_ms(), info.clock_offset_ms, options_.strict,
                      doubts_);
    }
    doubts_ = {};
    auto emitted = batch_->add_line(line.text);
    if (!emitted) {
      if (emitted.error().kind != Errc::bad_data) return std::move(emitted).error();
      refuse(line, emitted.error());
      return {};
    }
    tell_doubts(line);
    ++in_batch_;
    ++(emitted->duplicate ? duplicates_ : taken_);
    held_ += emitted->behind.empty() ? 0 : 1;
    if (print_ && !emitted->duplicate) lines_.push_back(std::move(emitted->line));
    return {};
  }

  void refuse(const LineReader::Line& line, const Error& error) {
    progress_.clear();
    complain(fmt::format("{}: line {}, byte {}: {} ({})", name_, line.number, line.byte,
                         error.message(), error.code));
    ++refused_;
    stopped_ = options_.strict;
  }

  // Of a long history the first ones tell what is wrong with it.
  void tell_doubts(const LineReader::Line& line) {
    if (!doubts_.anew.empty() && ++anew_events_ <= kDoubtsTold) tell(line, doubts_.anew);
    if (!doubts_.ahead.empty() && ++ahead_events_ <= kDoubtsTold) tell(line, doubts_.ahead);
    if (doubts_.idle.empty() || ++idle_events_ > kDoubtsTold) return;
    for (const std::string& idle : doubts_.idle) tell(line, idle);
  }

  void tell(const LineReader::Line& line, const std::string& what) {
    progress_.clear();
    say(settings_, fmt::format("{}: line {}, byte {}: {}", name_, line.number, line.byte, what));
  }

  // An event is printed when it is durable.
  Status commit() {
    if (batch_ && !options_.dry_run) {
      OFFSYNC_TRY(batch_->commit());
      batch_.reset();
    }
    in_batch_ = 0;
    for (const std::string& line : lines_) records_.json(line);
    lines_.clear();
    if (print_) (void)out_.flush();
    kept_ = taken_;
    return {};
  }

  void show_progress() {
    const std::int64_t ms = std::max<std::int64_t>(1, context_.clock.steady_ms() - started_ms_);
    const std::uint64_t done = taken_ + duplicates_;
    progress_.update(fmt::format("{}, {} per second", counted(done, "event"),
                                 done * 1000 / static_cast<std::uint64_t>(ms)));
  }

  void summarize() {
    std::string text = fmt::format("{} {}", options_.dry_run ? "would queue" : "queued", kept_);
    if (duplicates_ > 0) text += fmt::format(", {} already there", duplicates_);
    if (refused_ > 0) text += fmt::format(", {} refused", refused_);
    if (idle_events_ > 0) text += fmt::format(", {} with parts that change nothing", idle_events_);
    if (ahead_events_ > 0) text += fmt::format(", {} ahead of the clock", ahead_events_);
    if (anew_events_ > 0) text += fmt::format(", {} that count as written now", anew_events_);
    if (interrupted()) text += ", interrupted";
    if (held_ > 0) text += fmt::format("; {} held behind rejected ones: offsync queue", held_);
    say(settings_, text);
  }

  Context& context_;
  const Settings& settings_;
  const EmitBatchOptions& options_;
  Replica& replica_;
  std::string name_;
  LineReader reader_;
  Progress progress_;
  Out out_;
  bool print_;
  Records records_;
  std::int64_t started_ms_;
  std::optional<Replica::Batch> batch_;
  std::vector<std::string> lines_;
  Doubts doubts_;  // of the latest event
  std::uint64_t idle_events_ = 0, ahead_events_ = 0, anew_events_ = 0;
  std::size_t in_batch_ = 0;
  std::uint64_t taken_ = 0, kept_ = 0, duplicates_ = 0, refused_ = 0, held_ = 0;
  bool stopped_ = false;
};

// A stamp of a replica's own says what it had seen by then, so only the replica gives it.
std::string given_anew(const EventView& event, const Replica::Batch::Given& given) {
  constexpr std::string_view kWay =
      "; what is to count from then has an id and a source of its own";
  if (given.stamp || given.clientseq) {
    return fmt::format("its {} is not kept: an event of this replica's own is written now{}",
                       given.stamp ? "stamp" : "clientseq", kWay);
  }
  const auto time_ms = parse_rfc3339(event.time);
  if (!time_ms || std::abs(*time_ms - event.stamp.ms()) <= limits::kClockGuardMs) return "";
  return fmt::format("its time {} is kept, but it counts as written now{}", event.time, kWay);
}

}  // namespace

void look_for_doubts(Replica::Batch& batch, std::int64_t now_ms, std::int64_t offset_ms,
                     bool strict, Doubts& doubts) {
  // Up to the guard an offset is believed without being confirmed, and the guard comes on top.
  const bool believed = offset_ms <= 0 || offset_ms > limits::kClockGuardMs;
  const std::int64_t there_ms = now_ms + (believed ? offset_ms : 0);
  batch.look_at_new([&doubts, now_ms, there_ms, strict](const EventView& event, bool own,
                                                        const Entity& before,
                                                        const auto& given) -> Status {
    doubts = {without_effect(event, own, before), {}, own ? given_anew(event, given) : ""};
    const std::int64_t ahead = event.stamp.ms() - (own ? there_ms : now_ms);
    if (own && ahead > limits::kClockGuardMs) {
      doubts.ahead = fmt::format(
          "its stamp is {} ahead of this machine's clock, which is wrong now, or was before; a "
          "proxy takes at most {}, and what it rejects gets another stamp by: offsync queue retry",
          span_text(ahead), span_text(limits::kClockGuardMs));
    } else if (ahead > limits::kClockGuardMs) {
      doubts.ahead = fmt::format(
          "its stamp is {} ahead of the clock of this machine; a proxy takes at most {}",
          span_text(ahead), span_text(limits::kClockGuardMs));
    }
    if (strict && !doubts.idle.empty()) return bad_data("no_effect", doubts.idle.front());
    if (strict && own && (given.stamp || given.clientseq)) {
      return bad_data("own_stamp", doubts.anew);
    }
    if (strict && !doubts.ahead.empty()) return bad_data("clock_ahead", doubts.ahead);
    return {};
  });
}

int run_emit_batch(Context& context, const Settings& settings, const EmitBatchOptions& options) {
  auto file = InputFile::open(options.file);
  if (!file) return report(file.error());
  auto replica = open_replica(settings, context.clock, context.random);
  if (!replica) return report(replica.error());
  return Importer(context, settings, options, *replica, *file).run();
}

}  // namespace offsync::cli
