// A seeded random model of any size: for tests, benches and a first start without training.
//
// The same options give the same bytes on every machine. Errors: kInvalidModel naming the option.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "common/ids.h"
#include "common/status.h"
#include "scorer/model/model.h"

namespace freshet::scorer {

struct ModelInitOptions {
  std::string name = "random";
  std::uint64_t version = 1;
  std::uint64_t seed = 1;
  std::size_t embedding_dim = 64;
  std::vector<ItemId> item_ids;  // the catalogue, in row order
  std::vector<std::string> behaviours = {"click"};
  Variant variant = Variant::kTraditional;
  std::size_t attention_hidden = 32;
  double recency_per_day = 0.0;
  // Of traditional, and that part of merged.
  Activation activation = Activation::kTanh;
  WeightKind weight = WeightKind::kScalar;
  SoftmaxOver softmax = SoftmaxOver::kPositions;
  // Of self and self_shared (not bilinear), and of target.
  ScoreKind score = ScoreKind::kScaledDot;
  // Of the self kinds, and that part of merged; the activation of self_bilinear_activated, too.
  RowPool pool = RowPool::kMean;
  Activation self_activation = Activation::kRelu;
  std::vector<std::string> target_fields;  // none: the item alone
  std::size_t target_rows = 16;            // m, rows of target.embedding
  std::size_t hidden1 = 64;
  std::size_t hidden2 = 32;
  std::size_t wide_buckets = 65536;
  std::size_t recent_clicks = 5;
  std::vector<std::string> context_fields;  // adds context and context x item crosses
};

Result<Model> init_model(const ModelInitOptions& options);

}  // namespace freshet::scorer
