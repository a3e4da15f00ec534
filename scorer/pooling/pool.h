// One of the model's representations of a user, kept up to date click by click: the closed set of
// pools that serve every kind of attention which does not depend on the candidate.
//
// Computes: u [d] of the visible clicks, as the kind's own header says
// Errors:   create() as the kind's; none after that
// Threads:  Pool is immutable and shared; a PoolSums belongs to one task
// Cost:     the kind's; the call itself a branch
// Oracle:   scorer/reference/reference.h; rebuild() is the oracle of slide(), bit for bit
//           (tests/property/scorer)
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <variant>
#include <vector>

#include "common/status.h"
#include "scorer/model/model.h"
#include "scorer/pooling/pooled_click.h"
#include "scorer/pooling/row_sums.h"
#include "scorer/pooling/self_attention_pool.h"
#include "scorer/pooling/traditional_pool.h"
#include "scorer/pooling/traditional_sums.h"

namespace freshet::scorer {

// The exact sums of one user's sequence under one pool.
using PoolSums = std::variant<TraditionalSums, RowSums>;

// Bytes on the heap, for caches bounded in bytes.
std::size_t heap_bytes(const PoolSums& sums);

class Pool {
 public:
  // True for the representations that a pool serves. Those of target attention depend on the
  // candidate, those of `none` are zeros.
  static bool serves(RepresentationKind kind);

  // A pool for the model's representation, over at most `length_max` clicks. Requires serves().
  static Result<Pool> create(const std::shared_ptr<const Model>& model,
                             Representation representation, std::size_t length_max);

  // The sums of no clicks.
  PoolSums empty() const;

  // The sums of `visible`, from nothing. Any order of the clicks gives the same sums.
  void rebuild(std::span<const PooledClick> visible, PoolSums* sums) const;

  // Moves `sums` to those of `visible`, given what left and what came since. Requires: sums are
  // this pool's, of visible + removed - added.
  void slide(std::span<const PooledClick> visible, std::span<const PooledClick> removed,
             std::span<const PooledClick> added, PoolSums* sums) const;

  // Writes u [d]. No visible known click gives zeros.
  void representation(const PoolSums& sums, std::span<float> u) const;

  // Has the processor fetch what a slide reads of the item.
  void prefetch(ItemRow item) const;

  // How much each visible click counts, for people: [n], 0 for unknown items.
  std::vector<float> weights(std::span<const PooledClick> visible) const;

  const PoolGrid& grid() const;

  // What it derived from the model at load.
  std::size_t heap_bytes() const;

 private:
  template <class Kind>
  explicit Pool(Kind kind) : kind_(std::move(kind)) {}

  std::variant<TraditionalPool, SelfAttentionPool> kind_;
};

}  // namespace freshet::scorer
