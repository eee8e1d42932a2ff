#include "event/stamp.h"

#include <array>

#include "base/sha256.h"

namespace offsync {
namespace {

constexpr char kHex[] = "0123456789abcdef";

constexpr std::array<std::int16_t, 256> kDigit = [] {
  std::array<std::int16_t, 256> table{};
  table.fill(-1);
  for (int i = 0; i < 16; ++i)
    table[static_cast<unsigned char>(kHex[i])] = static_cast<std::int16_t>(i);
  return table;
}();

// The value of `digits` lower-case hex digits at `p`; `bad` becomes negative if one is none.
std::uint64_t hex(const char* p, int digits, int& bad) {
  std::uint64_t value = 0;
  for (int i = 0; i < digits; ++i) {
    const int digit = kDigit[static_cast<unsigned char>(p[i])];
    bad |= digit;
    value = value << 4 | (static_cast<unsigned>(digit) & 0xf);
  }
  return value;
}

void put_hex(std::uint64_t value, int digits, char* p) {
  for (int i = digits - 1; i >= 0; --i, value >>= 4) p[i] = kHex[value & 0xf];
}

}  // namespace

std::optional<Stamp> Stamp::parse(std::string_view text) {
  if (text.size() != kTextBytes || text[12] != '-' || text[17] != '-') return std::nullopt;
  int bad = 0;
  const std::uint64_t ms = hex(text.data(), 12, bad);
  const std::uint64_t counter = hex(text.data() + 13, 4, bad);
  const std::uint64_t node = hex(text.data() + 18, 16, bad);
  if (bad < 0) return std::nullopt;
  return Stamp{ms << 16 | counter, node};
}

void Stamp::append_to(std::string& out) const {
  const std::size_t at = out.size();
  out.resize(at + kTextBytes, '-');
  put_hex(time >> 16, 12, out.data() + at);
  put_hex(time & 0xffff, 4, out.data() + at + 13);
  put_hex(node, 16, out.data() + at + 18);
}

std::string Stamp::text() const {
  std::string out;
  append_to(out);
  return out;
}

std::string node_text(std::uint64_t node) {
  std::string out(16, '0');
  put_hex(node, 16, out.data());
  return out;
}

std::optional<std::uint64_t> parse_node(std::string_view text) {
  if (text.size() != 16) return std::nullopt;
  int bad = 0;
  const std::uint64_t node = hex(text.data(), 16, bad);
  if (bad < 0) return std::nullopt;
  return node;
}

std::uint64_t foreign_node(std::string_view source) {
  const Sha256 digest = sha256({source});
  std::uint64_t node = 0;
  for (int i = 0; i < 8; ++i) node = node << 8 | digest[static_cast<std::size_t>(i)];
  return node;
}

}  // namespace offsync
