#include "state/field_draft.h"

#include <string>

#include "event/decimal.h"
#include "event/value_key.h"
#include "state/field_writes.h"

namespace offsync {
namespace {

// The texts of an array's elements, with commas.
std::string_view elements_of(std::string_view array) {
  return array.size() < 2 ? std::string_view() : array.substr(1, array.size() - 2);
}

Error misfit(const Conflict& conflict, std::string_view what) {
  return bad_data("kind_mismatch", conflict.field + " is a " + std::string(name_of(conflict.kind)) +
                                       ": its value is " + std::string(what));
}

// Of a set as a whole.
Status give_set(EventDraft& draft, const Conflict& conflict, const Side& side) {
  if (!side.value.empty() && side.value.front() != '[') {
    return misfit(conflict, "an array of elements");
  }
  const std::string_view added = elements_of(side.value), removed = elements_of(side.removed);
  if (!added.empty()) draft.add[conflict.field].emplace_back(added);
  if (!removed.empty()) draft.remove[conflict.field].emplace_back(removed);
  return {};
}

}  // namespace

Status give(EventDraft& draft, const Conflict& conflict, const Side& side, const Field* field) {
  const std::string_view value = side.value;
  if (!conflict.element.empty()) {
    if (!value.empty() && !same_value(value, conflict.element)) {
      return bad_data("kind_mismatch", "the conflict is about an element of the set " +
                                           conflict.field +
                                           ", which is in it or not: no other value fits");
    }
    (value.empty() ? draft.remove : draft.add)[conflict.field].push_back(conflict.element);
  } else if (conflict.kind == FieldKind::set) {
    return give_set(draft, conflict, side);
  } else if (value.empty()) {
    draft.unset.push_back(conflict.field);
  } else if (conflict.kind == FieldKind::reg) {
    draft.set[conflict.field] = value;
  } else {
    auto by = Decimal::parse(value);
    if (!by && value.find_first_of("-0123456789") == 0) {
      return bad_data("bad_number", "one increment cannot make " + conflict.field + " " +
                                        std::string(value) +
                                        ": it is below 2^63 in size, with at most 9 fraction "
                                        "digits");
    }
    if (!by) return misfit(conflict, "a number");
    if (field != nullptr && field->kind() == FieldKind::counter) *by -= field->sum();
    draft.inc[conflict.field] = by->text();
  }
  return {};
}

Side side_in(const EventView& event, const Conflict& conflict, Side side) {
  const FieldWrites writes = writes_of(event, conflict);
  side.omitted = false;
  if (writes.last != nullptr) side.value = writes.last->value;
  if (conflict.kind == FieldKind::set) side.value = "[" + writes.added + "]";
  if (!writes.removed.empty()) side.removed = "[" + writes.removed + "]";
  return side;
}

}  // namespace offsync
