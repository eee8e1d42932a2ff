#include "wire/json_reader.h"

#include <simdjson.h>

#include <algorithm>
#include <vector>

#include "base/limits.h"
#include "event/checks.h"

namespace offsync {
namespace {

bool each_name_once(const simdjson::dom::object& object) {
  std::vector<std::string_view> names;
  for (const auto& member : object) names.push_back(member.key);
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) == names.end();
}

}  // namespace

struct JsonReader::Impl {
  simdjson::dom::parser parser{limits::kLineBytes};
  std::optional<simdjson::dom::object> object;
};

JsonReader::JsonReader() : impl_(std::make_unique<Impl>()) {}
JsonReader::~JsonReader() = default;

bool JsonReader::read(std::string_view json) {
  impl_->object.reset();
  if (json.size() > limits::kLineBytes) return false;
  simdjson::dom::object object;
  if (impl_->parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS) return false;
  if (!each_name_once(object)) return false;
  impl_->object = object;
  return true;
}

bool JsonReader::has(std::string_view name) const {
  return impl_->object && impl_->object->at_key(name).error() == simdjson::SUCCESS;
}

std::optional<std::string_view> JsonReader::text(std::string_view name) const {
  std::string_view value;
  if (!impl_->object) return std::nullopt;
  if (impl_->object->at_key(name).get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> JsonReader::number(std::string_view name) const {
  std::int64_t value = 0;
  if (!impl_->object) return std::nullopt;
  if (impl_->object->at_key(name).get(value) == simdjson::SUCCESS) {
    return value < 0 ? std::nullopt : std::optional<std::uint64_t>(value);
  }
  const auto digits = text(name);
  return digits ? parse_sequence(*digits) : std::nullopt;
}

}  // namespace offsync
