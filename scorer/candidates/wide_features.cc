#include "scorer/candidates/wide_features.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "common/check.h"
#include "common/hash.h"
#include "scorer/model/refuse_model.h"

namespace freshet::scorer {
namespace {

// Between a context field's name and its value; names cannot contain it.
constexpr char kFieldSeparator = '\x1f';

}  // namespace

Result<WideFeatures> WideFeatures::create(std::shared_ptr<const Model> model,
                                          std::span<const std::string> context_fields) {
  FRESHET_CHECK(model != nullptr);
  WideFeatures features(std::move(model));
  const std::vector<Cross>& crosses = features.model_->wide.crosses;
  const std::size_t buckets = features.model_->wide.weights.size();
  if (std::has_single_bit(buckets)) features.mask_ = buckets - 1;
  for (std::size_t k = 0; k < crosses.size(); ++k) {
    BoundCross bound;
    bound.kind = crosses[k].kind;
    bound.salt = mix64(k + 1);
    if (reads_context(bound.kind)) {
      const std::string& field = crosses[k].context_field;
      const auto found = std::find(context_fields.begin(), context_fields.end(), field);
      if (found == context_fields.end()) {
        return refuse_model("model " + features.model_->label() + " reads the context field \"" +
                            field + "\", which the worker does not; add it to events.context");
      }
      bound.context = static_cast<std::size_t>(found - context_fields.begin());
      bound.field_prefix = field + kFieldSeparator;
    }
    features.crosses_.push_back(std::move(bound));
  }
  if (!features.crosses_.empty()) {
    features.item_hashes_.reserve(features.model_->item_ids.size());
    for (const ItemId& item : features.model_->item_ids) {
      features.item_hashes_.push_back(fnv1a64(item.view()));
    }
  }
  return features;
}

float WideFeatures::weight(std::uint64_t hash) const {
  const std::vector<float>& weights = model_->wide.weights;
  // A division takes longer than all the rest of a feature; most models have a power of two.
  return weights[mask_ != 0 ? hash & mask_ : hash % weights.size()];
}

std::optional<std::uint64_t> WideFeatures::context_hash(const BoundCross& cross,
                                                        const WideInputs& inputs) const {
  FRESHET_CHECK(cross.context < inputs.context.size());
  const std::optional<std::string_view>& value = inputs.context[cross.context];
  if (!value) return std::nullopt;
  std::string bytes = cross.field_prefix;
  bytes.append(*value);
  return fnv1a64(bytes);
}

float WideFeatures::user_sum(const WideInputs& inputs) const {
  float sum = 0.0F;
  for (const BoundCross& cross : crosses_) {
    if (cross.kind == CrossKind::kUser) {
      sum = sum + weight(mix64(cross.salt ^ fnv1a64(inputs.user_id)));
    } else if (cross.kind == CrossKind::kContext) {
      if (const auto hash = context_hash(cross, inputs))
        sum = sum + weight(mix64(cross.salt ^ *hash));
    }
  }
  return sum;
}

void WideFeatures::candidate_keys(const WideInputs& inputs,
                                  std::vector<std::uint64_t>* keys) const {
  keys->clear();
  for (const BoundCross& cross : crosses_) {
    switch (cross.kind) {
      case CrossKind::kItem:
        keys->push_back(cross.salt);
        break;
      case CrossKind::kRecentXItem:
        for (const ItemRow row :
             inputs.recent.first(std::min(inputs.recent.size(), model_->wide.recent_clicks))) {
          keys->push_back(mix64(cross.salt ^ item_hashes_[row.value]));
        }
        break;
      case CrossKind::kContextXItem:
        if (const auto hash = context_hash(cross, inputs)) {
          keys->push_back(mix64(cross.salt ^ *hash));
        }
        break;
      case CrossKind::kUser:
      case CrossKind::kContext:
        break;
    }
  }
}

float WideFeatures::candidate_sum(float user_sum, std::span<const std::uint64_t> keys,
                                  ItemRow candidate) const {
  float sum = user_sum;
  for (const std::uint64_t key : keys) {
    sum = sum + weight(mix64(key ^ item_hashes_[candidate.value]));
  }
  return sum;
}

}  // namespace freshet::scorer
