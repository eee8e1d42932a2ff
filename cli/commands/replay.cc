// offsync replay: folds a log to a state.
#include <fmt/format.h>

#include "base/counted.h"
#include "cli/command.h"
#include "cli/input/filter.h"
#include "cli/input/line_reader.h"
#include "cli/input/log_folder.h"
#include "cli/options.h"
#include "cli/remote/remote.h"
#include "cli/text/entity_printer.h"
#include "cli/text/output.h"
#include "cli/text/pager.h"
#include "wire/problem.h"

namespace offsync::cli {
namespace {

constexpr CommandText kText = {
    "replay", "Fold a log to a state", "[FILE|URL|-] [OPTIONS]",
    "Folds events (of offsync log, of the proxy, or CloudEvents from elsewhere) and snapshots of "
    "the\n"
    "proxy to the state that they give, in any order; of URL, a space, its whole log. Without\n"
    "FILE: the log that this replica has received. The memory used grows with the entities, not\n"
    "with the events. A line that cannot be folded is reported with its number and byte and left\n"
    "out; the exit code is then 65.",
    "offsync replay events.ndjson\n"
    "offsync replay http://127.0.0.1:8080/v1/spaces/shop\n"
    "offsync replay --until 2026-11-23T12:00:00Z --subject 'todo/*'\n"
    "zstd -dc history.ndjson.zst | offsync replay - -o ndjson"};

class Replay final : public Command {
 public:
  const char* name() const override { return kText.name; }

  void define(CLI::App& app, Flags& flags) override {
    Options command = add_command(app, kText, flags);
    command.word("FILE", file_, "One event a line; - is stdin; or a space's URL");
    add_filter_options(command, options_, "The first N that pass the filters");
    command.flag("--stamps", stamps_, "Who wrote each field, and when");
    command.flag("--strict", strict_, "Stop at the first bad line, print no state");
    command.tls(flags);
  }

  int run(Context& context, const Settings& settings) override {
    auto filter = Filter::make(options_, context.clock.wall_ms());
    if (!filter) return report(filter.error());
    if (is_url() && !context.network) return run_in_net(context);
    LogFolder folder(*filter);
    Status done;
    if (is_url()) {
      done = fold_remote(context, settings, *filter, folder);
    } else if (file_.empty()) {
      done = fold_replica(context, settings, *filter, folder);
    } else {
      Progress progress(settings, context.clock);
      done = fold_file(folder, progress);
    }
    if (!done) return report(done.error());
    if (Status one = look_at_identities(folder); !one) return report(one.error());
    complain_of_kinds(folder.state());
    if (holes_) {
      complain(
          "the log that this replica has received is not whole, so that neither is its fold; "
          "the next pull fetches what is missing: offsync sync (gap)");
    }
    if (strict_ && (refused_ > 0 || holes_)) return refused_ > 0 ? kBadData : kPartial;
    const Pager pager(settings);
    Out out;
    EntityPrinter printer(settings, out, stamps_);
    for (const auto& [subject, entity] : folder.state().sorted()) {
      if (!printer.print(subject, *entity)) break;
    }
    printer.end();
    return out.finish(refused_ > 0 ? kBadData : holes_ ? kPartial : kOk);
  }

 private:
  Status fold_file(LogFolder& folder, Progress& progress) {
    OFFSYNC_ASSIGN(const InputFile file, InputFile::open(file_));
    LineReader reader(file.fd(), file.name());
    LineReader::Line line;
    while (!folder.full() && reader.next(line)) {
      OFFSYNC_TRY(folder.fold(line, reader));
      if (complain_of(folder.take_refused(), file.name(), progress) && strict_) return {};
      if ((line.number & 0xffff) == 0) {
        progress.update(counted(folder.folded(), "event"));
      }
    }
    folder.finish();
    complain_of(folder.take_refused(), file.name(), progress);
    if (!reader.status().ok()) return reader.status();
    if (Status whole = folder.whole(); !whole) {
      complain_of({{line.number, line.byte, std::move(whole).error()}}, file.name(), progress);
    }
    return {};
  }

  // Whether there are any. With --strict only the first counts.
  bool complain_of(const std::vector<Refused>& refused, const std::string& where,
                   Progress& progress) {
    for (const Refused& line : refused) {
      progress.clear();
      complain(fmt::format("{}: line {}, byte {}: {} ({})", where, line.number, line.byte,
                           line.error.message(), line.error.code));
      ++refused_;
      if (strict_) return true;
    }
    return !refused.empty();
  }

  // Of two contents of one event nobody knows which is the right one. A proxy has refused the
  // second one, so that its log has none.
  Status look_at_identities(LogFolder& folder) {
    const auto found = folder.clashes();
    if (!found) {
      complain(fmt::format("events with two contents were not searched for: {}",
                           found.error().message()));
      return {};
    }
    if (found->count > 0 && is_url()) {
      return make_error(Errc::protocol, "bad_answer",
                        fmt::format("{} has two events of one source and id with different "
                                    "contents, at {} and {}",
                                    printable_remote(file_), found->first.front().first,
                                    found->first.front().other));
    }
    const char* what = file_.empty() ? "events" : "lines";
    for (const Identities::Clash& clash : found->first) {
      complain(
          fmt::format("{} {} and {} have the same source and id but different contents; both "
                      "are folded (id_conflict)",
                      what, clash.first, clash.other));
      if (strict_) break;
    }
    if (found->count > found->first.size() && !strict_) {
      complain(fmt::format("and {} more", found->count - found->first.size()));
    }
    refused_ += found->count;
    return {};
  }

  // Only the whole state tells: of two lines neither is the bad one, and a delete may come between.
  void complain_of_kinds(const State& state) {
    const auto named = [](const Field& field) {
      return fmt::format("{} (event {} of {})", name_of(field.kind()), field.writer().id,
                         field.writer().source);
    };
    for (const auto& [subject, entity] : state.sorted()) {
      if (!entity->lives()) continue;
      const Field* last = nullptr;
      for (const Field& field : entity->fields()) {
        if (last != nullptr && last->name() == field.name()) {
          complain(
              fmt::format("{}: the field '{}' is written as a {} and as a {}; only one is shown "
                          "(kind_mismatch)",
                          subject, field.name(), named(*last), named(field)));
          ++refused_;
          if (strict_) return;
        }
        last = &field;
      }
    }
  }

  bool is_url() const { return file_.starts_with("http://") || file_.starts_with("https://"); }

  // Page by page, so that nothing of one counts before it is whole.
  Status fold_remote(Context& context, const Settings& settings, const Filter& filter,
                     LogFolder& folder) const {
    // Where the events are is what people have at hand.
    const std::string url = file_.substr(0, file_.size() - (file_.ends_with("/events") ? 7 : 0));
    OFFSYNC_ASSIGN(Remote remote, Remote::open(context, settings, url, Remote::Ask::patiently));
    Progress progress(settings, context.clock);
    std::optional<Cursor> at;
    std::uint64_t from = filter.begins_after();
    std::uint64_t head = from + 1;
    if (from > 0) {
      OFFSYNC_ASSIGN(const SpaceInfo space, remote.info());
      OFFSYNC_TRY(filter.is_of(space.epoch, "the proxy's"));
      at = Cursor{space.epoch, from};
      head = space.head;
    }
    while (from < head && from < filter.until_sequence() && !folder.full()) {
      auto answered = remote.events(at, limits::kPageEvents);
      if (!answered && answered.error().code == kCursorExpired && from == filter.begins_after()) {
        return fold_compacted(remote, settings, filter, folder, answered.error());
      }
      OFFSYNC_ASSIGN(const Remote::Page page, std::move(answered));
      OFFSYNC_TRY(filter.is_of(page.next.epoch, "the proxy's"));
      std::uint64_t number = from;
      for (const std::string& line : page.lines) {
        if (!folder.full()) folder.fold_event(line, ++number);
      }
      folder.finish();
      if (const auto refused = folder.take_refused(); !refused.empty()) {
        return make_error(Errc::protocol, "bad_answer",
                          fmt::format("{} has an event that cannot be read: {}",
                                      printable_remote(url), refused.front().error.message()));
      }
      if (page.next.sequence <= from && from < page.head) {
        return make_error(Errc::protocol, "bad_answer",
                          fmt::format("{} answered the same page twice", printable_remote(url)),
                          "is that an offsync proxy?");
      }
      at = page.next;
      from = page.next.sequence;
      head = page.head;
      progress.update(counted(folder.folded(), "event"));
    }
    return {};
  }

  // What a proxy keeps of a log that does not begin with event 1 any more is the state.
  static Status fold_compacted(Remote& remote, const Settings& settings, const Filter& filter,
                               LogFolder& folder, const Error& refused) {
    OFFSYNC_ASSIGN(const SpaceInfo space, remote.info());
    if (space.oldest <= filter.begins_after() + 1) return refused;  // it says that all is there
    if (filter.begins_after() > 0 || !filter.only_subjects_and_until(space.head)) {
      return make_error(
          Errc::bad_data, "compacted",
          fmt::format("the proxy keeps no events before {} any more, but the state that they and "
                      "the others make, at {}",
                      space.oldest, space.head),
          fmt::format("take all that is left with --after {}, or the state, with no filter but "
                      "--subject",
                      space.oldest - 1));
    }
    OFFSYNC_ASSIGN(const SnapshotHeader header,
                   remote.state([&](const EntityRecord& /*record*/, std::string_view line) {
                     return folder.fold_entity(line);
                   }));
    OFFSYNC_TRY(folder.begin_snapshot(header.cursor.sequence));
    say(settings, fmt::format("the proxy keeps no events before {} any more: this is its state, "
                              "at {}",
                              space.oldest, header.cursor.text()));
    return {};
  }

  Status fold_replica(Context& context, const Settings& settings, const Filter& filter,
                      LogFolder& folder) {
    OFFSYNC_ASSIGN(Replica replica, open_replica(settings, context.clock, context.random));
    OFFSYNC_ASSIGN(const ReplicaInfo info, replica.info());
    if (info.cursor) OFFSYNC_TRY(filter.is_of(info.cursor->epoch, "this replica's"));
    if (info.log_after > filter.begins_after()) {
      OFFSYNC_TRY(folder.begin_snapshot(info.log_after));
      Status failed;
      OFFSYNC_TRY(replica.for_each_base([&](std::string_view line) {
        failed = folder.fold_entity(line);
        return failed.ok();
      }));
      OFFSYNC_TRY(std::move(failed));
    }
    LogFilter range;
    range.until = filter.until_sequence();
    std::uint64_t last = info.log_after;
    std::uint64_t number = 0,
                  byte = 0;  // of what `offsync log -o ndjson` prints from its beginning
    OFFSYNC_TRY(replica.for_each_log(range, [&](std::uint64_t sequence, std::string_view line) {
      holes_ = holes_ || sequence != last + 1;
      last = sequence;
      if (!folder.full()) folder.fold_event(line, ++number, byte);
      byte += line.size() + 1;
      return !folder.full();
    }));
    // Where a repair found the log with holes there is no cursor until the next pull.
    const bool pulled = last > info.log_after || info.last_sync_ms > 0;
    const std::uint64_t end = info.cursor ? std::min(info.cursor->sequence, range.until) : 0;
    holes_ = holes_ || (info.cursor ? last < end && !folder.full() : pulled);
    folder.finish();
    OFFSYNC_ASSIGN(const ReplicaInfo after, replica.info());
    const auto epoch = [](const ReplicaInfo& i) { return i.cursor ? i.cursor->epoch : ""; };
    if (epoch(after) != epoch(info) || after.log_after != info.log_after) {
      return make_error(Errc::partial, "log_replaced",
                        "another process has fetched the state anew meanwhile", "run it again");
    }
    Progress progress(settings, context.clock);
    complain_of(folder.take_refused(), "the received log", progress);
    return {};
  }

  std::string file_;
  FilterOptions options_;
  bool stamps_ = false;
  bool strict_ = false;
  std::uint64_t refused_ = 0;
  bool holes_ = false;  // in the received log
};

}  // namespace

std::unique_ptr<Command> make_replay_command() {
  return std::make_unique<Replay>();
}

}  // namespace offsync::cli
