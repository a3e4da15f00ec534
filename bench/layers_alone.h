// The layers of CandidateScorer::score() one by one, on the same rows, weights and blocks: which
// part of its time they take, and what is left for the wide side and the steps between.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "scorer/candidates/candidate_scorer.h"
#include "scorer/kernels.h"

namespace freshet::scorer {

class LayersAlone {
 public:
  // Requires a model whose T is the item's row.
  LayersAlone(const Model& model, const UserFold& fold, std::span<const ItemRow> candidates)
      : model_(model),
        fold_(fold),
        wt2_(transposed<float>(model.hidden2.weight)),
        first_(kScoreBlock * model.hidden1.weight.rows),
        second_(kScoreBlock * model.hidden2.weight.rows),
        deep_(candidates.size()) {
    for (const ItemRow row : candidates) items_.push_back(model.items.row(row.value));
    for (std::size_t r = 0; r < kScoreBlock; ++r) {
      first_rows_.push_back(&first_[r * model.hidden1.weight.rows]);
      second_rows_.push_back(&second_[r * model.hidden2.weight.rows]);
    }
  }

  void first() {
    const std::size_t h1 = model_.hidden1.weight.rows;
    blocks([&](std::size_t begin, std::size_t count) {
      const Rows behind = Rows(items_).subspan(begin + count);
      dense_rows(Rows(items_).subspan(begin, count), model_.embedding_dim, {fold_.m, fold_.a, true},
                 std::span(first_).first(count * h1),
                 behind.first(std::min(kScoreBlock, behind.size())));
    });
  }

  void second() {
    const std::size_t h2 = model_.hidden2.weight.rows;
    blocks([&](std::size_t, std::size_t count) {
      dense_rows(Rows(first_rows_).first(count), model_.hidden1.weight.rows,
                 {wt2_, model_.hidden2.bias, true}, std::span(second_).first(count * h2));
    });
  }

  void output() {
    blocks([&](std::size_t begin, std::size_t count) {
      fixed_dots(Rows(second_rows_).first(count), model_.output.weight.data,
                 std::span(deep_).subspan(begin, count));
    });
  }

 private:
  using Rows = std::span<const float* const>;

  template <class Each>
  void blocks(const Each& each) const {
    for (std::size_t begin = 0; begin < items_.size(); begin += kScoreBlock) {
      each(begin, std::min(kScoreBlock, items_.size() - begin));
    }
  }

  const Model& model_;
  const UserFold& fold_;
  AlignedVector<float> wt2_;
  AlignedVector<float> first_;
  AlignedVector<float> second_;
  std::vector<float> deep_;
  std::vector<const float*> items_;
  std::vector<const float*> first_rows_;
  std::vector<const float*> second_rows_;
};

}  // namespace freshet::scorer
