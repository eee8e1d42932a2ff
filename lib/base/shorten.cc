#include "base/shorten.h"

#include <cstddef>

namespace offsync {
namespace {

constexpr std::size_t kMostBytes = 1500, kEndBytes = 500;

bool within_character(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
}

}  // namespace

std::string shortened(std::string_view message) {
  if (message.size() <= kMostBytes) return std::string(message);
  std::size_t begin = kMostBytes - kEndBytes, end = message.size() - kEndBytes;
  for (int i = 0; i < 3 && within_character(message, begin); ++i) --begin;
  for (int i = 0; i < 3 && within_character(message, end); ++i) ++end;
  std::string text(message.substr(0, begin));
  return text.append(" … ").append(message.substr(end));
}

}  // namespace offsync
