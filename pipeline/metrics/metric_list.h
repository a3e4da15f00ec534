// MetricList: metric families under construction. Used by metrics_page.cc and its neighbours alone.
#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/status/duration_histogram.h"

namespace freshet::pipeline {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

class MetricList {
 public:
  // Begins a family; the following samples belong to it.
  void begin(prometheus::MetricType type, const std::string& name, const std::string& help);
  void add(double value, const MetricLabels& labels = {});
  void add(const DurationHistogram& histogram);

  // A family of one sample.
  void counter(const std::string& name, const std::string& help, std::uint64_t value);
  void gauge(const std::string& name, const std::string& help, double value,
             const MetricLabels& labels = {});
  void histogram(const std::string& name, const std::string& help,
                 const DurationHistogram& histogram);

  const std::vector<prometheus::MetricFamily>& families() const { return families_; }

 private:
  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace freshet::pipeline
