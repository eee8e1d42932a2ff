#include "state/checked.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "base/limits.h"
#include "event/checks.h"

namespace offsync {

Status check_checked(std::string_view subject, const Entity& entity) {
  const auto bad = [&](const std::string& what) -> Status {
    return bad_data("malformed", fmt::format("{} {}", printable(subject), what));
  };
  if (entity.empty()) return bad("has nothing written to it");
  const std::vector<Field>& fields = entity.fields();
  if (fields.size() > limits::kFieldsPerEntity) {
    return bad(fmt::format("has {} fields; an entity has at most {}", fields.size(),
                           limits::kFieldsPerEntity));
  }
  const auto twin = std::adjacent_find(
      fields.begin(), fields.end(),
      [](const Field& one, const Field& next) { return one.name() == next.name(); });
  if (twin == fields.end()) return {};
  return bad(fmt::format("has the field {} as a {} and as a {}", printable(twin->name()),
                         name_of(twin->kind()), name_of(std::next(twin)->kind())));
}

}  // namespace offsync
