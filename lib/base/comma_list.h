// Lists in headers and settings: items between commas, or between another character.
#pragma once

#include <string_view>

namespace offsync {

// Takes the first item off a list that is not empty; blanks around it stay.
inline std::string_view take_item(std::string_view& list, char separator = ',') {
  const auto end = list.find(separator);
  const std::string_view item = list.substr(0, end);
  list.remove_prefix(end == std::string_view::npos ? list.size() : end + 1);
  return item;
}

}  // namespace offsync
