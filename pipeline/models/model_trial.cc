#include "pipeline/models/model_trial.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/json_text.h"
#include "scorer/reference/reference.h"

namespace freshet::pipeline {
namespace {

constexpr std::int64_t kNewestMs = 1'700'000'000'000;
constexpr std::int64_t kBetweenMs = 60'000;
constexpr std::string_view kUser = "trial";
// Where float arithmetic may leave the finite numbers although the sum in double stays below.
constexpr double kFloatOverflow = 1e30;

// `count` of the model's rows, at equal distances.
std::vector<scorer::ItemRow> spread_rows(const scorer::Model& model, std::size_t count) {
  const std::size_t rows = model.items.rows;
  std::vector<scorer::ItemRow> spread(std::min(count, rows));
  for (std::size_t i = 0; i < spread.size(); ++i) {
    spread[i].value = static_cast<std::uint32_t>(i * rows / spread.size());
  }
  return spread;
}

// A user who clicked on items from one end of the catalogue to the other.
struct TrialUser {
  std::vector<std::vector<scorer::PooledClick>> clicks;        // [B], newest first
  std::vector<std::vector<scorer::ReferenceClick>> reference;  // the same
  std::vector<scorer::ItemRow> recent;
};

TrialUser make_user(const ServedModel& served, const WorkerConfig& config) {
  TrialUser user;
  for (const std::size_t behaviour : served.behaviours) {
    const std::size_t length = config.behaviours[behaviour].limits.length_max;
    auto& clicks = user.clicks.emplace_back();
    auto& reference = user.reference.emplace_back();
    std::int64_t ts = kNewestMs;
    for (const scorer::ItemRow row : spread_rows(*served.model, std::min(kTrialClicks, length))) {
      clicks.push_back({EventTime{ts}, row});
      reference.push_back({EventTime{ts}, row});
      ts -= kBetweenMs;
    }
  }
  user.recent = spread_rows(*served.model, served.model->wide.recent_clicks);
  return user;
}

// U [P d]; zeros where no pool keeps it.
std::vector<float> representation(const ServedModel& served, const TrialUser& user) {
  const std::size_t dim = served.model->embedding_dim;
  std::vector<float> u(served.representation_size());
  const auto representations = served.model->representations();
  std::size_t pool = 0;
  for (std::size_t p = 0; p < representations.size(); ++p) {
    if (!scorer::Pool::serves(representations[p].kind)) continue;
    const scorer::Pool& one = served.pools[pool++].pool;
    scorer::PoolSums sums = one.empty();
    one.rebuild(user.clicks[representations[p].behaviour], &sums);
    one.representation(sums, std::span(u).subspan(p * dim, dim));
  }
  return u;
}

std::vector<scorer::CandidateLogit> score(const ServedModel& served, const TrialUser& user,
                                          std::span<const std::optional<std::string_view>> context,
                                          std::span<const scorer::ItemRow> candidates) {
  const std::vector<float> u = representation(served, user);
  std::vector<std::span<const scorer::PooledClick>> clicks(user.clicks.begin(), user.clicks.end());
  scorer::UserFold fold;
  served.scorer.fold({u, clicks}, {kUser, context, user.recent}, &fold);
  std::vector<scorer::CandidateLogit> logits(candidates.size());
  served.scorer.score(fold, candidates, logits);
  return logits;
}

Status refuse(const ServedModel& served, const std::string& message) {
  return error(ErrorCode::kInvalidModel,
               "model " + served.label + ": " + message + "; export the model again");
}

}  // namespace

Status try_model(const ServedModel& served, const WorkerConfig& config) {
  const scorer::Model& model = *served.model;
  const TrialUser user = make_user(served, config);
  const std::vector<std::optional<std::string_view>> context(config.events.context.size());
  const auto candidates = spread_rows(model, kTrialCandidates);
  const auto logits = score(served, user, context, candidates);
  if (std::none_of(logits.begin(), logits.end(),
                   [](const auto& logit) { return std::isfinite(logit.total); })) {
    return refuse(served, "a user with clicks on its items gets no finite score");
  }

  const scorer::ReferenceWideInputs wide{kUser, config.events.context, context, user.recent};
  const std::size_t compared = std::min(kTrialCompared, candidates.size());
  for (std::size_t i = 0; i < compared; ++i) {
    const std::size_t at = i * candidates.size() / compared;
    const scorer::ItemRow candidate = candidates[at];
    const auto expected =
        scorer::reference_logits(model, user.reference, wide, std::span(&candidate, 1)).front();
    const double found = logits[at].total;
    // What overflows is left out of every ranking, and counted.
    if (!std::isfinite(found) && !(std::fabs(expected.total) < kFloatOverflow)) continue;
    const double scale = std::max({1.0, std::fabs(expected.deep), std::fabs(expected.wide)});
    if (std::fabs(found - expected.total) <= kTrialBound * scale) continue;
    return refuse(served, "the logit of item " +
                              quote_excerpt(model.item_ids[candidate.value].view()) + " is " +
                              std::to_string(found) + ", its definition gives " +
                              std::to_string(expected.total));
  }
  return {};
}

}  // namespace freshet::pipeline
