// offsync emit: queues one event, or with --batch as many as a file has.
#include <fmt/format.h>

#include <algorithm>

#include "base/byte_order_mark.h"
#include "cli/command.h"
#include "cli/commands/emit_batch.h"
#include "cli/input/assignment.h"
#include "cli/input/line_reader.h"
#include "cli/options.h"
#include "cli/text/event_text.h"
#include "cli/text/output.h"
#include "cli/text/shell.h"
#include "event/decoder.h"
#include "event/value.h"

namespace offsync::cli {
namespace {

constexpr CommandText kText = {
    "emit", "Queue an event, or a file of events",
    "TYPE SUBJECT [name=text | name:=json | name+=number | name-=number]... [OPTIONS]\n"
    "--batch FILE|- [OPTIONS]",
    "The event is durable in the replica before emit returns; no network is needed. The next sync\n"
    "sends it. On a terminal emit says what it queued, elsewhere it prints the event.\n"
    "\n"
    "--batch takes one JSON object after the other: your own events as\n"
    "{\"type\":..., \"subject\":..., \"data\":{...}}, or CloudEvents from elsewhere, with their "
    "own "
    "id and\n"
    "source. What cannot be taken is reported with its line and byte and left out; the others are\n"
    "kept, and the exit code is 65.\n"
    "\n"
    "What of an event changes nothing (an unset of what is not there, data without an operation) "
    "is\n"
    "told on stderr; with --strict such an event is refused.",
    "offsync emit todo.created todo/1 title=\"Buy milk\" done:=false --create\n"
    "offsync emit stock.sold item/7 count-=2 --add buyers=ann\n"
    "zstd -dc history.ndjson.zst | offsync emit --batch -"};

class Emit final : public Command {
 public:
  const char* name() const override { return kText.name; }

  void define(CLI::App& app, Flags& flags) override {
    flags_ = &flags;
    Options command = add_command(app, kText, flags);
    command.word("TYPE", type_, "What happened: todo.created");
    command.word("SUBJECT", subject_, "The entity, kind/id: todo/1");
    command.words("ASSIGNMENT", words_, "name=text, name:=json, name+=number or name-=number");
    command.repeated("--unset", "NAME", unset_, "Remove the field");
    command.repeated("--add", "NAME=VALUE", add_, "Add a value (or name:=json) to the set");
    command.repeated("--remove", "NAME=VALUE", remove_,
                     "Remove a value (or name:=json) from the set");
    command.flag("--create", create_, "Create the entity, also where it was deleted");
    command.flag("--delete", delete_, "Delete the entity");
    command.text("--data", "JSON|@FILE|-", data_,
                 "The event's data as one JSON object, instead of assignments");
    command.text("--batch", "FILE|-", batch_.file, "Take events from a file, one after the other");
    command.flag("--strict", batch_.strict,
                 "Refuse what changes nothing; a batch stops at what is refused");
    command.flag("--dry-run", batch_.dry_run, "Print what would be queued, keep nothing");
  }

  int run(Context& context, const Settings& settings) override {
    const Status shape = check_shape();
    if (!shape) return report(shape.error());
    batch_.by_flag = flags_->output || flags_->json;
    if (!batch_.file.empty()) return run_emit_batch(context, settings, batch_);
    auto draft = make_draft();
    if (!draft) return report(draft.error());
    auto replica = open_replica(settings, context.clock, context.random);
    if (!replica) return report(replica.error());
    auto emitted = emit(*replica, *draft, context.clock.wall_ms());
    if (!emitted) return report(emitted.error());
    const int code = print_emitted(settings, *emitted, batch_.dry_run);
    for (const std::string& idle : doubts_.idle) say(settings, idle);
    if (!doubts_.ahead.empty()) say(settings, doubts_.ahead);
    return code;
  }

 private:
  bool changes() const {
    return create_ || delete_ || !unset_.empty() || !add_.empty() || !remove_.empty() ||
           !words_.empty();
  }

  Status check_shape() const {
    const auto wrong = [](std::string detail, std::string hint) {
      return make_error(Errc::usage, "bad_argument", std::move(detail), std::move(hint));
    };
    if (!batch_.file.empty()) {
      if (type_.empty() && !changes() && data_.empty()) return {};
      return wrong("--batch takes whole events: it goes with no TYPE, SUBJECT or change", "");
    }
    if (subject_.empty()) {
      return wrong("emit needs a TYPE and a SUBJECT, or --batch", "see: offsync emit --help");
    }
    if (!data_.empty() && changes()) {
      return wrong("--data is the whole of the event's data: it goes with no other change", "");
    }
    return {};
  }

  // A type may look like an entity, but no entity like a type.
  Status check_order() const {
    const Status subject = check_subject(subject_);
    if (!check_subject(type_)) return {};
    const bool change = subject_.substr(0, subject_.find('/')).find('=') != std::string::npos;
    if (subject && !change) return {};
    Error error = subject ? make_error(Errc::usage, "bad_argument",
                                       fmt::format("the subject \"{}\" looks like a change of {}",
                                                   subject_, type_))
                          : subject.error();
    error.hint = change ? fmt::format("a TYPE comes first: offsync emit TYPE {} name=value",
                                      shell_word(type_))
                        : fmt::format("did you mean: offsync emit {} {}", shell_word(subject_),
                                      shell_word(type_));
    return error;
  }

  // The id of an entity is what is forgotten of a subject, or its slash.
  Status check_entity() const {
    const Status subject = check_subject(subject_);
    if (subject || subject_.find('/') != std::string::npos) return subject;
    Error error = subject.error();
    const bool id = !words_.empty() && words_[0].find('=') == std::string::npos;
    const std::string meant = subject_ + '/' + (id ? words_[0] : "1");
    if (check_subject(meant)) {
      error.hint = fmt::format("did you mean: offsync emit {} {}", type_, meant);
    }
    return error;
  }

  // What is allowed, but comes of a slip of the hand more often than not.
  Status check_likely() const {
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    const std::string id = subject_.substr(subject_.find('/') + 1);
    const bool type = std::any_of(type_.begin(), type_.end(), blank);
    const bool subject = blank(subject_.front()) || blank(subject_.back()) || blank(id.front()) ||
                         subject_.find(" /") != std::string::npos;
    if (!type && !subject) return {};
    return make_error(Errc::usage, "bad_argument",
                      type ? fmt::format("the type '{}' has a blank, which is hardly meant", type_)
                           : fmt::format("the subject '{}' has a blank at an end of its kind or "
                                         "id, which is hardly meant",
                                         subject_),
                      "such an event is queued with --batch");
  }

  // A word without "=" is the rest of a value more often than not.
  Error with_quoting_hint(Error error, std::size_t at) const {
    const auto assigns = [](const std::string& word) { return word.find('=') != word.npos; };
    const bool plain = !assigns(words_[at]) && !words_[at].starts_with('-');
    if (!plain || !error.hint.empty()) return error;
    if (at == 0) {
      error.hint = "a change is a field's name and its value, such as name=\"Oat milk\"";
      return error;
    }
    const std::string& before = words_[at - 1];
    const std::string name = before.substr(0, before.find('='));
    if (std::string_view(":+-").find(name.back()) != std::string_view::npos) return error;
    std::string value = before.substr(before.find('=') + 1);
    for (; at < words_.size() && !assigns(words_[at]); ++at) value += " " + words_[at];
    error.hint = "quote values with spaces: " + shell_assignment(name, value);
    return error;
  }

  Result<EventDraft> make_draft() const {
    EventDraft draft;
    draft.type = type_;
    draft.subject = subject_;
    draft.create = create_;
    draft.del = delete_;
    OFFSYNC_TRY(check_type(type_));
    OFFSYNC_TRY(check_order());
    OFFSYNC_TRY(check_entity());
    OFFSYNC_TRY(check_likely());
    for (std::size_t i = 0; i < words_.size(); ++i) {
      const Status added = add_assignment(words_[i], draft);
      if (!added) return with_quoting_hint(added.error(), i);
    }
    for (const std::string& field : unset_) OFFSYNC_TRY(add_unset(field, draft));
    for (const std::string& text : add_) OFFSYNC_TRY(add_element("--add", text, draft.add));
    for (const std::string& text : remove_) {
      OFFSYNC_TRY(add_element("--remove", text, draft.remove));
    }
    return draft;
  }

  // The canonical object of --data.
  Result<std::string> read_data() const {
    std::string text = data_;
    if (data_ == "-" || data_.front() == '@') {
      OFFSYNC_ASSIGN(const InputFile file, InputFile::open(data_ == "-" ? "-" : data_.substr(1)));
      OFFSYNC_ASSIGN(text, read_all(file, limits::kLineBytes));
    }
    if (const auto encoding = other_encoding(text); !encoding.empty()) {
      return bad_data("malformed", fmt::format("--data is {}", encoding),
                      fmt::format("make it UTF-8 first, with iconv -f {} -t UTF-8", encoding));
    }
    text = without_byte_order_mark(text);
    auto json = canonical_json(text);
    if (!json) return bad_data(json.error().code, "--data: " + json.error().detail);
    if (json->front() != '{') return bad_data("malformed", "--data is not a JSON object");
    return json;
  }

  Result<Emitted> emit(Replica& replica, const EventDraft& draft, std::int64_t now_ms) {
    std::string line;
    if (!data_.empty()) {
      OFFSYNC_ASSIGN(const std::string data, read_data());
      line = fmt::format(R"({{"type":{},"subject":{},"data":{}}})", json_string(type_),
                         json_string(subject_), data);
    }
    OFFSYNC_ASSIGN(const ReplicaInfo info, replica.info());
    OFFSYNC_ASSIGN(auto batch, replica.begin_batch());
    look_for_doubts(batch, now_ms, info.clock_offset_ms, batch_.strict, doubts_);
    auto emitted = line.empty() ? batch.add(draft) : batch.add_line(line);
    if (emitted && !batch_.dry_run) OFFSYNC_TRY(batch.commit());
    return emitted;
  }

  const Flags* flags_ = nullptr;
  std::string type_, subject_, data_;
  std::vector<std::string> words_, unset_, add_, remove_;
  Doubts doubts_;
  bool create_ = false;
  bool delete_ = false;
  EmitBatchOptions batch_;
};

}  // namespace

// "queued", or what must be decided about before it goes out.
static std::string what_became_of(const Emitted& emitted) {
  if (emitted.behind.empty()) return "queued";
  return fmt::format("held behind {} (rejected: offsync queue)", emitted.behind);
}

// What a person reads of it.
static void tell_emitted(const Settings& settings, const Emitted& emitted, std::string& told) {
  Decoder decoder;
  const auto event = decoder.decode(emitted.line);
  if (!event) return;
  const char* colon = emitted.behind.empty() ? "" : ":";
  const std::string change = change_text(**event);
  std::string line = fmt::format("{}{} {} {}{}{}", what_became_of(emitted), colon, (*event)->type,
                                 (*event)->subject, change.empty() ? "" : ": ", change);
  if (told != line) say(settings, line);
  told = std::move(line);
}

void print_emitted(const Settings& settings, const Emitted& emitted, Records& records,
                   std::string& told) {
  if (records.format() == Format::text) return tell_emitted(settings, emitted, told);
  records.json(emitted.line);
  if (!emitted.behind.empty()) say(settings, what_became_of(emitted));
}

int print_emitted(const Settings& settings, const Emitted& emitted, bool dry_run) {
  Out out;
  if (!dry_run && record_format(settings, out) == Format::text) {
    std::string told;
    tell_emitted(settings, emitted, told);
    return kOk;
  }
  out.json(emitted.line);
  const int code = out.finish(kOk);
  if (code != kOk && !dry_run) {
    complain(fmt::format("the event is {} all the same", what_became_of(emitted)));
  }
  if (!emitted.behind.empty() && !dry_run) say(settings, what_became_of(emitted));
  return code;
}

std::unique_ptr<Command> make_emit_command() {
  return std::make_unique<Emit>();
}

}  // namespace offsync::cli
