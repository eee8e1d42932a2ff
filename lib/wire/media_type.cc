#include "wire/media_type.h"

#include <algorithm>

namespace offsync {

std::string media_type(std::string_view content_type) {
  std::string_view text = content_type.substr(0, content_type.find(';'));
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  text = text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

bool is_media_type(std::string_view content_type, std::string_view type) {
  return media_type(content_type) == type;
}

}  // namespace offsync
