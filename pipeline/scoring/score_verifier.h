// ScoreVerifier: recomputes with the reference, in double, all that a run represents and publishes
// of its primary model.
//
// Per event, from the stored clicks alone: the clicks that the event may see, by a straight loop;
// u and every candidate's logit by scorer/reference/reference.h; the sums and u once more by a
// rebuild from nothing. What was published is read back from the output's bytes. Counts:
// differences of u relative to the largest |x| of the clicks (docs/formats.md, "Error"),
//          of logits and of published scores absolute; everything that can only be right or wrong
//          as a mismatch: windows, sums and u of a rebuild (bits), the published items
// Errors:  none; the report says what was found, with the first mismatches by place
// Threads: one. Cost: O(n d H + C 3 B d h1) per event, many times that of scoring it
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/scoring/score_observer.h"
#include "scorer/reference/reference.h"

namespace freshet::pipeline {

// What docs/formats.md promises.
inline constexpr double kRepresentationBound = 1e-6;
inline constexpr double kScoreBound = 1e-5;

struct VerifyReport {
  std::uint64_t events = 0;           // accepted
  std::uint64_t representations = 0;  // of target attention none: the logits tell
  std::uint64_t logits = 0;
  std::uint64_t scores = 0;  // published
  double representation_difference = 0;
  double logit_difference = 0;
  double score_difference = 0;
  std::uint64_t rebuilds_that_differ = 0;   // sums or u, in any bit
  std::uint64_t mismatches = 0;             // wrong windows, items, lengths, missing outputs
  std::vector<std::string> first_problems;  // at most ten, of any kind

  bool sound() const;
};

// Lines for people: what was recomputed, the largest differences with their bounds, the problems.
std::string describe(const VerifyReport& report);

class ScoreVerifier final : public ScoreObserver {
 public:
  ScoreVerifier(const WorkerConfig& config, std::shared_ptr<const ServedModel> model);

  void on_scored(const ScoredOn& scored) override;
  void on_output(const InputRecord& record, const OutputRecord& output) override;

  const VerifyReport& report() const { return report_; }

 private:
  // What the reference makes of an event, until its event's output comes.
  struct Expected {
    std::size_t sequence_length = 0;
    std::vector<scorer::ItemRow> recent;  // of known items, newest first
    std::vector<scorer::ItemRow> candidates;
    std::vector<double> logits;  // [candidates]
  };

  using SeenClicks = std::vector<std::vector<scorer::ReferenceClick>>;  // [B] of the model

  void problem(const std::string& what);
  // The sequence of the primary behaviour, as the output and the wide side read it.
  void see_primary(const ScoredOn& scored);
  SeenClicks see_clicks(const ScoredOn& scored);
  std::vector<double> check_representations(const ScoredOn& scored, const SeenClicks& clicks);
  void check_rebuild(const ScoredOn& scored, std::size_t pool);
  void check_logits(const ScoredOn& scored, const SeenClicks& clicks, const std::vector<double>& u);
  void check_output(const Expected& expected, std::string_view json);

  std::vector<stateful::BehaviourLimits> limits_;
  std::vector<std::string> context_fields_;
  std::size_t publish_;
  std::shared_ptr<const ServedModel> model_;
  std::optional<Expected> expected_;
  std::vector<std::string> found_;  // of the present event, until its place is known
  VerifyReport report_;
};

}  // namespace freshet::pipeline
