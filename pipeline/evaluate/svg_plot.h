// SvgPlot: lines and points over two axes, as one inline <svg> without scripts or outside
// resources.
//
// Colours are classes (s0, s1, ...) that the page's style gives, for light and for dark.
// Errors:  none; a series without points is left out. Threads: one
// Cost:    linear; equal plots give equal bytes
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace freshet::pipeline {

inline constexpr std::size_t kSeriesColours = 8;  // the classes, over again from there

struct PlotAxis {
  std::string title;
  double min = 0;
  double max = 1;
  std::vector<std::pair<double, std::string>> ticks;
};

// About `count` round steps between the two, with as few decimals as tell them apart.
PlotAxis round_axis(std::string title, double min, double max, std::size_t count);

class SvgPlot {
 public:
  using Points = std::vector<std::pair<double, double>>;

  // `name` is read out where the plot cannot be seen.
  SvgPlot(std::string name, PlotAxis x, PlotAxis y);

  void diagonal();  // from corner to corner, dashed
  void line(std::size_t series, const Points& points, bool with_dots);
  void interval(std::size_t series, double x, double low, double high);

  std::string svg() const;

 private:
  double place_x(double x) const;
  double place_y(double y) const;

  std::string name_;
  PlotAxis x_;
  PlotAxis y_;
  std::string marks_;
};

// Text for HTML and SVG: & < > " escaped.
std::string html_text(const std::string& text);

}  // namespace freshet::pipeline
