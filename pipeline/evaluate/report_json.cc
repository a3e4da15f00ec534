#include "pipeline/evaluate/report_json.h"

#include <optional>

#include "common/json_text.h"

namespace freshet::pipeline {
namespace {

// Writes members of objects and entries of arrays, with commas where they belong.
class JsonText {
 public:
  JsonText& key(std::string_view name) {
    comma();
    append_json_string(name, &text_);
    text_ += ": ";
    after_key_ = true;
    return *this;
  }
  void open(char bracket) {
    comma();
    text_.push_back(bracket);
    first_ = true;
  }
  void close(char bracket) {
    text_.push_back(bracket);
    first_ = false;
  }
  void line() { line_ = true; }  // what follows begins a line

  void put(std::string_view value) {
    comma();
    append_json_string(value, &text_);
  }
  template <class Number>
  void number(Number value) {
    comma();
    append_number(value, &text_);
  }
  void null() {
    comma();
    text_ += "null";
  }
  template <class Number>
  void optional(const std::optional<Number>& value) {
    value ? number(*value) : null();
  }
  std::string take() { return std::move(text_); }

 private:
  void comma() {
    if (!after_key_ && !first_) text_ += line_ ? "," : ", ";
    if (!after_key_ && line_) text_ += "\n";
    if (!after_key_) line_ = false;
    after_key_ = false;
    first_ = false;
  }

  std::string text_;
  bool first_ = true;
  bool after_key_ = false;
  bool line_ = false;
};

void put_text(const std::optional<std::string>& text, JsonText* json) {
  text ? json->put(*text) : json->null();
}

void put_estimate(const Estimate& estimate, JsonText* json) {
  json->open('{');
  json->key("value").optional(estimate.value);
  json->key("low").optional(estimate.low);
  json->key("high").optional(estimate.high);
  json->close('}');
}

void put_estimate(const std::optional<Estimate>& estimate, JsonText* json) {
  estimate ? put_estimate(*estimate, json) : json->null();
}

void put_metrics(const Metrics& metrics, JsonText* json) {
  json->open('{');
  for (std::size_t m = 0; m < kMetrics; ++m) {
    json->line();
    json->key(name_of(static_cast<Metric>(m)));
    put_estimate(metrics[m], json);
  }
  json->close('}');
}

void put_segments(const std::vector<SegmentReport>& segments, bool scenes, JsonText* json) {
  json->open('[');
  for (const SegmentReport& segment : segments) {
    json->line();
    json->open('{');
    if (scenes) {
      put_text(segment.scene, &json->key("scene"));
    } else {
      json->key("from").number(segment.from);
      json->key("to").optional(segment.to);
    }
    json->key("impressions").number(segment.impressions);
    json->key("clicked").number(segment.clicked);
    put_estimate(segment.auc, &json->key("auc"));
    put_estimate(segment.difference, &json->key("difference"));
    json->close('}');
  }
  json->close(']');
}

void put_delays(const std::vector<DelayReport>& delays, JsonText* json) {
  json->open('[');
  for (const DelayReport& delay : delays) {
    json->line();
    json->open('{');
    json->key("delay_ms").number(delay.delay.value);
    put_estimate(delay.auc, &json->key("auc"));
    put_estimate(delay.change, &json->key("change"));
    json->close('}');
  }
  json->close(']');
}

void put_curves(const EntrantReport& entrant, JsonText* json) {
  json->line();
  json->key("roc").open('[');
  for (const RocPoint& point : entrant.roc) {
    json->open('[');
    json->number(point.not_clicked);
    json->number(point.clicked);
    json->close(']');
  }
  json->close(']');
  json->line();
  json->key("calibration").open('[');
  for (const CalibrationBin& bin : entrant.calibration) {
    json->open('{');
    json->key("impressions").number(bin.impressions);
    json->key("predicted").number(bin.predicted);
    json->key("observed").number(bin.observed);
    json->close('}');
  }
  json->close(']');
}

void put_entrant(const EntrantReport& entrant, JsonText* json) {
  const bool model = entrant.kind == EntrantKind::kModel;
  json->line();
  json->open('{');
  json->key("name").put(entrant.name);
  json->key("kind").put(name_of(entrant.kind));
  put_text(model ? std::optional(entrant.label) : std::nullopt, &json->key("label"));
  put_text(model ? std::optional(entrant.path) : std::nullopt, &json->key("path"));
  json->key("coverage").number(entrant.coverage);
  json->key("impressions").number(entrant.impressions);
  json->line();
  put_metrics(entrant.metrics, &json->key("metrics"));
  json->line();
  json->key("gauc_users").number(entrant.gauc_users);
  json->key("gauc_impressions").number(entrant.gauc_impressions);
  json->line();
  json->key("difference");
  entrant.difference ? put_metrics(*entrant.difference, json) : json->null();
  json->line();
  put_segments(entrant.by_length, false, &json->key("by_length"));
  json->line();
  put_segments(entrant.by_scene, true, &json->key("by_scene"));
  json->line();
  put_delays(entrant.by_delay, &json->key("by_delay"));
  put_curves(entrant, json);
  json->close('}');
}

}  // namespace

std::string evaluation_json(const EvaluationReport& report) {
  JsonText json;
  const auto time = [](const std::optional<EventTime>& at) -> std::optional<std::int64_t> {
    if (!at) return std::nullopt;
    return at->ms;
  };
  json.open('{');
  json.key("format").number(1);
  json.key("log").put(report.log);
  json.line();
  json.key("judged").open('{');
  json.key("impressions").number(report.impressions);
  json.key("clicked").number(report.clicked);
  json.key("users").number(report.users);
  json.key("from").optional(time(report.from));
  json.key("until").optional(time(report.until));
  json.key("first").number(report.first.ms);
  json.key("last").number(report.last.ms);
  json.close('}');
  json.line();
  json.key("left_out").open('{');
  json.key("repeated").number(report.left_out.repeated);
  json.key("late").number(report.left_out.late);
  json.key("unlabelled").number(report.left_out.unlabelled);
  json.close('}');
  json.line();
  json.key("bootstrap").open('{');
  json.key("resamples").number(report.bootstrap.resamples);
  json.key("seed").number(report.bootstrap.seed);
  json.key("level").number(report.bootstrap.level);
  json.key("unit").put("user");
  json.close('}');
  json.line();
  json.key("calibration_bins").number(kCalibrationBins);
  put_text(report.scene, &json.key("scene"));
  json.key("sequence").put(report.sequence);
  json.line();
  json.key("models").open('[');
  for (const EntrantReport& entrant : report.entrants) put_entrant(entrant, &json);
  json.close(']');
  json.close('}');
  return json.take() + "\n";
}

}  // namespace freshet::pipeline
