// offsync resolve: decides conflicts by events that cite them.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/counted.h"
#include "cli/command.h"
#include "cli/commands/conflict_now.h"
#include "cli/commands/conflict_text.h"
#include "cli/commands/emit_batch.h"
#include "cli/options.h"
#include "cli/remote/conflict_find.h"
#include "cli/remote/sync.h"
#include "cli/text/escape.h"
#include "cli/text/output.h"
#include "cli/text/shell.h"
#include "event/decoder.h"
#include "event/value.h"
#include "replica/resolution.h"

namespace offsync::cli {
namespace {

constexpr CommandText kText = {
    "resolve", "Decide conflicts",
    "ID|SUBJECT...|--all --ours|--theirs|--current|--incoming|--keep|--value TEXT [OPTIONS]",
    "Queues an event that sets the field and cites the conflict, which is thereby closed; the next "
    "sync sends it. Ours is what this replica wrote; current is what was in the log, and incoming "
    "what met it there. A SUBJECT stands for all open conflicts of that entity. ID may be "
    "shortened to its beginning, of 8 characters or more. What was written after both sides is "
    "replaced only where the conflict is given by its ID. A conflict that is not here yet is "
    "pulled first.",
    "offsync resolve 8f21c07e --ours\n"
    "offsync resolve 8f21c07e --value \"Buy oat milk\"\n"
    "offsync resolve 8f21c07e --value :=42\n"
    "offsync resolve todo/1 --incoming\n"
    "offsync resolve --all --keep"};

// A conflict that was asked for, and whether by its id.
struct Chosen {
  ConflictRecord record;
  bool named = false;
};

// What was asked for, and why some of it cannot be decided.
struct Choices {
  std::vector<Chosen> conflicts;
  std::vector<Error> wrong;
  bool unknown = false;  // some of it is not here, or not yet
};

Error wrong(std::string detail) {
  return wrong_arguments(kText, std::move(detail));
}

class Resolve final : public Command {
 public:
  const char* name() const override { return kText.name; }

  void define(CLI::App& app, Flags& flags) override {
    Options command = add_command(app, kText, flags);
    command.words("ID", ids_, "Conflicts' ids, or entities");
    command.flag("--all", all_, "All open conflicts");
    command.flag("--ours", ours_, "Take the value that this replica wrote");
    command.flag("--theirs", theirs_, "Take the other value");
    command.flag("--current", current_, "Take the value that was in the log");
    command.flag("--incoming", incoming_, "Take the value that met it there");
    command.flag("--keep", keep_, "Leave it as it is");
    command.text("--value", "TEXT", value_, "Take this text, or :=JSON");
    command.remote(flags);
    command.tls(flags);
  }

  int run(Context& context, const Settings& settings) override {
    if (const Status shape = check_shape(); !shape) return report(shape.error());
    auto opened = open_known_replica(settings, context.clock, context.random);
    if (!opened) return report(opened.error());
    auto& [replica, info] = *opened;
    auto chosen = choose(replica);
    // It may have been listed by the proxy, and not be pulled yet.
    if (chosen && chosen->unknown && !remote_of(settings, info).empty()) {
      if (!context.network && net_program()) return run_in_net(context);
      if (context.network) {
        const Status pulled = pull(context, settings, replica);
        // A proxy that says no is no proxy that is away.
        if (!pulled && pulled.error().kind != Errc::unreachable) return report(pulled.error());
        if (!pulled) {
          complain(
              fmt::format("it cannot be looked for at the proxy: {}", pulled.error().message()));
        }
        chosen = choose(replica);  // of a pull that was cut, some has come
      }
    }
    if (!chosen) return report(chosen.error());
    if (all_ && chosen->conflicts.empty()) say(settings, "there is no open conflict");
    return decide_all(settings, replica, info, *chosen);
  }

 private:
  int sides() const {
    return (ours_ ? 1 : 0) + (theirs_ ? 1 : 0) + (current_ ? 1 : 0) + (incoming_ ? 1 : 0) +
           (keep_ ? 1 : 0);
  }

  Status check_shape() const {
    if (all_ && !ids_.empty()) return wrong("resolve takes IDs or --all, not both");
    if (ids_.empty() && !all_) return wrong("resolve needs the ID of a conflict, or --all");
    if (sides() + (value_ ? 1 : 0) != 1) {
      return wrong(
          "resolve needs one of --ours, --theirs, --current, --incoming, --keep and --value");
    }
    if (value_ && (all_ || ids_.size() > 1)) return wrong("--value is for one conflict");
    return {};
  }

  static Status pull(Context& context, const Settings& settings, Replica& replica) {
    OFFSYNC_ASSIGN(const SyncReport done, sync_once(context, settings, replica, false, true));
    return done.error ? Status(*done.error) : Status();
  }

  // What each word means: all open conflicts of an entity, or one by its id, and with it what was
  // written by the same edit and met the same delete.
  Result<Choices> choose(Replica& replica) const {
    OFFSYNC_ASSIGN(const auto known, replica.conflicts(true));
    Choices choices;
    std::set<std::string> ids;
    const auto take = [&](const ConflictRecord& record, bool named) {
      if (!record.resolved_by.empty() || !ids.insert(record.conflict.id).second) return;
      choices.conflicts.push_back({record, named});
    };
    if (all_) {
      for (const ConflictRecord& record : known) take(record, false);
    }
    for (const std::string& word : ids_) {
      bool entity = false, open = false;
      for (const ConflictRecord& record : known) {
        if (record.subject != word) continue;
        entity = true;
        open = open || record.resolved_by.empty();
        take(record, false);
      }
      if (open) continue;
      const auto record = entity ? Result<ConflictRecord>(none_open(word)) : find_open(known, word);
      if (!record) {
        choices.unknown = choices.unknown || entity || record.error().code == "no_conflict";
        choices.wrong.push_back(record.error());
        continue;
      }
      take(*record, true);
      for (const ConflictRecord& other : known) {
        if (meeting_of(other) == meeting_of(*record)) take(other, true);
      }
    }
    if (value_ && choices.conflicts.size() > 1) return many(ids_.front(), choices.conflicts);
    return choices;
  }

  static Result<ConflictRecord> find_open(const std::vector<ConflictRecord>& known,
                                          const std::string& id) {
    auto record = find_conflict(known, id);
    if (!record && id.find('/') != std::string::npos) {
      return make_error(Errc::no_input, "no_conflict", "there is no conflict of " + id,
                        "see what is there with: offsync conflicts");
    }
    if (record) OFFSYNC_TRY(check_open(*record));
    return record;
  }

  static Error many(const std::string& word, const std::vector<Chosen>& chosen) {
    std::string fields;
    for (const Chosen& one : chosen) {
      if (meeting_of(one.record) != meeting_of(chosen.front().record)) {
        return wrong(
            fmt::format("--value is for one conflict, and {} has {}", word, chosen.size()));
      }
      fields += (fields.empty() ? "" : ", ") + field_text(one.record.conflict);
    }
    return make_error(Errc::usage, "bad_argument",
                      fmt::format("--value is for one field, and an edit of {} met a delete: they "
                                  "are decided together",
                                  fields),
                      look_at(chosen.front().record.conflict));
  }

  static std::string look_at(const Conflict& conflict) {
    return fmt::format("see what can be chosen with: offsync conflicts show {}", conflict.id);
  }

  static Status check_open(const ConflictRecord& record) {
    if (record.resolved_by.empty()) return {};
    return make_error(Errc::usage, "already_resolved",
                      fmt::format("conflict {} is resolved already, by event {}",
                                  record.conflict.id, record.resolved_by),
                      "change the field with: offsync emit");
  }

  static Error none_open(const std::string& subject) {
    return make_error(Errc::usage, "already_resolved",
                      fmt::format("all conflicts of {} are resolved already", subject),
                      "see them with: offsync conflicts --all");
  }

  // Each is an event of its own: what cannot be decided so does not stop the others.
  int decide_all(const Settings& settings, Replica& replica, const ReplicaInfo& info,
                 const Choices& choices) const {
    auto resolver = Resolver::begin(replica);
    if (!resolver) return report(resolver.error());
    Out out;
    Records records(out, record_format(settings, out));
    std::size_t done = 0;
    int code = kOk;
    for (const Error& error : choices.wrong) code = report(error);
    std::string told, told_of;
    for (const Chosen& one : choices.conflicts) {
      const ConflictRecord& record = one.record;
      auto decisions = resolver->decisions(record.subject);
      if (!decisions) return out.finish(report(decisions.error()));
      const auto made = decide(**decisions, info, one);
      const auto emitted = made ? replica.emit(made->draft) : Result<Emitted>(made.error());
      if (!emitted) {
        code = report(emitted.error());
        continue;
      }
      ++done;
      // A meeting of an edit and a delete has a record for each field, and is one to who decides.
      const std::string meeting = meeting_of(record);
      if (std::exchange(told_of, meeting) != meeting) told.clear();
      print_emitted(settings, *emitted, records, told);
      (void)out.flush();  // before the talk, where both go to the same place
      const auto later = made->over ? (*decisions)->later(record.conflict) : Result(made->replaces);
      if (!later) {
        code = report(later.error());
      } else if (*later) {
        say(settings, note_text(record, **later, made->over));
      }
    }
    records.end();
    const int printed = out.finish(kOk);
    if (printed != kOk) {
      complain(
          fmt::format("{} queued all the same", counted(done, "decision is", "decisions are")));
      return printed;
    }
    return code != kOk && done > 0 ? kPartial : code;
  }

  // What is not said by the event.
  static std::string note_text(const ConflictRecord& record, const Later& later, bool over) {
    const std::string id = escape_text(record.conflict.id);
    const std::string what = later_text(record, later, ::isatty(2) == 1);
    return over ? fmt::format("{}; the conflict {} is closed, and nothing is written", what, id)
                : fmt::format("that replaces what was written after both sides: {}", what);
  }

  Result<Resolution> decide(Decisions& decisions, const ReplicaInfo& info,
                            const Chosen& chosen) const {
    const Conflict& conflict = chosen.record.conflict;
    if (keep_) return decisions.decide(conflict, {});
    if (value_) {
      OFFSYNC_ASSIGN(std::string json, json_of_value());
      Choice choice{Choice::Kind::value, {}};
      choice.side.value = std::move(json);
      auto made = decisions.decide(conflict, choice, !chosen.named);
      if (made || made.error().code != "kind_mismatch") return made;
      return bad_data("kind_mismatch", std::move(made.error().detail), look_at(conflict));
    }
    const Ours ours = ours_of(conflict, info);
    if ((ours_ || theirs_) && ours == Ours::neither) return not_ours(chosen.record, info);
    const bool take_current =
        current_ || (ours_ && ours == Ours::current) || (theirs_ && ours == Ours::incoming);
    const Side& side = take_current ? conflict.current : conflict.incoming;
    return decisions.decide(conflict, Choice::of(side), !chosen.named);
  }

  static Error not_ours(const ConflictRecord& record, const ReplicaInfo& info) {
    const Conflict& conflict = record.conflict;
    const bool both = is_ours(conflict.current, info);
    return make_error(Errc::usage, "not_ours",
                      fmt::format("{} side of the conflict {} was written by this replica ({})",
                                  both ? "each" : "neither", conflict.id, info.source),
                      fmt::format("--current makes {}, --incoming makes {}",
                                  outcome_text(conflict, conflict.current),
                                  outcome_text(conflict, conflict.incoming)));
  }

  // Text as `emit` takes it, or JSON behind ":=".
  Result<std::string> json_of_value() const {
    if (!value_->starts_with(":=")) {
      if (valid_utf8(*value_)) return json_string(*value_);
      return bad_data("malformed", "the text of --value is not UTF-8");
    }
    const std::string text = value_->substr(2);
    auto json = canonical_json(text);
    if (json) return json;
    // What begins with := would be taken for JSON again, and an empty value for none.
    const bool as_json = text.empty() || text.starts_with(":=");
    const std::string word = as_json && valid_utf8(text) ? ":=" + json_string(text) : text;
    return bad_data("malformed", fmt::format("--value {}: {}", *value_, json.error().detail),
                    fmt::format("for {} text write: --value {}",
                                text.empty() ? "an empty" : "plain", shell_word(word)));
  }

  std::vector<std::string> ids_;
  bool all_ = false;
  bool ours_ = false, theirs_ = false, current_ = false, incoming_ = false, keep_ = false;
  std::optional<std::string> value_;
};

}  // namespace

std::unique_ptr<Command> make_resolve_command() {
  return std::make_unique<Resolve>();
}

}  // namespace offsync::cli
