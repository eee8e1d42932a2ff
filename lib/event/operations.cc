#include "event/operations.h"

#include <fmt/format.h>

#include <algorithm>

#include "event/checks.h"
#include "event/decimal.h"

namespace offsync {

namespace od = canonical::od;

namespace {

// Around an element in base: data, base, the field, the stamp's array.
constexpr int kBaseElementDepth = 4;

// register, counter or set
int kind_number(OpKind kind) {
  switch (kind) {
    case OpKind::set:
    case OpKind::unset:
      return 0;
    case OpKind::inc:
      return 1;
    default:
      return 2;
  }
}

}  // namespace

bool Operations::read(canonical::Walker& walker, od::value data, EventView& event) {
  walker_ = &walker;
  od::json_type type{};
  if (const auto error = data.type().get(type)) return walker.fail(error);
  if (type == od::json_type::null) {
    return canonical::Walker::token(data) == "null" ||
           walker.fail("malformed", "data is not well-formed JSON");
  }
  od::object object;
  if (type != od::json_type::object || data.get_object().get(object) != simdjson::SUCCESS) {
    return walker.fail("malformed", "data must be an object");
  }
  unordered_ = false;
  char* const begin = walker.out().at();
  if (!read_object(object, event)) return false;
  if (unordered_ && !read_in_order(begin, event)) return false;
  event.data = walker.out().since(begin);
  event.ops = ops_;
  event.bases = bases_;
  return check(event);
}

// The operations hold views into the canonical text, so what came out of order is first brought
// into order as a whole and then read again. It has one name twice if that cannot be done.
bool Operations::read_in_order(char* begin, EventView& event) {
  canonical::Out& out = walker_->out();
  const simdjson::padded_string first(out.since(begin));
  od::document document;
  od::value whole;
  if (parser_.iterate(first).get(document) || document.get_value().get(whole)) {
    return walker_->fail("malformed", "data cannot be brought into order");
  }
  out.rewind(begin);
  if (!walker_->write(whole, 0)) return false;

  const simdjson::padded_string second(out.since(begin));
  od::object object;
  if (parser_.iterate(second).get(document) || document.get_object().get(object)) {
    return walker_->fail("malformed", "data cannot be brought into order");
  }
  out.rewind(begin);
  clear();
  event.create = event.del = event.base_given = false;
  return read_object(object, event);
}

template <class Each>
bool Operations::members(od::object& object, const Each& each) {
  canonical::Out& out = walker_->out();
  out.put('{');
  std::string_view previous;
  bool first = true;
  for (auto item : object) {
    od::field field;
    if (const auto error = std::move(item).get(field)) return walker_->fail(error);
    if (!first) out.put(',');
    std::string_view name;
    if (!walker_->write_name(field, name)) return false;
    if (!first && name <= previous) unordered_ = true;
    first = false;
    previous = name;
    if (!each(name, field.value())) return false;
  }
  out.put('}');
  return true;
}

bool Operations::read_object(od::object& object, EventView& event) {
  return members(object, [&](std::string_view name, od::value value) {
    return read_member(name, value, event);
  });
}

bool Operations::read_member(std::string_view name, od::value value, EventView& event) {
  if (name == "set") return read_fields(name, value, OpKind::set);
  if (name == "base") {
    event.base_given = true;
    od::object object;
    if (value.get_object().get(object))
      return walker_->fail("bad_operation", "base must be an object");
    return members(
        object, [&](std::string_view field, od::value stamp) { return read_base(field, stamp); });
  }
  if (name == "create") return read_flag(name, value, event.create);
  if (name == "delete") return read_flag(name, value, event.del);
  if (name == "inc") return read_fields(name, value, OpKind::inc);
  if (name == "add") return read_fields(name, value, OpKind::add);
  if (name == "remove") return read_fields(name, value, OpKind::remove);
  if (name == "unset") return read_unset(value);
  return walker_->write(value, 1);
}

bool Operations::read_flag(std::string_view name, od::value& value, bool& flag) {
  if (canonical::Walker::token(value) != "true") {
    return walker_->fail("bad_operation", fmt::format("{} must be true where it is there", name));
  }
  flag = true;
  walker_->out().put("true");
  return true;
}

bool Operations::check_name(std::string_view field) {
  if (is_field_name(field)) return true;
  return walker_->fail(
      "bad_operation",
      fmt::format("the field name \"{}\" is empty, over {} bytes, or has a control "
                  "character, a quote or a backslash",
                  printable(field), limits::kFieldNameBytes));
}

bool Operations::read_fields(std::string_view what, od::value& value, OpKind kind) {
  od::object object;
  if (value.get_object().get(object)) {
    return walker_->fail("bad_operation", fmt::format("{} must be an object", what));
  }
  return members(object, [&](std::string_view field, od::value item) {
    return check_name(field) && read_field(field, item, kind);
  });
}

bool Operations::read_field(std::string_view field, od::value value, OpKind kind) {
  if (kind == OpKind::add || kind == OpKind::remove) return read_elements(field, value, kind);
  const char* const at = walker_->out().at();
  if (!walker_->write(value, 2)) return false;
  const std::string_view text = walker_->out().since(at);
  if (kind == OpKind::inc && !Decimal::parse(text)) {
    return walker_->fail(
        "bad_number",
        fmt::format(
            "inc of {} by {} {}: it takes numbers below 2^63 with at most {} fraction digits",
            field, printable_json(text),
            canonical::is_number(text) ? "would not be exact" : "is no number",
            limits::kCounterFractionDigits));
  }
  ops_.push_back({kind, field, text});
  return true;
}

bool Operations::read_elements(std::string_view field, od::value& value, OpKind kind) {
  od::array array;
  if (value.get_array().get(array)) {
    return walker_->fail("bad_operation",
                         fmt::format("{} of {} must be an array of values",
                                     kind == OpKind::add ? "add" : "remove", field));
  }
  // One level less than there is room for, so that a base, too, can hold every element.
  return elements(array, kBaseElementDepth, [&](std::string_view element) {
    ops_.push_back({kind, field, element});
  });
}

template <class Each>
bool Operations::elements(od::array& array, int depth, const Each& each) {
  canonical::Out& out = walker_->out();
  out.put('[');
  bool first = true;
  for (auto item : array) {
    od::value element;
    if (const auto error = std::move(item).get(element)) return walker_->fail(error);
    if (!first) out.put(',');
    first = false;
    const char* const at = out.at();
    if (!walker_->write(element, depth)) return false;
    each(out.since(at));
  }
  out.put(']');
  return true;
}

bool Operations::read_unset(od::value& value) {
  od::array array;
  if (value.get_array().get(array)) {
    return walker_->fail("bad_operation", "unset must be an array of field names");
  }
  canonical::Out& out = walker_->out();
  out.put('[');
  bool first = true;
  for (auto item : array) {
    od::value element;
    if (const auto error = std::move(item).get(element)) return walker_->fail(error);
    if (!first) out.put(',');
    first = false;
    std::string_view field;
    if (!walker_->read_string(element, field, "a field of unset") || !check_name(field)) {
      return false;
    }
    char* const at = out.at();
    canonical::write_quoted(out, field);
    // A field name has nothing to escape, so that it stands in the output as it is.
    ops_.push_back({OpKind::unset, {at + 1, field.size()}, {}});
  }
  out.put(']');
  return true;
}

bool Operations::read_base(std::string_view field, od::value value) {
  if (!check_name(field)) return false;
  od::json_type type{};
  if (const auto error = value.type().get(type)) return walker_->fail(error);
  if (type == od::json_type::object) return read_element_bases(field, value);
  std::string_view text;
  if (type != od::json_type::string) return bad_base(field);
  if (!walker_->read_string(value, text)) return false;
  const auto stamp = Stamp::parse(text);
  if (!stamp) return bad_base(field);
  canonical::write_quoted(walker_->out(), text);
  bases_.push_back({field, *stamp});
  return true;
}

bool Operations::bad_base(std::string_view field) {
  return walker_->fail("bad_operation",
                       fmt::format("base of {} is neither a stamp nor, for a set, an object that "
                                   "has for each stamp an array of elements",
                                   field));
}

// {"<stamp>":[<elements>]}
bool Operations::read_element_bases(std::string_view field, od::value& value) {
  od::object object;
  if (const auto error = value.get_object().get(object)) return walker_->fail(error);
  const std::size_t before = bases_.size();
  const bool read = members(object, [&](std::string_view text, od::value values) {
    const auto stamp = Stamp::parse(text);
    od::array array;
    if (!stamp || values.get_array().get(array)) return bad_base(field);
    return elements(array, kBaseElementDepth, [&](std::string_view element) {
      bases_.push_back({field, *stamp, element});
    });
  });
  return read && sort_elements(before);
}

// What comes behind `before` is of one field.
bool Operations::sort_elements(std::size_t before) {
  const auto begin = bases_.begin() + static_cast<std::ptrdiff_t>(before);
  std::sort(begin, bases_.end(),
            [](const Base& a, const Base& b) { return a.element < b.element; });
  const auto twice = std::adjacent_find(
      begin, bases_.end(), [](const Base& a, const Base& b) { return a.element == b.element; });
  return twice == bases_.end() ||
         walker_->fail("bad_operation", fmt::format("base of {} has the value {} twice",
                                                    twice->field, printable_json(twice->element)));
}

bool Operations::check(const EventView& event) {
  if (ops_.size() > limits::kOpsPerEvent) {
    return walker_->fail("too_large", fmt::format("it has {} operations; at most {} can be taken",
                                                  ops_.size(), limits::kOpsPerEvent));
  }
  if (event.del && (event.create || !ops_.empty())) {
    return walker_->fail("bad_operation", "an event that deletes does nothing else");
  }
  if (ops_.size() < 2) return true;
  by_field_.clear();
  for (const Op& op : ops_) by_field_.push_back(&op);
  std::sort(by_field_.begin(), by_field_.end(), [](const Op* a, const Op* b) {
    return a->field != b->field ? a->field < b->field : a->value < b->value;
  });
  for (std::size_t i = 1; i < by_field_.size(); ++i) {
    const Op& a = *by_field_[i - 1];
    const Op& b = *by_field_[i];
    if (a.field != b.field) continue;
    if (kind_number(a.kind) != 2 || kind_number(b.kind) != 2) {
      return walker_->fail("bad_operation",
                           fmt::format("the field {} has more than one operation", a.field));
    }
    if (a.value == b.value) {
      return walker_->fail("bad_operation", fmt::format("the value {} of {} is there twice",
                                                        printable_json(a.value), a.field));
    }
  }
  return true;
}

}  // namespace offsync
