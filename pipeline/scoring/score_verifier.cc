#include "pipeline/scoring/score_verifier.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <map>
#include <utility>

#include "pipeline/events/output_decoder.h"
#include "scorer/reference/representation_scale.h"

namespace freshet::pipeline {
namespace {

constexpr std::size_t kProblemsMax = 10;
// Where float arithmetic may leave the finite numbers although the sum in double stays below.
constexpr double kFloatOverflow = 1e30;

// What the event may see of one sequence, newest first: the definition, click by click.
std::vector<stateful::Click> seen_clicks(const stateful::Sequence& sequence,
                                         const stateful::BehaviourLimits& limits,
                                         const ScoredOn& scored) {
  std::vector<stateful::Click> seen;
  for (std::size_t i = 0; i < sequence.size() && seen.size() < limits.length_max; ++i) {
    const stateful::Click& click = sequence[i];
    if (click.ts < scored.stream_time - limits.age_max) break;
    if (scored.event.kind != EventKind::kClick && click.ts >= scored.event.ts) continue;
    seen.push_back(click);
  }
  return seen;
}

bool equal_bits(std::span<const float> left, std::span<const float> right) {
  return std::memcmp(left.data(), right.data(), left.size_bytes()) == 0;
}

}  // namespace

bool VerifyReport::sound() const {
  return representation_difference <= kRepresentationBound && logit_difference <= kScoreBound &&
         score_difference <= kScoreBound && rebuilds_that_differ == 0 && mismatches == 0;
}

std::string describe(const VerifyReport& report) {
  char text[640];
  std::snprintf(text, sizeof text,
                "verified: %llu events, %llu representations, %llu logits, %llu published scores\n"
                "largest difference of a representation: %.3g of its largest |x| (bound %g)\n"
                "largest difference of a logit: %.3g (bound %g)\n"
                "largest difference of a published score: %.3g (bound %g)\n"
                "rebuilds whose bits differ: %llu\n"
                "mismatches: %llu\n",
                static_cast<unsigned long long>(report.events),
                static_cast<unsigned long long>(report.representations),
                static_cast<unsigned long long>(report.logits),
                static_cast<unsigned long long>(report.scores), report.representation_difference,
                kRepresentationBound, report.logit_difference, kScoreBound, report.score_difference,
                kScoreBound, static_cast<unsigned long long>(report.rebuilds_that_differ),
                static_cast<unsigned long long>(report.mismatches));
  std::string lines = text;
  for (const std::string& problem : report.first_problems) lines += "PROBLEM: " + problem + "\n";
  return lines;
}

ScoreVerifier::ScoreVerifier(const WorkerConfig& config, std::shared_ptr<const ServedModel> model)
    : limits_(config.limits()),
      context_fields_(config.events.context),
      publish_(config.candidates.publish),
      model_(std::move(model)) {}

void ScoreVerifier::problem(const std::string& what) {
  if (report_.first_problems.size() + found_.size() < kProblemsMax) found_.push_back(what);
}

void ScoreVerifier::on_scored(const ScoredOn& scored) {
  if (scored.model != 0) return;
  ++report_.events;
  expected_ = Expected{};
  see_primary(scored);
  const SeenClicks clicks = see_clicks(scored);
  for (std::size_t p = 0; p < model_->pools.size(); ++p) check_rebuild(scored, p);
  if (scored.candidates.empty()) return;
  const std::vector<double> u = check_representations(scored, clicks);
  check_logits(scored, clicks, u);
}

void ScoreVerifier::see_primary(const ScoredOn& scored) {
  const scorer::Model& model = *model_->model;
  const auto primary = seen_clicks(scored.user.state().sequences[0], limits_[0], scored);
  expected_->sequence_length = primary.size();
  for (const stateful::Click& click : primary) {
    if (expected_->recent.size() == model.wide.recent_clicks) break;
    if (const auto row = model.row_of(click.item)) expected_->recent.push_back(*row);
  }
}

ScoreVerifier::SeenClicks ScoreVerifier::see_clicks(const ScoredOn& scored) {
  SeenClicks all;
  for (const std::size_t behaviour : model_->behaviours) {
    std::vector<scorer::ReferenceClick>& clicks = all.emplace_back();
    for (const stateful::Click& click :
         seen_clicks(scored.user.state().sequences[behaviour], limits_[behaviour], scored)) {
      clicks.push_back({click.ts, model_->model->row_of(click.item)});
    }
    if (clicks.size() == scored.windows[behaviour].count) continue;
    ++report_.mismatches;
    problem("the event sees " + std::to_string(clicks.size()) + " clicks of " +
            limits_[behaviour].name + ", it was scored on " +
            std::to_string(scored.windows[behaviour].count));
  }
  return all;
}

std::vector<double> ScoreVerifier::check_representations(const ScoredOn& scored,
                                                         const SeenClicks& clicks) {
  const scorer::Model& model = *model_->model;
  const std::vector<scorer::Representation> representations = model.representations();
  std::vector<double> all;
  for (std::size_t p = 0; p < representations.size(); ++p) {
    // Another one for each candidate: the logits are all that can be compared.
    if (representations[p].kind == scorer::RepresentationKind::kTarget) continue;
    ++report_.representations;
    const auto& seen = clicks[representations[p].behaviour];
    const double scale = scorer::Pool::serves(representations[p].kind)
                             ? scorer::representation_scale(model, representations[p], seen)
                             : 0.0;
    const std::vector<double> u = scorer::reference_representation(model, p, seen);
    for (std::size_t c = 0; c < u.size(); ++c) {
      const double difference = std::fabs(double{scored.u[all.size() + c]} - u[c]);
      // Without a known click u is zeros: any difference is infinite.
      const double relative = difference == 0.0 ? 0.0 : difference / scale;
      if (!(relative <= kRepresentationBound)) {
        problem("u[" + std::to_string(all.size() + c) + "] differs by " + std::to_string(relative));
      }
      if (!(relative <= report_.representation_difference)) {
        report_.representation_difference = relative;
      }
    }
    all.insert(all.end(), u.begin(), u.end());
  }
  return all;
}

void ScoreVerifier::check_rebuild(const ScoredOn& scored, std::size_t pool) {
  const PooledBehaviour& pooled = model_->pools[pool];
  const std::size_t dim = model_->model->embedding_dim;
  const stateful::Sequence& sequence = scored.user.state().sequences[pooled.behaviour];
  std::vector<scorer::PooledClick> clicks;
  for (std::size_t i = 0; i < sequence.size(); ++i) {
    clicks.push_back({sequence[i].ts, model_->model->row_of(sequence[i].item)});
  }
  const std::span<const scorer::PooledClick> all(clicks);
  scorer::PoolSums sums = pooled.pool.empty();
  pooled.pool.rebuild(all.first(scored.user.view(0).summed(pool)), &sums);
  const bool equal_sums = sums == scored.user.view(0).sums(pool);
  bool equal_u = true;
  if (!scored.candidates.empty()) {
    const stateful::Window window = scored.windows[pooled.behaviour];
    std::vector<float> u(dim);
    sums = pooled.pool.empty();
    pooled.pool.rebuild(all.subspan(window.first, window.count), &sums);
    pooled.pool.representation(sums, u);
    equal_u = equal_bits(u, scored.u.subspan(pool * dim, dim));
  }
  if (equal_sums && equal_u) return;
  ++report_.rebuilds_that_differ;
  problem(std::string(equal_sums ? "u" : "the sums") + " of " + limits_[pooled.behaviour].name +
          " have other bits than those of a rebuild");
}

void ScoreVerifier::check_logits(const ScoredOn& scored, const SeenClicks& clicks,
                                 const std::vector<double>& u) {
  const std::vector<std::optional<std::string_view>> context(scored.event.context.begin(),
                                                             scored.event.context.end());
  const scorer::ReferenceWideInputs wide{scored.event.user.view(), context_fields_, context,
                                         expected_->recent};
  const scorer::Model& model = *model_->model;
  const auto logits = model.variant == scorer::Variant::kTarget
                          ? scorer::reference_logits(model, clicks, wide, scored.candidates)
                          : scorer::reference_logits(model, u, wide, scored.candidates);
  expected_->candidates.assign(scored.candidates.begin(), scored.candidates.end());
  for (std::size_t i = 0; i < logits.size(); ++i) {
    ++report_.logits;
    const double expected = logits[i].total;
    const double found = double{scored.logits[i].total};
    expected_->logits.push_back(std::isfinite(found) ? expected : NAN);
    if (!std::isfinite(found)) {
      if (!(std::fabs(expected) < kFloatOverflow)) continue;
      ++report_.mismatches;
      problem("a logit is not finite, the reference gives " + std::to_string(expected));
      continue;
    }
    const double difference = std::fabs(found - expected);
    if (!(difference <= kScoreBound)) problem("a logit differs by " + std::to_string(difference));
    if (!(difference <= report_.logit_difference)) report_.logit_difference = difference;
  }
}

void ScoreVerifier::check_output(const Expected& expected, std::string_view json) {
  const auto mismatch = [&](const std::string& what) {
    ++report_.mismatches;
    problem(what);
  };
  const Result<ReadOutput> output = decode_score_event(json);
  if (!output) return mismatch(output.error().message);
  if (output->sequence_length != expected.sequence_length) mismatch("wrong sequence_length");
  std::map<std::string_view, double> logits;
  for (std::size_t i = 0; i < expected.candidates.size(); ++i) {
    if (std::isnan(expected.logits[i])) continue;
    const std::string_view item = model_->model->item_ids[expected.candidates[i].value].view();
    logits.emplace(item, expected.logits[i]);
  }
  if (output->scores.size() != std::min(publish_, logits.size())) {
    mismatch("wrong number of scores: " + std::to_string(output->scores.size()));
  }
  double last = INFINITY;
  for (const ReadScore& score : output->scores) {
    ++report_.scores;
    const auto found = logits.find(score.item_id);
    if (found == logits.end()) {
      mismatch("the item " + score.item_id + " is published twice, or is no candidate");
      continue;
    }
    const double difference =
        std::fabs(double{score.score} - scorer::reference_sigmoid(found->second));
    if (!(difference <= kScoreBound)) {
      problem("the score of " + score.item_id + " differs by " + std::to_string(difference));
    }
    if (!(difference <= report_.score_difference)) report_.score_difference = difference;
    if (found->second > last + 2 * kScoreBound) mismatch("the items are not in order");
    last = found->second;
    logits.erase(found);
  }
  for (const auto& [item, logit] : logits) {
    if (logit <= last + 2 * kScoreBound) continue;
    mismatch("the item " + std::string(item) + " is better than one that is published");
    break;
  }
}

void ScoreVerifier::on_output(const InputRecord& record, const OutputRecord& output) {
  if (output.topic == OutputTopic::kScores) {
    const std::string json = output.value.value_or("");
    if (expected_) {
      check_output(*expected_, json);
    } else {
      ++report_.mismatches;
      problem("scores are published that nobody computed");
    }
  } else if (expected_ && std::any_of(expected_->logits.begin(), expected_->logits.end(),
                                      [](double logit) { return !std::isnan(logit); })) {
    ++report_.mismatches;
    problem("a dead letter, although there are finite logits");
  }
  const std::string place = "partition " + std::to_string(record.partition.value) + " at offset " +
                            std::to_string(record.offset.value) + ": ";
  for (const std::string& what : found_) report_.first_problems.push_back(place + what);
  found_.clear();
  expected_.reset();
}

}  // namespace freshet::pipeline
