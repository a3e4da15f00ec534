// JudgedLog: the impressions of a log that are judged, and what each entrant said of them.
//
// An entrant is whatever gives each impression a logit: a model, the smoothed rates, the planted
// truth. Rows are in the order of the log, users in the order in which they appear.
// Threads: plain data. Cost: 16 B an impression, 12 B for each entrant, 4 B for each model and
// delay
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/time.h"
#include "scorer/candidates/candidate_scorer.h"

namespace freshet::pipeline {

struct JudgedImpression {
  std::uint32_t user = 0;
  std::uint32_t scene = 0;   // index in JudgedLog::scenes
  std::uint32_t length = 0;  // visible clicks of the primary behaviour
  bool clicked = false;
};

enum class EntrantKind { kModel, kRates, kTruth };

struct Entrant {
  std::string name;  // no two are equal
  EntrantKind kind = EntrantKind::kModel;
  std::string label;                             // "name@version" of a model
  std::string path;                              // a model's folder
  std::vector<scorer::CandidateLogit> logits{};  // [rows]; total is not finite where it has none
  std::vector<std::vector<float>> delayed{};     // [delays][rows]; none where it does not age
  bool has_parts() const { return kind == EntrantKind::kModel; }  // deep and wide
};

// Impressions that are not judged, of those within the span.
struct LeftOut {
  std::uint64_t repeated = 0;    // (user, item, time) was there before
  std::uint64_t late = 0;        // older than examples.label_wait_ms when they came
  std::uint64_t unlabelled = 0;  // the log ended before their wait did
};

struct JudgedLog {
  std::vector<JudgedImpression> rows;
  std::size_t users = 0;
  EventTime first{};  // of the rows; no meaning without one
  EventTime last{};
  std::vector<std::optional<std::string>> scenes;
  std::vector<DurationMs> delays;
  std::vector<Entrant> entrants;
  LeftOut left_out;
};

}  // namespace freshet::pipeline
