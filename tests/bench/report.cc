#include "bench/report.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "bench/failure.h"
#include "bench/stats.h"

namespace offsync::bench {
namespace {

constexpr const char* kRow = "{:<26} {:>13}  {:>17}  {:>13}  {:<27} {:>7}  {:<9}";

// Three digits that count, whatever the size.
std::string number(double value) {
  if (value >= 100) return fmt::format("{:.0f}", value);
  return fmt::format("{:.{}f}", value, value >= 10 ? 1 : 2);
}

std::string scaled(double value) {
  if (value >= 1e6) return number(value / 1e6) + " M";
  if (value >= 1e4) return number(value / 1e3) + " k";
  return fmt::format("{:.0f} ", value);
}

std::string text_of(double value, const std::string& unit) {
  if (unit == "events/s") return scaled(value) + "/s";
  if (unit == "ms" || unit == "s" || unit == "ns/event") return number(value) + " " + unit;
  return fmt::format("{:.0f}", value);
}

std::string range_of(const std::vector<double>& runs, const std::string& unit) {
  const auto [low, high] = std::minmax_element(runs.begin(), runs.end());
  if (*low == *high) return "";
  if (unit != "events/s") return number(*low) + " - " + number(*high);
  return scaled(*low) + " - " + scaled(*high);
}

}  // namespace

bool Target::met_by(double measured) const {
  switch (kind) {
    case Kind::none:
      return true;
    case Kind::at_most:
      return measured <= ratio;
    case Kind::below:
      return measured < ratio;
    case Kind::at_least:
      return measured >= ratio;
  }
  return false;
}

std::string Target::text() const {
  switch (kind) {
    case Kind::none:
      return "";
    case Kind::at_most:
      return fmt::format("<= {:.2f}", ratio);
    case Kind::below:
      return fmt::format("< {:.2f}", ratio);
    case Kind::at_least:
      return fmt::format(">= {:.2f}", ratio);
  }
  return "";
}

Report::Report(bool json)
    : json_(json), color_(::isatty(1) == 1 && std::getenv("NO_COLOR") == nullptr) {}

void Report::add(const Figure& figure) {
  if (figure.runs.empty()) throw Failure(figure.name + " was not run");
  show_progress("");
  json_ ? json(figure) : row(figure);
  std::fflush(stdout);
}

void Report::json(const Figure& figure) const {
  const double value = median(figure.runs);
  nlohmann::ordered_json line = {{"name", figure.name},   {"value", value},
                                 {"unit", figure.unit},   {"peer", nullptr},
                                 {"peer_value", nullptr}, {"ratio", nullptr}};
  if (!figure.peer.empty()) {
    const double peer = median(figure.peer_runs);
    line["peer"] = figure.peer;
    line["peer_value"] = peer;
    line["ratio"] = value / peer;
  }
  const auto [low, high] = std::minmax_element(figure.runs.begin(), figure.runs.end());
  line["runs"] = figure.runs.size();
  line["min"] = *low;
  line["max"] = *high;
  if (figure.target.kind != Target::Kind::none) {
    line["target"] = figure.target.text();
    line["met"] = figure.target.met_by(line["ratio"].get<double>());
  }
  std::puts(line.dump().c_str());
}

void Report::row(const Figure& figure) {
  if (rows_++ == 0) {
    fmt::print(kRow, "figure", "ours", "least - most", "peer", "", "ratio", "target");
    std::puts("");
  }
  const double value = median(figure.runs);
  std::string peer, ratio, verdict;
  if (!figure.peer.empty()) {
    const double peer_value = median(figure.peer_runs);
    peer = text_of(peer_value, figure.unit);
    ratio = fmt::format("{:.3f}", value / peer_value);
    if (figure.target.kind != Target::Kind::none) {
      const bool met = figure.target.met_by(value / peer_value);
      if (!met) ++missed_;
      verdict = met ? "met" : "MISSED";
      if (color_) verdict = fmt::format("\x1b[{}m{}\x1b[0m", met ? 32 : 31, verdict);
    }
  }
  fmt::print(kRow, figure.name, text_of(value, figure.unit), range_of(figure.runs, figure.unit),
             peer, figure.peer, ratio, figure.target.text());
  std::puts(verdict.c_str());
}

void Report::end() const {
  if (json_ || rows_ == 0) return;
  fmt::print("\nMedians; ratio = ours / peer.{}\n",
             missed_ > 0 ? fmt::format(" {} missed: is the machine otherwise idle?", missed_) : "");
}

void show_progress(const std::string& text) {
  static const bool terminal = ::isatty(2) == 1;
  if (terminal) fmt::print(stderr, "\r\x1b[K{}", text);
}

void say(const std::string& text) {
  show_progress("");
  fmt::print(stderr, "offsync-bench: {}\n", text);
}

}  // namespace offsync::bench
