// The data of offsync.conflict events. Values are raw JSON texts, which stay as they are to the
// last digit; so this is written by hand and read by the canonical walk.
#include <fmt/format.h>

#include "event/canonical.h"
#include "event/checks.h"
#include "event/value.h"
#include "state/decision.h"

namespace offsync {

namespace od = canonical::od;

namespace {

void put_text(std::string& out, std::string_view name, std::string_view text) {
  out += name;
  append_json_string(out, text);
}

// Members in byte order, as everywhere in data.
void put_side(std::string& out, std::string_view name, const Side& side) {
  out += name;
  out += side.deleted ? R"({"deleted":true,)" : "{";
  put_text(out, R"("id":)", side.id);
  if (side.omitted) out += R"(,"omitted":true)";
  if (!side.removed.empty() && !side.omitted) out += R"(,"removed":)" + side.removed;
  put_text(out, R"(,"source":)", side.source);
  put_text(out, R"(,"stamp":)", side.stamp);
  if (!side.value.empty() && !side.omitted) out += R"(,"value":)" + side.value;
  out += '}';
}

class Reader {
 public:
  Result<Conflict> read(std::string_view data) {
    const simdjson::padded_string padded(data);
    out_.reset(padded.size() + simdjson::SIMDJSON_PADDING);
    od::document document;
    od::value whole;
    Conflict conflict;
    const bool ok =
        !parser_.iterate(padded).get(document) && !document.get_value().get(whole) &&
        members(whole, [&](std::string_view name, od::value value) {
          return name != "conflict" || members(value, [&](std::string_view inner, od::value item) {
                   return read_member(inner, item, conflict);
                 });
        });
    if (!ok || conflict.field.empty() || conflict.incoming.id.empty()) {
      return bad_data("malformed", "the record of a conflict cannot be read");
    }
    return conflict;
  }

 private:
  template <class Each>
  bool members(od::value value, const Each& each) {
    od::object object;
    if (value.get_object().get(object)) return false;
    for (auto item : object) {
      od::field field;
      std::string_view name;
      if (std::move(item).get(field) || !walker_.read_name(field, name)) return false;
      if (!each(name, od::value(field.value()))) return false;
    }
    return true;
  }

  bool text(od::value& value, std::string& out) {
    std::string_view view;
    if (!walker_.read_string(value, view)) return false;
    out.assign(view);
    return true;
  }

  bool json(od::value& value, std::string& out) {
    const char* const at = out_.at();
    if (!walker_.write(value, 0)) return false;
    out.assign(out_.since(at));
    return true;
  }

  bool read_member(std::string_view name, od::value value, Conflict& conflict) {
    if (name == "field") return text(value, conflict.field);
    if (name == "rule") return text(value, conflict.rule);
    if (name == "element") {
      conflict.kind = FieldKind::set;
      return json(value, conflict.element);
    }
    if (name == "kind") return read_kind(value, conflict.kind);
    if (name == "current") return read_side(value, conflict.current);
    if (name == "incoming") return read_side(value, conflict.incoming);
    if (name == "winner") {
      std::string winner;
      if (!text(value, winner)) return false;
      conflict.incoming_wins = winner == "incoming";
      return conflict.incoming_wins || winner == "current";
    }
    if (name == "base") {
      std::string stamp;
      if (!text(value, stamp)) return false;
      const auto parsed = Stamp::parse(stamp);
      if (parsed) conflict.base = *parsed;
      return parsed.has_value();
    }
    return true;
  }

  bool read_kind(od::value value, FieldKind& kind) {
    std::string_view name;
    if (!walker_.read_string(value, name)) return false;
    for (const FieldKind one : {FieldKind::reg, FieldKind::counter, FieldKind::set}) {
      if (name != name_of(one)) continue;
      kind = one;
      return true;
    }
    return false;
  }

  bool read_side(od::value value, Side& side) {
    return members(value, [&](std::string_view name, od::value item) {
      if (name == "id") return text(item, side.id);
      if (name == "source") return text(item, side.source);
      if (name == "stamp") return text(item, side.stamp);
      if (name == "value") return json(item, side.value);
      if (name == "removed") return json(item, side.removed);
      if (name == "deleted") side.deleted = true;
      if (name == "omitted") side.omitted = true;
      return true;
    });
  }

  od::parser parser_;
  canonical::Out out_;
  canonical::Walker walker_{out_};
};

}  // namespace

std::string conflict_data(const Conflict& conflict) {
  std::string out = R"({"conflict":{)";
  if (!conflict.base.none()) out += R"("base":")" + conflict.base.text() + R"(",)";
  put_side(out, R"("current":)", conflict.current);
  if (!conflict.element.empty()) out += R"(,"element":)" + conflict.element;
  put_text(out, R"(,"field":)", conflict.field);
  put_side(out, R"(,"incoming":)", conflict.incoming);
  if (conflict.element.empty() && conflict.kind != FieldKind::reg) {
    put_text(out, R"(,"kind":)", name_of(conflict.kind));
  }
  put_text(out, R"(,"rule":)", conflict.rule);
  put_text(out, R"(,"winner":)", conflict.incoming_wins ? "incoming" : "current");
  return out + "}}";
}

Result<Conflict> parse_conflict_data(std::string_view data) {
  return Reader().read(data);
}

Result<Conflict> conflict_of(const EventView& event) {
  if (event.type != kConflictType) {
    return bad_data("malformed", "the event " + printable(event.id) + " is no conflict record");
  }
  OFFSYNC_ASSIGN(Conflict conflict, parse_conflict_data(event.data));
  conflict.id = event.id;
  return conflict;
}

}  // namespace offsync
