#include "wire/cursor.h"

#include <algorithm>

#include "event/checks.h"

namespace offsync {
namespace {

constexpr std::size_t kEpochBytes = 32;

}  // namespace

bool is_epoch(std::string_view text) {
  return !text.empty() && text.size() <= kEpochBytes &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); });
}

std::optional<Cursor> Cursor::parse(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos || !is_epoch(text.substr(0, dash))) return std::nullopt;
  const auto sequence = parse_sequence(text.substr(dash + 1));
  if (!sequence) return std::nullopt;
  return Cursor{std::string(text.substr(0, dash)), *sequence};
}

std::string Cursor::text() const {
  return epoch + '-' + std::to_string(sequence);
}

}  // namespace offsync
