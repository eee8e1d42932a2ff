// JsonReader: the members of one small JSON object that came over the wire (an outcome, a problem).
// For events there is the Decoder.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace offsync {

class JsonReader {
 public:
  JsonReader();
  ~JsonReader();
  JsonReader(const JsonReader&) = delete;
  JsonReader& operator=(const JsonReader&) = delete;

  // False where `json` is not one JSON object of at most limits::kLineBytes, or where a name stands
  // in it twice.
  bool read(std::string_view json);
  bool has(std::string_view name) const;
  // A member that is a string; valid until the next read().
  std::optional<std::string_view> text(std::string_view name) const;
  // A member that is a whole number from 0 to 2^63-1, or a string of one in decimal digits.
  std::optional<std::uint64_t> number(std::string_view name) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace offsync
