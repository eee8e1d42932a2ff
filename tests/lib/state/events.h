// Events for tests of the fold: made as lines, decoded as any other.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "event/decoder.h"
#include "state/entity.h"

namespace offsync::test {

inline std::string stamp_text(std::int64_t ms, std::uint64_t node) {
  return Stamp::make(ms, 0, node).text();
}

// An event of todo/1 by node `node` (source /c/<node>) at `ms`, id "<ms>-<node>".
inline std::string line(std::int64_t ms, std::uint64_t node, std::string_view data) {
  return fmt::format(
      R"({{"specversion":"1.0","id":"{}-{}","source":"/c/{}","type":"t","subject":"todo/1",)"
      R"("stamp":"{}","data":{}}})",
      ms, node, node, stamp_text(ms, node), data);
}

inline void fold(Entity& entity, std::string_view event) {
  Decoder decoder;
  const auto view = decoder.decode(event);
  if (!view) throw std::runtime_error(view.error().message());
  entity.fold(**view);
}

inline Entity folded(const std::vector<std::string>& events) {
  Entity entity;
  for (const auto& event : events) fold(entity, event);
  return entity;
}

}  // namespace offsync::test
