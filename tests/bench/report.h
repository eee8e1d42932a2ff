// The figures: a table for people, or one JSON object a line.
#pragma once

#include <string>
#include <vector>

namespace offsync::bench {

// What the ratio value / peer_value is to be.
struct Target {
  enum class Kind { none, at_most, below, at_least };
  Kind kind = Kind::none;
  double ratio = 0;

  static Target at_most(double ratio) { return {Kind::at_most, ratio}; }
  static Target below(double ratio) { return {Kind::below, ratio}; }
  static Target at_least(double ratio) { return {Kind::at_least, ratio}; }
  bool met_by(double measured) const;
  std::string text() const;  // "<= 1.20"; empty: none
};

// One line of the report. Value and peer value are medians of the runs.
struct Figure {
  std::string name;  // benchmark.peer or benchmark.step
  std::string unit;  // ms, s, ns/event, events/s, or what is counted
  std::vector<double> runs;
  std::string peer = {};  // empty: there is none
  std::vector<double> peer_runs = {};
  Target target = {};
};

// Prints each figure to stdout as it comes.
class Report {
 public:
  explicit Report(bool json);
  void add(const Figure& figure);
  // Says what to make of the table. Nothing in JSON.
  void end() const;

 private:
  void json(const Figure& figure) const;
  void row(const Figure& figure);

  bool json_;
  bool color_;
  int rows_ = 0;
  int missed_ = 0;
};

// One line on stderr that overwrites itself, on a terminal only; empty: removes it.
void show_progress(const std::string& text);
// A line on stderr.
void say(const std::string& text);

}  // namespace offsync::bench
