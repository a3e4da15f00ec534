#include "pipeline/metrics/metric_list.h"

#include <limits>

namespace freshet::pipeline {
namespace {

double seconds(std::int64_t us) { return static_cast<double>(us) / 1e6; }

}  // namespace

void MetricList::begin(prometheus::MetricType type, const std::string& name,
                       const std::string& help) {
  prometheus::MetricFamily family;
  family.name = name;
  family.help = help;
  family.type = type;
  families_.push_back(std::move(family));
}

void MetricList::add(double value, const MetricLabels& labels) {
  prometheus::ClientMetric metric;
  for (const auto& [name, text] : labels) metric.label.push_back({name, text});
  metric.counter.value = value;
  metric.gauge.value = value;
  families_.back().metric.push_back(std::move(metric));
}

void MetricList::add(const DurationHistogram& histogram) {
  prometheus::ClientMetric metric;
  metric.histogram.sample_count = histogram.count();
  metric.histogram.sample_sum = seconds(histogram.sum_us());
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < histogram.bounds_us().size(); ++i) {
    below += histogram.bucket(i);
    metric.histogram.bucket.push_back({below, seconds(histogram.bounds_us()[i])});
  }
  metric.histogram.bucket.push_back({histogram.count(), std::numeric_limits<double>::infinity()});
  families_.back().metric.push_back(std::move(metric));
}

void MetricList::counter(const std::string& name, const std::string& help, std::uint64_t value) {
  begin(prometheus::MetricType::Counter, name, help);
  add(static_cast<double>(value));
}

void MetricList::gauge(const std::string& name, const std::string& help, double value,
                       const MetricLabels& labels) {
  begin(prometheus::MetricType::Gauge, name, help);
  add(value, labels);
}

void MetricList::histogram(const std::string& name, const std::string& help,
                           const DurationHistogram& histogram) {
  begin(prometheus::MetricType::Histogram, name, help);
  add(histogram);
}

}  // namespace freshet::pipeline
