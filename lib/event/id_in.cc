#include "event/id_in.h"

#include "base/limits.h"
#include "event/canonical.h"
#include "event/json_check.h"

namespace offsync {

namespace od = canonical::od;

std::string id_in(std::string_view line) {
  // What is passed over below is found by its brackets, which only well-formed JSON allows.
  if (line.size() > limits::kLineBytes || !check_json(line)) return {};
  const simdjson::padded_string padded(line);
  od::parser parser;
  od::document document;
  od::object object;
  if (parser.iterate(padded).get(document) || document.get_object().get(object)) return {};
  canonical::Out out;
  canonical::Walker walker(out);
  std::string id;
  int found = 0;
  for (auto item : object) {
    od::field field;
    std::string_view name, text;
    if (std::move(item).get(field) || !walker.read_name(field, name)) return {};
    if (name != "id") continue;
    od::value value = field.value();
    if (++found > 1 || !walker.read_string(value, text, name)) return {};
    id = text;
  }
  return id.size() <= limits::kIdBytes ? id : std::string();
}

}  // namespace offsync
