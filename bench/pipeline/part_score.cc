#include <cmath>

#include "bench/pipeline/click_source.h"
#include "bench/pipeline/parts.h"
#include "common/check.h"
#include "pipeline/events/output_encoder.h"
#include "scorer/candidates/top_k.h"
#include "scorer/reference/reference.h"

namespace freshet::bench {
namespace {

constexpr std::size_t kUsers = 1'024;
constexpr double kErrorMost = 1e-5;

// What is folded of some users of the log, none like the other.
class FoldedUsers {
 public:
  explicit FoldedUsers(const Point& point)
      : model_(point.model(0)), pool_(model_->pools.at(0).pool), u_(point.options().dim) {
    for (std::uint32_t i = 0; i < kUsers; ++i) {
      ids_.push_back(user_id(i));
      const std::vector<LoggedClick> history = history_of(i, point.options());
      std::vector<scorer::PooledClick> newest_first;
      for (auto click = history.rbegin(); click != history.rend(); ++click) {
        newest_first.push_back({click->ts, click->item});
        if (newest_first.size() <= recent_clicks()) recent_.push_back(click->item);
      }
      newest_first.pop_back();  // the spare one, which nobody sees
      sums_.push_back(pool_.empty());
      pool_.rebuild(newest_first, &sums_.back());
    }
  }

  void fold(std::size_t user, scorer::UserFold* fold) {
    pool_.representation(sums_[user], u_);
    model_->scorer.fold({u_, {}}, {ids_[user].view(), {}, recent(user)}, fold);
  }

  std::vector<scorer::ReferenceLogit> reference(std::size_t user,
                                                std::span<const scorer::ItemRow> rows) {
    pool_.representation(sums_[user], u_);
    const std::vector<double> exact(u_.begin(), u_.end());
    const auto row = recent(user);
    return scorer::reference_logits(*model_->model, exact,
                                    {ids_[user].str(), {}, {}, {row.begin(), row.end()}}, rows);
  }

 private:
  // As many as the model reads, or as there are.
  std::size_t recent_clicks() const { return model_->model->wide.recent_clicks; }
  std::span<const scorer::ItemRow> recent(std::size_t user) const {
    const std::size_t each = recent_.size() / kUsers;
    return std::span(recent_).subspan(user * each, each);
  }

  std::shared_ptr<const pipeline::ServedModel> model_;
  const scorer::Pool& pool_;
  std::vector<scorer::PoolSums> sums_;   // [kUsers]
  std::vector<UserId> ids_;              // [kUsers]
  std::vector<scorer::ItemRow> recent_;  // [kUsers, recent clicks]
  std::vector<float> u_;                 // buffer
};

class FoldPart final : public Stage {
 public:
  explicit FoldPart(const Point& point) : users_(point) {}
  std::string name() const override { return "fold"; }
  void run(std::size_t count) override {
    for (std::size_t i = 0; i < count; ++i) {
      users_.fold(i % kUsers, &fold_);
      keep(fold_);
    }
  }

 private:
  FoldedUsers users_;
  scorer::UserFold fold_;
};

class ScorePart final : public Stage {
 public:
  ScorePart(const Point& point, std::size_t candidates)
      : users_(point),
        model_(point.model(candidates)),
        publish_(point.config().candidates.publish),
        logits_(candidates) {
    score(0);
    const auto exact = users_.reference(0, model_->candidate_rows);
    for (std::size_t k = 0; k < exact.size(); ++k) {
      FRESHET_CHECK(std::fabs(double{logits_[k].total} - exact[k].total) <= kErrorMost);
    }
  }

  std::string name() const override { return "score " + std::to_string(logits_.size()); }

  void run(std::size_t count) override {
    for (std::size_t i = 0; i < count; ++i) {
      score(i % kUsers);
      keep(scores_);
    }
  }

 private:
  // Another user each time: with one alone a processor learns which candidates are the best.
  void score(std::size_t user) {
    users_.fold(user, &fold_);
    model_->scorer.score(fold_, model_->candidate_rows, logits_);
    scores_.clear();
    const auto top =
        scorer::top_k(model_->candidate_rows, logits_, model_->model->item_id_rank, publish_);
    for (const scorer::RankedItem& item : top.items) {
      scores_.push_back(
          {model_->model->item_ids[item.row.value].view(), scorer::sigmoid(item.logit)});
    }
  }

  FoldedUsers users_;
  std::shared_ptr<const pipeline::ServedModel> model_;
  std::size_t publish_;
  scorer::UserFold fold_;
  std::vector<scorer::CandidateLogit> logits_;
  std::vector<pipeline::PublishedScore> scores_;
};

}  // namespace

std::unique_ptr<Stage> fold_part(const Point& point) { return std::make_unique<FoldPart>(point); }

std::unique_ptr<Stage> score_part(const Point& point, std::size_t candidates) {
  return std::make_unique<ScorePart>(point, candidates);
}

}  // namespace freshet::bench
