#include <algorithm>
#include <charconv>

#include "event/checks.h"
#include "event/event.h"
#include "event/value.h"
#include "event/value_key.h"

namespace offsync {
namespace {

void put(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  out += name;
  append_json_string(out, text);
}

std::string decimal(std::uint64_t value) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  return {digits, end};
}

}  // namespace

Stamp EventView::base_of(std::string_view field, std::string_view element) const {
  const auto before = [](const Base& a, const Base& b) {
    return a.field != b.field ? a.field < b.field : a.element < b.element;
  };
  const Base wanted{field, {}, element};
  const auto it = std::lower_bound(bases.begin(), bases.end(), wanted, before);
  if (it != bases.end() && !before(wanted, *it)) return it->stamp;
  // A string has one spelling.
  if (element.empty() || element.front() == '"') return {};
  std::string of_element, of_base;
  const std::string_view key = value_key(element, of_element);
  Stamp latest;
  const auto first = std::lower_bound(bases.begin(), bases.end(), Base{field, {}, {}}, before);
  for (auto one = first; one != bases.end() && one->field == field; ++one) {
    if (value_key(one->element, of_base) == key) latest = std::max(latest, one->stamp);
  }
  return latest;
}

std::string encode_content(const EventView& event) {
  std::string out;
  out.reserve(content_bytes(event) + 80);
  out += R"({"specversion":"1.0")";
  put(out, R"(,"id":)", event.id);
  put(out, R"(,"source":)", event.source);
  put(out, R"(,"type":)", event.type);
  put(out, R"(,"subject":)", event.subject);
  put(out, R"(,"time":)", event.time);
  if (!event.stamp.none()) {
    out += R"(,"stamp":")";
    event.stamp.append_to(out);
    out += '"';
  }
  if (event.clientseq != 0) put(out, R"(,"clientseq":)", decimal(event.clientseq));
  put(out, R"(,"causationid":)", event.causationid);
  for (const Extension& extension : event.extensions) {
    out += R"(,")";
    out += extension.name;
    out += R"(":)";
    out += extension.value;
  }
  out += R"(,"data":)";
  out += event.data;
  out += '}';
  return out;
}

std::string with_sequence(std::string_view content, std::uint64_t sequence,
                          std::string_view recordedtime) {
  std::string out(content.substr(0, content.size() - 1));
  put(out, R"(,"sequence":)", decimal(sequence));
  put(out, R"(,"recordedtime":)", recordedtime);
  out += '}';
  return out;
}

std::string encode(const EventView& event) {
  std::string content = encode_content(event);
  if (event.sequence == 0) return content;
  return with_sequence(content, event.sequence, event.recordedtime);
}

}  // namespace offsync
