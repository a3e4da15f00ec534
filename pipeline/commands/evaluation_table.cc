#include "pipeline/commands/evaluation_table.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "pipeline/evaluate/report_text.h"

namespace freshet::commands {
namespace {

using pipeline::ReportTable;

std::size_t column_width(const ReportTable& table, std::size_t column) {
  std::size_t width = table.head[column].size();
  for (const auto& row : table.rows) width = std::max(width, row[column].size());
  return width;
}

std::string padded(const std::string& text, std::size_t width, bool to_the_right) {
  const std::string gap(width - std::min(width, text.size()), ' ');
  return to_the_right ? gap + text : text + gap;
}

// The names, and columns [begin, end) beside them.
std::string table_part(const ReportTable& table, std::size_t begin, std::size_t end,
                       const Terminal& terminal) {
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text = "  " + padded(cells[0], column_width(table, 0), false);
    for (std::size_t c = begin; c < end; ++c) {
      text += "  " + padded(cells[c], column_width(table, c), true);
    }
    return text;
  };
  std::string out = painted(terminal, Colour::kDim, line(table.head)) + "\n";
  for (const auto& row : table.rows) out += line(row) + "\n";
  return out;
}

std::string table_text(const ReportTable& table, const Terminal& terminal) {
  std::string out = "\n" + painted(terminal, Colour::kBold, table.title) + "\n";
  const auto fits = static_cast<std::size_t>(terminal.width);
  for (std::size_t begin = 1; begin < table.head.size();) {
    std::size_t end = begin;
    std::size_t width = 2 + column_width(table, 0);
    while (end < table.head.size() &&
           (end == begin || width + 2 + column_width(table, end) <= fits)) {
      width += 2 + column_width(table, end++);
    }
    if (begin > 1) out += "\n";
    out += table_part(table, begin, end, terminal);
    begin = end;
  }
  if (!table.note.empty()) out += painted(terminal, Colour::kDim, "  " + table.note) + "\n";
  return out;
}

}  // namespace

std::string evaluation_table(const pipeline::EvaluationReport& report, const Terminal& terminal) {
  std::string out;
  for (const std::string& line : pipeline::judged_text(report)) out += line + "\n";
  for (const ReportTable& table : pipeline::report_tables(report)) {
    out += table_text(table, terminal);
  }
  return out;
}

}  // namespace freshet::commands
