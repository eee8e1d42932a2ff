#include "cli/text/no_effect.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "base/text.h"
#include "cli/text/escape.h"
#include "cli/text/event_text.h"
#include "cli/text/suggest.h"
#include "event/decimal.h"
#include "event/value.h"

namespace offsync::cli {
namespace {

namespace od = simdjson::ondemand;

constexpr std::size_t kShownColumns = 60;

const std::vector<std::string>& operations() {
  static const std::vector<std::string> kNames = {"add", "base",   "create", "delete",
                                                  "inc", "remove", "set",    "unset"};
  return kNames;
}

// The operation that `name` nearly is. Of two letters, that with one more: nearest() takes no word
// so short for another.
std::string meant_by(std::string_view name) {
  std::string small = lower(name);
  if (small.starts_with('$')) small.erase(0, 1);
  if (small.size() != 2) return nearest(small, operations());
  for (const std::string& operation : operations()) {
    if (operation.size() != 3) continue;
    for (std::size_t i = 0; i < operation.size(); ++i) {
      if (std::string(operation).erase(i, 1) == small) return operation;
    }
  }
  return {};
}

// How the value of an operation looks like.
bool fits(std::string_view operation, od::value& value) {
  od::json_type type{};
  if (value.type().get(type)) return false;
  if (operation == "create" || operation == "delete") return type == od::json_type::boolean;
  if (operation == "unset") return type == od::json_type::array;
  return type == od::json_type::object;
}

struct Members {
  bool any = false;              // of data
  bool operation = false;        // one that is one, perhaps with nothing in it
  std::vector<std::string> odd;  // sentences
};

// The members of `data`, which is canonical JSON.
Members look_at(std::string_view data) {
  Members found;
  const simdjson::padded_string padded(data);
  od::parser parser;
  od::document document;
  od::object object;
  if (parser.iterate(padded).get(document) || document.get_object().get(object)) return found;
  for (auto item : object) {
    od::field field;
    std::string_view name;
    if (std::move(item).get(field) || field.unescaped_key().get(name)) return found;
    found.any = true;
    const auto& known = operations();
    if (std::find(known.begin(), known.end(), name) != known.end()) {
      found.operation |= name != "base";
      continue;
    }
    const std::string meant = meant_by(name);
    od::value value = field.value();
    if (meant.empty() || !fits(meant, value)) continue;
    found.odd.push_back(
        fmt::format("\"{}\" in data is no operation and changes nothing; did you "
                    "mean \"{}\"?",
                    clip(escape_text(name), kShownColumns), meant));
  }
  return found;
}

std::string like(std::string_view name, const Entity& before) {
  std::vector<std::string> names;
  for (const Field& field : before.fields()) {
    if (field.shows()) names.push_back(field.name());
  }
  const std::string meant = did_you_mean(name, names);
  return meant.empty() ? "" : "; " + meant;
}

class Effects {
 public:
  Effects(const EventView& event, const Entity& before) : event_(event), before_(before) {}

  void data() {
    Members members = look_at(event_.data);
    out = std::move(members.odd);
    if (event_.writes() || !event_.causationid.empty() || !members.any || !out.empty()) return;
    if (members.operation) {
      say("its operations have nothing in them");
    } else {
      say(fmt::format("its data has no operation; did you mean {{\"set\":{}}}?",
                      value_text(event_.data, kShownColumns)));
    }
  }

  void state() {
    const std::string subject = escape_text(event_.subject);
    if (event_.del && before_.empty()) {
      say(fmt::format("there is no {}; its delete will hide edits that do not create it", subject));
    } else if (event_.del && !before_.lives()) {
      say(fmt::format("{} is deleted already", subject));
    } else if (event_.create && event_.ops.empty() && before_.lives()) {
      say(fmt::format("{} is there already, and nothing else is said of it", subject));
    }
    if (only_takes_away() && before_.empty()) {
      out.push_back(fmt::format(
          "there is no {} to take anything from; this makes it, without a field", subject));
      return;
    }
    for (const Op& op : event_.ops) {
      if (op.kind == OpKind::unset || op.kind == OpKind::remove) take_away(op, subject);
      if (op.kind == OpKind::set || op.kind == OpKind::unset) later_write(op, subject);
      if (op.kind == OpKind::inc) add_nothing(op, subject);
    }
  }

  std::vector<std::string> out;

 private:
  void say(const std::string& why) {
    const bool all = event_.ops.size() + (event_.create ? 1 : 0) <= 1;
    out.push_back((all ? "this changes nothing: " : "a part of this changes nothing: ") + why);
  }

  // Whether the event itself makes the set.
  bool adds_to(std::string_view field) const {
    return std::any_of(event_.ops.begin(), event_.ops.end(),
                       [&](const Op& op) { return op.kind == OpKind::add && op.field == field; });
  }

  bool only_takes_away() const {
    return !event_.create && !event_.ops.empty() &&
           std::all_of(event_.ops.begin(), event_.ops.end(), [](const Op& op) {
             return op.kind == OpKind::unset || op.kind == OpKind::remove;
           });
  }

  void take_away(const Op& op, const std::string& subject) {
    const std::string name = escape_text(op.field);
    const Field* field = before_.find(op.field);
    const bool there = field != nullptr && field->shows() && before_.lives();
    if (!there && op.kind == OpKind::remove && adds_to(op.field)) {
      say(fmt::format("{} of {} has no element {}", name, subject,
                      value_text(op.value, kShownColumns)));
    } else if (!there) {
      say(fmt::format("{} has no {} {}{}", subject, op.kind == OpKind::remove ? "set" : "field",
                      name, like(op.field, before_)));
    } else if (op.kind == OpKind::remove && field->kind() == FieldKind::set) {
      const SetElement* element = field->element(op.value);
      if (element != nullptr && element->present) return;
      say(fmt::format("{} of {} has no element {}", name, subject,
                      value_text(op.value, kShownColumns)));
    }
  }

  // Where there is no such counter yet, there is one with it.
  void add_nothing(const Op& op, const std::string& subject) {
    const Field* field = before_.find(op.field);
    if (Decimal::parse(op.value) != Decimal() || field == nullptr || !before_.lives()) return;
    say(fmt::format("{} of {} stays as it is where 0 is added", escape_text(op.field), subject));
  }

  // A clock that ran ahead.
  void later_write(const Op& op, const std::string& subject) {
    const Field* field = before_.find(op.field);
    if (field == nullptr || !field->shows() || field->stamp() < event_.stamp) return;
    const Writer by = field->writer();
    say(fmt::format("{} of {} was written by {} at {}, which is later than this",
                    escape_text(op.field), subject, escape_text(by.source),
                    time_text(by.stamp.ms())));
  }

  const EventView& event_;
  const Entity& before_;
};

}  // namespace

std::vector<std::string> without_effect(const EventView& event, bool own, const Entity& before) {
  Effects effects(event, before);
  effects.data();
  if (own) effects.state();
  return std::move(effects.out);
}

}  // namespace offsync::cli
