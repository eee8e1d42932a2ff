#include "event/with_base.h"

#include <simdjson.h>

#include <utility>

#include "base/limits.h"

namespace offsync {
namespace {

namespace od = simdjson::ondemand;

// Where the members named "base" and the first one behind it begin.
struct Place {
  std::size_t base;
  std::size_t next;
  bool first;  // nothing is before it
  bool last;   // nothing is behind it
};

Place find_place(const simdjson::padded_string& data) {
  static thread_local od::parser parser;
  const std::size_t end = data.size() - 1;  // of the closing brace
  Place place{end, end, true, true};
  od::document document;
  od::object object;
  if (parser.iterate(data).get(document) || document.get_object().get(object)) return place;
  for (auto item : object) {
    od::field field;
    std::string_view name;
    if (std::move(item).get(field)) return place;
    const char* const raw = field.key().raw();
    if (field.unescaped_key().get(name)) return place;
    const auto at = static_cast<std::size_t>(raw - 1 - data.data());
    if (name == "base") {
      place.base = at;
    } else if (name < "base") {
      place.first = false;
    } else {
      if (place.base == end) place.base = at;
      place.next = at;
      place.last = false;
      return place;
    }
  }
  return place;
}

}  // namespace

std::string with_base(std::string_view data, std::span<const Base> bases) {
  const simdjson::padded_string padded(data);
  const Place place = find_place(padded);
  std::string out;
  out.reserve(data.size() + 16 + bases.size() * (Stamp::kTextBytes + limits::kFieldNameBytes));
  out.append(data.substr(0, place.base));
  // What ends at a comma has it already, unless base is the last member and was not there.
  if (!place.first && out.back() != ',') out += ',';
  out += R"("base":{)";
  for (const Base& base : bases) {
    if (&base != bases.data()) out += ',';
    out += '"';
    out += base.field;  // a field name has nothing to escape
    out += R"(":")";
    base.stamp.append_to(out);
    out += '"';
  }
  out += '}';
  if (!place.last) out += ',';
  out.append(data.substr(place.next));
  return out;
}

}  // namespace offsync
