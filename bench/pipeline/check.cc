#include "bench/pipeline/check.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <string>
#include <unordered_map>

#include "common/check.h"
#include "pipeline/events/output_decoder.h"
#include "scorer/reference/reference.h"

namespace freshet::bench {
namespace {

constexpr std::size_t kEvents = 1'000;  // for each number of candidates
constexpr std::size_t kCompareEvery = 29;
constexpr double kScoreErrorMost = 1e-5;

// The clicks of the users that were seen, newest first: the naive twin of the state.
class NaiveUsers {
 public:
  explicit NaiveUsers(const BenchOptions& options) : options_(options) {}

  const std::deque<LoggedClick>& insert(const LoggedClick& click) {
    auto [user, is_new] = users_.try_emplace(click.user);
    if (is_new) {
      for (const LoggedClick& before : history_of(click.user, options_)) {
        user->second.push_front(before);
      }
    }
    user->second.push_front(click);
    while (user->second.size() > options_.length) user->second.pop_back();
    return user->second;
  }

 private:
  const BenchOptions& options_;
  std::unordered_map<std::uint32_t, std::deque<LoggedClick>> users_;
};

std::vector<double> exact_scores(const pipeline::ServedModel& served,
                                 const std::deque<LoggedClick>& newest_first) {
  const scorer::Model& model = *served.model;
  std::vector<scorer::ReferenceClick> clicks;
  std::vector<scorer::ItemRow> recent;
  for (const LoggedClick& click : newest_first) {
    clicks.push_back({click.ts, click.item});
    if (recent.size() < model.wide.recent_clicks) recent.push_back(click.item);
  }
  const std::vector<double> u = scorer::reference_representation(model, 0, clicks);
  std::vector<double> scores;
  for (const scorer::ReferenceLogit& logit :
       scorer::reference_logits(model, u, {user_id(newest_first[0].user).str(), {}, {}, recent},
                                served.candidate_rows)) {
    scores.push_back(scorer::reference_sigmoid(logit.total));
  }
  return scores;
}

void compare(const pipeline::ServedModel& served, std::size_t publish,
             const std::deque<LoggedClick>& newest_first, const std::string& output) {
  const auto read = pipeline::decode_score_event(output);
  FRESHET_CHECK(read.has_value());
  FRESHET_CHECK(read->user_id == user_id(newest_first[0].user).view());
  FRESHET_CHECK(read->sequence_length == newest_first.size());
  FRESHET_CHECK(!read->late && !read->duplicate);
  if (served.candidate_rows.empty()) {
    FRESHET_CHECK(read->scores.empty());
    return;
  }
  const std::vector<double> exact = exact_scores(served, newest_first);
  std::vector<double> best = exact;
  std::sort(best.rbegin(), best.rend());
  FRESHET_CHECK(read->scores.size() == std::min(publish, exact.size()));
  const std::size_t first_item = std::stoul(item_id({0}).str());
  for (std::size_t k = 0; k < read->scores.size(); ++k) {
    const double wanted = exact.at(std::stoul(read->scores[k].item_id) - first_item);
    FRESHET_CHECK(std::fabs(double{read->scores[k].score} - wanted) <= kScoreErrorMost);
    FRESHET_CHECK(std::fabs(best[k] - wanted) <= kScoreErrorMost);
  }
}

}  // namespace

void check_replay(const Point& point, ReplayMemory* replay) {
  NaiveUsers naive(point.options());
  std::vector<std::size_t> counts = point.options().candidates;
  counts.push_back(0);
  for (const std::size_t candidates : counts) {
    ClickBatch batch;
    replay->source().fill(kEvents, &batch);
    std::size_t seen = 0;
    replay->replay(candidates, batch, kEvents,
                   [&](const LoggedClick& click, const pipeline::OutputRecord& output) {
                     const auto& newest_first = naive.insert(click);
                     if (++seen % kCompareEvery != 0) return;
                     compare(*point.model(candidates), point.config().candidates.publish,
                             newest_first, *output.value);
                   });
  }
}

}  // namespace freshet::bench
