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
#include "scorer/model.h"

namespace freshet::scorer {

struct ModelInitOptions {
  std::string name = "random";
  std::uint64_t version = 1;
  std::uint64_t seed = 1;
  std::size_t embedding_dim = 64;
  std::vector<ItemId> item_ids;  // the catalogue, in row order
  std::vector<std::string> behaviours = {"click"};
  std::size_t attention_hidden = 32;
  Activation activation = Activation::kTanh;
  WeightKind weight = WeightKind::kScalar;
  SoftmaxOver softmax = SoftmaxOver::kPositions;
  double recency_per_day = 0.0;
  std::size_t hidden1 = 64;
  std::size_t hidden2 = 32;
  std::size_t wide_buckets = 65536;
  std::size_t recent_clicks = 5;
  std::vector<std::string> context_fields;  // adds context and context x item crosses
};

Result<Model> init_model(const ModelInitOptions& options);

}  // namespace freshet::scorer
