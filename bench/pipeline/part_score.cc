#include <cmath>

#include "bench/pipeline/click_source.h"
#include "bench/pipeline/parts.h"
#include "common/check.h"
#include "common/random.h"
#include "pipeline/events/output_encoder.h"
#include "scorer/reference.h"
#include "scorer/top_k.h"

namespace freshet::bench {
namespace {

constexpr std::size_t kUsers = 1'024;
constexpr double kErrorMost = 1e-5;

// What is folded of some users, none like the other.
class FoldedUsers {
 public:
  explicit FoldedUsers(const Point& point) : model_(point.model(0)), dim_(point.options().dim) {
    Random random(1);
    for (std::size_t i = 0; i < kUsers * dim_; ++i) {
      u_.push_back(static_cast<float>(random.uniform(-0.5, 0.5)));
    }
    for (std::size_t i = 0; i < kUsers; ++i) {
      ids_.push_back(user_id(static_cast<std::uint32_t>(i)));
      for (std::size_t k = 0; k < recent_clicks(); ++k) {
        recent_.push_back({static_cast<std::uint32_t>(random.below(point.options().items))});
      }
    }
  }

  void fold(std::size_t user, scorer::UserFold* fold) const {
    model_->scorer.fold({u(user), {}}, {ids_[user].view(), {}, recent(user)}, fold);
  }

  std::vector<scorer::ReferenceLogit> reference(std::size_t user,
                                                std::span<const scorer::ItemRow> rows) const {
    const std::vector<double> exact(u(user).begin(), u(user).end());
    const auto row = recent(user);
    return scorer::reference_logits(*model_->model, exact,
                                    {ids_[user].str(), {}, {}, {row.begin(), row.end()}}, rows);
  }

 private:
  std::size_t recent_clicks() const { return model_->model->wide.recent_clicks; }
  std::span<const float> u(std::size_t user) const {
    return std::span(u_).subspan(user * dim_, dim_);
  }
  std::span<const scorer::ItemRow> recent(std::size_t user) const {
    return std::span(recent_).subspan(user * recent_clicks(), recent_clicks());
  }

  std::shared_ptr<const pipeline::ServedModel> model_;
  std::size_t dim_;
  std::vector<float> u_;                 // [kUsers, d]
  std::vector<UserId> ids_;              // [kUsers]
  std::vector<scorer::ItemRow> recent_;  // [kUsers, recent_clicks]
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
      : model_(point.model(candidates)),
        publish_(point.config().candidates.publish),
        logits_(candidates) {
    const FoldedUsers users(point);
    users.fold(0, &fold_);
    score();
    const auto exact = users.reference(0, model_->candidate_rows);
    for (std::size_t k = 0; k < exact.size(); ++k) {
      FRESHET_CHECK(std::fabs(double{logits_[k].total} - exact[k].total) <= kErrorMost);
    }
  }

  std::string name() const override { return "score " + std::to_string(logits_.size()); }

  void run(std::size_t count) override {
    for (std::size_t i = 0; i < count; ++i) {
      score();
      keep(scores_);
    }
  }

 private:
  void score() {
    model_->scorer.score(fold_, model_->candidate_rows, logits_);
    scores_.clear();
    const auto top =
        scorer::top_k(model_->candidate_rows, logits_, model_->model->item_id_rank, publish_);
    for (const scorer::RankedItem& item : top.items) {
      scores_.push_back(
          {model_->model->item_ids[item.row.value].view(), scorer::sigmoid(item.logit)});
    }
  }

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
