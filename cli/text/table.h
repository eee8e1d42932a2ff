// Rows with their columns one below the other, as they come: a thousand rows are measured together,
// and no column gets narrower again.
#pragma once

#include <string>
#include <vector>

#include "cli/text/output.h"

namespace offsync::cli {

struct Cell {
  std::string text;        // escaped for a terminal
  const char* color = "";  // of Palette
  bool right_bound = false;
};
using Row = std::vector<Cell>;

class Table {
 public:
  Table(Out& out, const Palette& colors) : out_(out), colors_(colors) {}
  // `below`: a line of its own under the row; empty: none.
  void add(Row row, std::string below = {});
  // Prints what has been added. Call it last, and where somebody waits for the row.
  void flush();

 private:
  struct Line {
    Row row;
    std::string below;
  };
  void print(const Line& line);

  Out& out_;
  Palette colors_;
  std::vector<Line> lines_;
  std::vector<std::size_t> widths_;
};

}  // namespace offsync::cli
