#include "wire/media_type.h"

#include <algorithm>

#include "base/comma_list.h"

namespace offsync {

namespace {

// In lower case, without white space around it.
std::string word(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  text = text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

// Takes what stands in front of the next semicolon that is in no quoted text.
std::string_view take_part(std::string_view& text) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < text.size() && (quoted || text[end] != ';'); ++end) {
    if (text[end] == '"') quoted = !quoted;
    if (quoted && text[end] == '\\') ++end;
  }
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

}  // namespace

std::string media_type(std::string_view content_type) {
  return word(content_type.substr(0, content_type.find(';')));
}

std::string charset(std::string_view content_type) {
  (void)take_part(content_type);
  while (!content_type.empty()) {
    const std::string_view part = take_part(content_type);
    const std::size_t sign = part.find('=');
    if (sign == part.npos || word(part.substr(0, sign)) != "charset") continue;
    std::string value = word(part.substr(sign + 1));
    std::erase(value, '"');
    return value;
  }
  return {};
}

bool is_media_type(std::string_view content_type, std::string_view type) {
  return media_type(content_type) == type;
}

bool is_asked_for(std::string_view content_type, std::string_view accept) {
  if (content_type.empty()) return true;
  const std::string type = media_type(content_type);
  while (!accept.empty()) {
    if (media_type(take_item(accept)) == type) return true;
  }
  return false;
}

}  // namespace offsync
