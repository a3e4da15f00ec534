#include "scorer/candidates/candidate_scorer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/check.h"
#include "scorer/exp64.h"
#include "scorer/float_mode.h"
#include "scorer/kernels.h"

namespace freshet::scorer {

Result<CandidateScorer> CandidateScorer::create(std::shared_ptr<const Model> model,
                                                std::span<const std::string> context_fields) {
  FRESHET_CHECK(model != nullptr && has_float_mode());
  Result<WideFeatures> wide = WideFeatures::create(model, context_fields);
  if (!wide) return tl::unexpected(wide.error());
  Result<TargetTable> table = TargetTable::create(model);
  if (!table) return tl::unexpected(table.error());
  const auto targets = std::make_shared<const TargetTable>(std::move(*table));
  const auto made = [&](auto layer) -> Result<CandidateScorer> {
    if (!layer) return tl::unexpected(layer.error());
    return CandidateScorer(model, std::move(*wide), targets, std::move(*layer));
  };
  if (model->variant == Variant::kTarget) return made(AttendedLayer::create(model, targets));
  return made(FactoredLayer::create(model, targets));
}

CandidateScorer::CandidateScorer(std::shared_ptr<const Model> model, WideFeatures wide,
                                 std::shared_ptr<const TargetTable> targets, FirstLayer first)
    : model_(std::move(model)),
      wide_(std::move(wide)),
      targets_(std::move(targets)),
      first_(std::move(first)),
      hidden2_(transposed<float>(model_->hidden2.weight)) {}

void CandidateScorer::fold(const UserInputs& user, const WideInputs& wide, UserFold* result) const {
  std::visit([&](const auto& first) { first.fold(user, result); }, first_);
  result->wide_user = wide_.user_sum(wide);
  wide_.candidate_keys(wide, &result->candidate_keys);
}

void CandidateScorer::score(const UserFold& fold, std::span<const ItemRow> candidates,
                            std::span<CandidateLogit> out) const {
  FRESHET_CHECK(candidates.size() == out.size());
  const std::size_t h1 = model_->hidden1.weight.rows;
  const std::size_t h2 = model_->hidden2.weight.rows;
  const float bias = model_->output.bias[0];
  AlignedVector<float>& first = fold.buffers.first;
  AlignedVector<float>& second = fold.buffers.second;
  first.resize(kScoreBlock * h1);
  second.resize(kScoreBlock * h2);
  std::array<const float*, kScoreBlock> first_rows{};
  std::array<const float*, kScoreBlock> second_rows{};
  for (std::size_t r = 0; r < kScoreBlock; ++r) {
    first_rows[r] = &first[r * h1];
    second_rows[r] = &second[r * h2];
  }
  std::array<float, kScoreBlock> deep{};
  for (std::size_t begin = 0; begin < candidates.size(); begin += kScoreBlock) {
    const std::span<const ItemRow> rest = candidates.subspan(begin);
    const std::span<const ItemRow> block = rest.first(std::min(kScoreBlock, rest.size()));
    const std::span<const ItemRow> behind = rest.subspan(block.size());
    const std::span<const ItemRow> next = behind.first(std::min(kScoreBlock, behind.size()));
    const std::size_t count = block.size();
    std::visit(
        [&](const auto& layer) {
          layer.apply(fold, block, next, std::span(first).first(count * h1));
        },
        first_);
    dense_rows(std::span(first_rows).first(count), h1, {hidden2_, model_->hidden2.bias, true},
               std::span(second).first(count * h2));
    fixed_dots(std::span(second_rows).first(count), model_->output.weight.data,
               std::span(deep).first(count));
    for (std::size_t r = 0; r < count; ++r) {
      CandidateLogit& logit = out[begin + r];
      logit.deep = deep[r];
      logit.wide = wide_.candidate_sum(fold.wide_user, fold.candidate_keys, block[r]);
      logit.total = (logit.wide + logit.deep) + bias;
    }
  }
}

std::size_t CandidateScorer::heap_bytes() const {
  return targets_->heap_bytes() +
         std::visit([](const auto& first) { return first.heap_bytes(); }, first_) +
         hidden2_.capacity() * sizeof(float);
}

float sigmoid(float logit) { return static_cast<float>(sigmoid64(logit)); }

}  // namespace freshet::scorer
