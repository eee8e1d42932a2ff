// Exact decimal arithmetic for counters: a sum must not depend on the order of its terms, as a
// sum of doubles does.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace offsync {

// A number with up to 9 fraction digits. One increment is below 2^63, so a sum holds more than
// 10^10 of the greatest.
class Decimal {
 public:
  constexpr Decimal() = default;

  // A JSON number; nothing where it is none, has more than 9 significant fraction digits, or is
  // 2^63 or beyond: it could not be kept exactly.
  static std::optional<Decimal> parse(std::string_view json_number);

  // The shortest JSON number: "3", "-0.5"; no exponent.
  std::string text() const;

  Decimal& operator+=(Decimal other) {
    nanos_ += other.nanos_;
    return *this;
  }
  Decimal& operator-=(Decimal other) {
    nanos_ -= other.nanos_;
    return *this;
  }
  friend bool operator==(Decimal, Decimal) = default;
  friend bool operator<(Decimal a, Decimal b) { return a.nanos_ < b.nanos_; }

 private:
  __extension__ __int128 nanos_ = 0;  // in 10^-9
};

}  // namespace offsync
