// What simdjson needs to merely parse a log: ondemand, line by line, from memory.
#pragma once

#include <cstddef>
#include <string>

namespace offsync::bench {

// Each returns the seconds that it took, and throws Failure unless it has seen every line (and,
// where it reads, every value).
class Parser {
 public:
  // Takes NDJSON of `lines` lines.
  Parser(std::string text, std::size_t lines);
  ~Parser();
  Parser(const Parser&) = delete;
  Parser& operator=(const Parser&) = delete;

  // Finds the structure of each line (simdjson's first stage).
  double index() const;
  // Also visits every member of the event, and enters its data; values are skipped.
  double visit() const;
  // Also reads every value, at any depth: strings unescaped, numbers as numbers.
  double read() const;

 private:
  template <typename Use>
  double each_line(const char* what, Use use) const;

  std::string text_;  // with simdjson's padding behind the lines
  std::size_t bytes_;
  std::size_t lines_;
};

}  // namespace offsync::bench
