// The deep side as most services compute it: one batched matrix product per layer, with Eigen.
//
// A yardstick for bench_score and nothing else, for models whose T is the item's row: it builds
// [U+T; U-T; U*T] for every candidate, and a candidate's bits depend on the batch, so it may never
// serve.
//
// Shapes:  u [B d], candidates [C], deep [C]
// Errors:  none. Threads: one object, one thread (it keeps its buffers).
#pragma once

#include <memory>
#include <span>

#include "scorer/model/model.h"

namespace freshet::scorer {

class GemmBaseline {
 public:
  explicit GemmBaseline(std::shared_ptr<const Model> model);
  ~GemmBaseline();
  GemmBaseline(const GemmBaseline&) = delete;
  GemmBaseline& operator=(const GemmBaseline&) = delete;

  void deep_logits(std::span<const float> u, std::span<const ItemRow> candidates,
                   std::span<float> deep);

 private:
  struct Buffers;

  std::shared_ptr<const Model> model_;
  std::unique_ptr<Buffers> buffers_;
};

}  // namespace freshet::scorer
