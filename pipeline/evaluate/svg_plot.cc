#include "pipeline/evaluate/svg_plot.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace freshet::pipeline {
namespace {

constexpr double kWidth = 460;
constexpr double kHeight = 320;
constexpr double kLeft = 58;
constexpr double kRight = 14;
constexpr double kTop = 12;
constexpr double kBottom = 46;

std::string fixed_text(double value, int decimals) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

std::string coordinate(double value) { return fixed_text(value, 1); }

std::string class_of(std::size_t series) { return "s" + std::to_string(series % kSeriesColours); }

std::string line_element(const std::string& style, double x1, double y1, double x2, double y2) {
  return "<line class=\"" + style + "\" x1=\"" + coordinate(x1) + "\" y1=\"" + coordinate(y1) +
         "\" x2=\"" + coordinate(x2) + "\" y2=\"" + coordinate(y2) + "\"/>\n";
}

std::string text_element(const std::string& style, double x, double y, const std::string& text,
                         const std::string& more = "") {
  return "<text class=\"" + style + "\" x=\"" + coordinate(x) + "\" y=\"" + coordinate(y) + "\"" +
         more + ">" + html_text(text) + "</text>\n";
}

}  // namespace

std::string html_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

PlotAxis round_axis(std::string title, double min, double max, std::size_t count) {
  if (!(max > min)) {
    min -= 0.5;
    max += 0.5;
  }
  const double raw = (max - min) / static_cast<double>(std::max<std::size_t>(count, 1));
  const double magnitude = std::pow(10.0, std::floor(std::log10(raw)));
  const double ratio = raw / magnitude;
  const double step = magnitude * (ratio <= 1 ? 1 : ratio <= 2 ? 2 : ratio <= 5 ? 5 : 10);
  const int decimals = std::max(0, static_cast<int>(-std::floor(std::log10(step) + 1e-9)));
  const double begin = std::floor(min / step + 1e-9);
  const double end = std::ceil(max / step - 1e-9);
  PlotAxis axis{std::move(title), begin * step, end * step, {}};
  for (double k = begin; k <= end; k += 1) {
    axis.ticks.emplace_back(k * step, fixed_text(k * step, decimals));
  }
  return axis;
}

SvgPlot::SvgPlot(std::string name, PlotAxis x, PlotAxis y)
    : name_(std::move(name)), x_(std::move(x)), y_(std::move(y)) {}

double SvgPlot::place_x(double x) const {
  return kLeft + (x - x_.min) / (x_.max - x_.min) * (kWidth - kLeft - kRight);
}

double SvgPlot::place_y(double y) const {
  return kHeight - kBottom - (y - y_.min) / (y_.max - y_.min) * (kHeight - kTop - kBottom);
}

void SvgPlot::diagonal() {
  marks_ +=
      line_element("dashed", place_x(x_.min), place_y(y_.min), place_x(x_.max), place_y(y_.max));
}

void SvgPlot::line(std::size_t series, const Points& points, bool with_dots) {
  if (points.empty()) return;
  marks_ += "<polyline class=\"" + class_of(series) + "\" points=\"";
  for (std::size_t i = 0; i < points.size(); ++i) {
    if (i > 0) marks_.push_back(' ');
    marks_ += coordinate(place_x(points[i].first)) + "," + coordinate(place_y(points[i].second));
  }
  marks_ += "\"/>\n";
  if (!with_dots) return;
  for (const auto& [x, y] : points) {
    marks_ += "<circle class=\"" + class_of(series) + "\" cx=\"" + coordinate(place_x(x)) +
              "\" cy=\"" + coordinate(place_y(y)) + "\" r=\"2.6\"/>\n";
  }
}

void SvgPlot::interval(std::size_t series, double x, double low, double high) {
  marks_ +=
      line_element(class_of(series) + " thin", place_x(x), place_y(low), place_x(x), place_y(high));
}

std::string SvgPlot::svg() const {
  std::string out = "<svg viewBox=\"0 0 " + coordinate(kWidth) + " " + coordinate(kHeight) +
                    "\" role=\"img\" aria-label=\"" + html_text(name_) + "\">\n";
  for (const auto& [x, text] : x_.ticks) {
    out += line_element("grid", place_x(x), kTop, place_x(x), kHeight - kBottom);
    out += text_element("tick middle", place_x(x), kHeight - kBottom + 16, text);
  }
  for (const auto& [y, text] : y_.ticks) {
    out += line_element("grid", kLeft, place_y(y), kWidth - kRight, place_y(y));
    out += text_element("tick end", kLeft - 6, place_y(y) + 4, text);
  }
  out += text_element("axis middle", (kLeft + kWidth - kRight) / 2, kHeight - 8, x_.title);
  const double middle = (kTop + kHeight - kBottom) / 2;
  out += text_element("axis middle", 14, middle, y_.title,
                      " transform=\"rotate(-90 14 " + coordinate(middle) + ")\"");
  return out + marks_ + "</svg>\n";
}

}  // namespace freshet::pipeline
