#include "wire/cursor.h"

#include <algorithm>
#include <charconv>

namespace offsync {
namespace {

constexpr std::size_t kEpochBytes = 32;

bool is_epoch(std::string_view text) {
  return !text.empty() && text.size() <= kEpochBytes &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); });
}

}  // namespace

std::optional<Cursor> Cursor::parse(std::string_view text) {
  const std::size_t dash = text.find('-');
  if (dash == std::string_view::npos || !is_epoch(text.substr(0, dash))) return std::nullopt;
  const std::string_view digits = text.substr(dash + 1);
  // One spelling for a place: a leading zero would make two.
  if (digits.empty() || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
  Cursor cursor{std::string(text.substr(0, dash)), 0};
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, cursor.sequence);
  if (error != std::errc() || stop != end) return std::nullopt;
  return cursor;
}

std::string Cursor::text() const {
  return epoch + '-' + std::to_string(sequence);
}

}  // namespace offsync
