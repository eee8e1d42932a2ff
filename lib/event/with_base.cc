#include "event/with_base.h"

#include <simdjson.h>

#include <algorithm>
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

void put_stamp(std::string& out, const Stamp& stamp) {
  out += '"';
  stamp.append_to(out);
  out += '"';
}

// {"<stamp>":[<elements>],...}: what was written together is mostly seen together.
void put_elements(std::string& out, std::span<const Base> bases) {
  std::vector<Base> by_stamp(bases.begin(), bases.end());
  std::stable_sort(by_stamp.begin(), by_stamp.end(),
                   [](const Base& a, const Base& b) { return a.stamp < b.stamp; });
  for (std::size_t i = 0; i < by_stamp.size(); ++i) {
    if (i != 0 && by_stamp[i].stamp == by_stamp[i - 1].stamp) {
      out += ',';
    } else {
      out += i == 0 ? "{" : "],";
      put_stamp(out, by_stamp[i].stamp);
      out += ":[";
    }
    out += by_stamp[i].element;
  }
  out += "]}";
}

// How many of `bases` belong to the field of the first.
std::size_t first_field(std::span<const Base> bases) {
  std::size_t n = 1;
  while (n < bases.size() && bases[n].field == bases[0].field) ++n;
  return n;
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
  for (std::span<const Base> rest = bases; !rest.empty();) {
    if (rest.size() != bases.size()) out += ',';
    out += '"';
    out += rest[0].field;  // a field name has nothing to escape
    out += R"(":)";
    const std::size_t n = first_field(rest);
    if (rest[0].element.empty()) {
      put_stamp(out, rest[0].stamp);
    } else {
      put_elements(out, rest.first(n));
    }
    rest = rest.subspan(n);
  }
  out += '}';
  if (!place.last) out += ',';
  out.append(data.substr(place.next));
  return out;
}

std::vector<Base> without_elements(std::span<const Base> bases) {
  std::vector<Base> fields;
  for (const Base& base : bases) {
    if (fields.empty() || fields.back().field != base.field) {
      fields.push_back({base.field, base.stamp});
    } else {
      fields.back().stamp = std::max(fields.back().stamp, base.stamp);
    }
  }
  return fields;
}

}  // namespace offsync
