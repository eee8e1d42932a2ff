#include "cli/text/table.h"

#include <algorithm>

#include "cli/text/escape.h"

namespace offsync::cli {
namespace {

constexpr std::size_t kRowsTogether = 1000;
// One cell that is wider moves its own row alone.
constexpr std::size_t kWidestColumn = 44;

}  // namespace

void Table::add(Row row, std::string below) {
  widths_.resize(std::max(widths_.size(), row.size()));
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::size_t width = display_width(row[i].text);
    if (width <= kWidestColumn) widths_[i] = std::max(widths_[i], width);
  }
  lines_.push_back({std::move(row), std::move(below)});
  if (lines_.size() >= kRowsTogether) flush();
}

void Table::print(const Line& line) {
  std::string text;
  std::size_t gap =
      0;  // spaces are written before the next text only, so that no line ends in them
  for (std::size_t i = 0; i < line.row.size(); ++i) {
    const Cell& cell = line.row[i];
    const std::size_t width = display_width(cell.text);
    const std::size_t fill = widths_[i] > width ? widths_[i] - width : 0;
    if (cell.right_bound) gap += fill;
    if (!cell.text.empty()) {
      text.append(gap, ' ');
      gap = 0;
      text += *cell.color == 0 ? cell.text : cell.color + cell.text + colors_.reset;
    }
    gap += (cell.right_bound ? 0 : fill) + 2;
  }
  out_.line(text);
  if (!line.below.empty()) out_.line(line.below);
}

void Table::flush() {
  for (const Line& line : lines_) print(line);
  lines_.clear();
}

}  // namespace offsync::cli
