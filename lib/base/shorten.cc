#include "base/shorten.h"

namespace offsync {
namespace {

constexpr std::size_t kMostBytes = 1500, kEndBytes = 500;
constexpr int kMostWithin = 3;  // bytes of a character behind its first; of no UTF-8 there are more

bool within_character(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
}

}  // namespace

std::size_t character_begin(std::string_view text, std::size_t at) {
  for (int i = 0; i < kMostWithin && at > 0 && within_character(text, at); ++i) --at;
  return at;
}

std::string shortened(std::string_view message) {
  if (message.size() <= kMostBytes) return std::string(message);
  const std::size_t begin = character_begin(message, kMostBytes - kEndBytes);
  std::size_t end = message.size() - kEndBytes;
  for (int i = 0; i < kMostWithin && within_character(message, end); ++i) ++end;
  std::string text(message.substr(0, begin));
  return text.append(" … ").append(message.substr(end));
}

}  // namespace offsync
