#include "crash/store_judge.h"

#include <fmt/format.h>

#include "event/decoder.h"
#include "proxy/ingest/ingest.h"
#include "state/entity_codec.h"
#include "state/state.h"
#include "support/log_questions.h"
#include "support/ports.h"

namespace offsync::test {

using proxy::SqliteLogStore;

const std::vector<std::string>& store_queries() {
  static const std::vector<std::string> queries = {
      "SELECT * FROM store",
      "SELECT * FROM space ORDER BY space_id",
      "SELECT * FROM source ORDER BY source_id",
      "SELECT * FROM event ORDER BY key",
      "SELECT * FROM entity ORDER BY space_id, subject",
      "SELECT * FROM client ORDER BY space_id, source",
      "SELECT * FROM rejection ORDER BY space_id, source, clientseq",
      "SELECT * FROM open_conflict ORDER BY key"};
  return queries;
}

Result<std::unique_ptr<SqliteLogStore>> open_store(const std::string& file, int checkpoint_pages,
                                                   Random& random) {
  SqliteLogStore::Options options;
  options.file = file;
  options.cache_kib = 2000;
  options.checkpoint_pages = checkpoint_pages;
  options.compact_step = 5;
  return SqliteLogStore::open(options, random);
}

namespace {

Problem told(const char* doing, const Error& error) {
  return fmt::format("cannot {}: {}: {}", doing, error.code, error.message());
}

// A space against the lines that were published of it.
class SpaceCheck {
 public:
  SpaceCheck(SqliteLogStore& store, std::string space, const std::vector<std::string>& log)
      : store_(store), space_(std::move(space)), log_(log) {}

  // `acknowledged`: the head that somebody had been told of.
  Problem check(std::uint64_t acknowledged) {
    const auto state = store_.space(space_);
    if (!state) return told("read the space", state.error());
    if (state->head < acknowledged) {
      return fmt::format("the head of {} is {}, {} was acknowledged", space_, state->head,
                         acknowledged);
    }
    if (state->head > log_.size()) return "the log holds more than there ever was";
    if (Problem problem = check_lines(*state); !problem.empty()) return problem;
    return check_entities(*state);
  }

 private:
  Problem check_lines(const proxy::SpaceState& state) {
    const auto entries = store_.read(space_, 0, log_.size() + 1, SIZE_MAX);
    if (!entries) return told("read the log", entries.error());
    std::uint64_t next = state.oldest;
    for (const proxy::LogEntry& entry : *entries) {
      if (entry.sequence != next) return fmt::format("a gap in the log of {} at {}", space_, next);
      if (entry.line != log_[next - 1]) return fmt::format("another event at {}", next);
      ++next;
    }
    if (next == state.head + 1) return {};
    return fmt::format("the log of {} ends before {}, its head is {}", space_, next, state.head);
  }

  Problem check_entities(const proxy::SpaceState& state) {
    State folded;
    Decoder decoder;
    for (std::uint64_t i = 0; i < state.head; ++i) {
      const auto event = decoder.decode(log_[i]);
      if (!event) return "a published line cannot be read";
      folded.fold(**event);
    }
    std::string expected, found;
    for (const auto& [subject, entity] : folded.sorted()) {
      expected += encode_entity(subject, *entity) + "\n";
    }
    proxy::SnapshotSink sink;
    sink.begin = [](const proxy::SpaceState&, std::uint64_t, std::uint64_t) { return true; };
    sink.entity = [&](std::string_view line) {
      found.append(line).append("\n");
      return true;
    };
    sink.conflict = [](std::string_view) { return true; };
    if (const Status read = store_.snapshot(space_, sink); !read) {
      return told("read the snapshot", read.error());
    }
    return found == expected ? Problem{} : "the entities are not the fold of the log";
  }

  SqliteLogStore& store_;
  const std::string space_;
  const std::vector<std::string>& log_;
};

class Judge {
 public:
  Judge(SimDisk& disk, const std::string& file, const Logs& logs, const Step& step,
        std::string& seen, SimRandom& random)
      : disk_(disk),
        file_(file),
        logs_(logs),
        step_(step),
        seen_(seen),
        draws_(random),
        ids_(random.next()) {}

  Problem run() {
    if (Problem problem = open(); !problem.empty()) return problem;
    if (Problem problem = compare(); !problem.empty()) return problem;
    // It is slow, and the next cut most often finds the same.
    if (!seen_before_ || draws_.chance(8)) {
      if (Problem problem = check_spaces(); !problem.empty()) return problem;
    }
    if (draws_.chance(2)) return {};
    if (draws_.chance(3)) disk_.crash_at(1 + draws_.below(40));
    const bool answered = submit_more();
    if (!problem_.empty() || !disk_.dead()) return problem_;
    return look_again(answered);
  }

 private:
  Problem open() {
    auto store = open_store(file_, static_cast<int>(8 + draws_.below(60)), ids_);
    if (!store) return told("open", store.error());
    store_ = std::move(*store);
    return {};
  }

  Problem compare() {
    Dump found = dump(file_, store_queries(), true);
    if (found.integrity != "ok|\n") return "integrity_check: " + found.integrity;
    seen_before_ = found.text == seen_;
    if (!seen_before_) seen_ = found.text;
    if (step_.before->empty()) return {};  // a store that had been begun has begun anew
    if (found.text == *step_.before || found.text == *step_.after) return {};
    if (step_.again) {
      const Status done = store_->compact(step_.space, step_.upto);
      if (!done) return told("compact again", done.error());
      if (dump(file_, store_queries(), false).text == *step_.after) return {};
      return "doing it again does not end as it would have";
    }
    return "it is neither as it was before nor as it was after";
  }

  Problem check_spaces() {
    for (std::size_t i = 0; i < kSpaces.size(); ++i) {
      const std::uint64_t acknowledged = i < step_.heads.size() ? step_.heads[i] : 0;
      Problem problem = SpaceCheck(*store_, kSpaces[i], logs_[i]).check(acknowledged);
      if (!problem.empty()) return problem;
    }
    return {};
  }

  // An event that is in the log is known; a new one gets the next sequence. False: no answer.
  bool submit_more() {
    head_ = store_->space(kSpaces[0])->head;
    std::vector<std::string> lines = {
        R"({"specversion":"1.0","id":"after","source":"/after","type":"t","subject":"after/1",)"
        R"("time":"2023-11-14T22:13:20Z","data":{"set":{"x":1}}})"};
    const bool resend = head_ >= store_->space(kSpaces[0])->oldest;
    if (resend) lines.push_back(content_of(logs_[0][head_ - 1]));
    ManualClock clock;
    proxy::Ingest ingest(*store_, clock, nullptr);
    const auto answer = ingest.submit(kSpaces[0], lines);
    if (!answer) {
      if (!disk_.dead()) problem_ = told("append", answer.error());
      return false;
    }
    if (answer->outcomes[0].kind != OutcomeKind::accepted ||
        answer->outcomes[0].sequence != head_ + 1) {
      problem_ = "a new event did not get the next sequence";
    }
    if (resend && answer->outcomes[1].kind != OutcomeKind::duplicate)
      problem_ = "an event that is in the log was not known again";
    return true;
  }

  static std::string content_of(const std::string& line) {
    Decoder decoder;
    const auto event = decoder.decode(line);
    return event ? encode_content(**event) : line;
  }

  Problem look_again(bool answered) {
    store_.reset();
    disk_.restart(SimDisk::Loss::power);
    if (Problem problem = open(); !problem.empty()) return "then: " + problem;
    const Dump found = dump(file_, store_queries(), true);
    if (found.integrity != "ok|\n") return "integrity_check, then: " + found.integrity;
    const auto kept = known_event(*store_, kSpaces[0], "/after", "after");
    if (!kept) return told("look again", kept.error());
    const std::uint64_t head = store_->space(kSpaces[0])->head;
    if (answered && (!*kept || (*kept)->sequence != head_ + 1)) {
      return "an event accepted after the first cut is gone";
    }
    if (head < head_) return "after the second cut something is gone";
    return {};
  }

  SimDisk& disk_;
  const std::string& file_;
  const Logs& logs_;
  const Step& step_;
  std::string& seen_;
  bool seen_before_ = false;
  SimRandom& draws_;
  SeededRandom ids_;
  std::unique_ptr<SqliteLogStore> store_;
  std::uint64_t head_ = 0;
  Problem problem_;
};

}  // namespace

Problem judge_store(SimDisk& disk, const std::string& file, const Logs& logs, const Step& step,
                    std::string& seen, SimRandom& random) {
  return Judge(disk, file, logs, step, seen, random).run();
}

}  // namespace offsync::test
