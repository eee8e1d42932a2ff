#include "event/draft.h"

#include "event/value.h"

namespace offsync {
namespace {

// Writes `"name":` with a comma where one is due.
void name(std::string& out, std::string_view text) {
  if (out.back() != '{' && out.back() != '[') out += ',';
  append_json_string(out, text);
  out += ':';
}

void put(std::string& out, std::string_view attribute, std::string_view text) {
  if (text.empty()) return;
  name(out, attribute);
  append_json_string(out, text);
}

void put_json(std::string& out, const std::map<std::string, std::string>& members) {
  for (const auto& [key, json] : members) {
    name(out, key);
    out += json;
  }
}

void put_fields(std::string& out, std::string_view what,
                const std::map<std::string, std::string>& fields) {
  if (fields.empty()) return;
  name(out, what);
  out += '{';
  put_json(out, fields);
  out += '}';
}

void put_elements(std::string& out, std::string_view what,
                  const std::map<std::string, std::vector<std::string>>& fields) {
  if (fields.empty()) return;
  name(out, what);
  out += '{';
  for (const auto& [field, values] : fields) {
    name(out, field);
    out += '[';
    for (std::size_t i = 0; i < values.size(); ++i) out += (i == 0 ? "" : ",") + values[i];
    out += ']';
  }
  out += '}';
}

}  // namespace

std::string EventDraft::line() const {
  std::string out = R"({"specversion":"1.0")";
  put(out, "id", id);
  put(out, "source", source);
  put(out, "type", type);
  put(out, "subject", subject);
  put(out, "time", time);
  if (!stamp.none()) put(out, "stamp", stamp.text());
  if (clientseq != 0) put(out, "clientseq", std::to_string(clientseq));
  put(out, "causationid", causationid);
  put_json(out, extensions);
  out += R"(,"data":{)";
  put_elements(out, "add", add);
  if (base_given) {
    name(out, "base");
    out += '{';
    for (const auto& [field, seen] : base) put(out, field, seen.text());
    out += '}';
  }
  if (create) out += std::string(out.back() == '{' ? "" : ",") + R"("create":true)";
  if (del) out += std::string(out.back() == '{' ? "" : ",") + R"("delete":true)";
  put_fields(out, "inc", inc);
  put_elements(out, "remove", remove);
  put_fields(out, "set", set);
  if (!unset.empty()) {
    name(out, "unset");
    out += '[';
    for (std::size_t i = 0; i < unset.size(); ++i) {
      if (i != 0) out += ',';
      append_json_string(out, unset[i]);
    }
    out += ']';
  }
  put_json(out, payload);
  out += "}}";
  return out;
}

}  // namespace offsync
