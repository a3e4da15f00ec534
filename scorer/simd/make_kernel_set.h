// The table of one set of lanes.
#pragma once

#include "scorer/simd/dense_bodies.h"
#include "scorer/simd/exp_bodies.h"
#include "scorer/simd/kernel_set.h"
#include "scorer/simd/pool_bodies.h"
#include "scorer/simd/row_bodies.h"
#include "scorer/simd/wide_bodies.h"

namespace freshet::scorer::simd {

template <class L>
constexpr KernelSet make_kernel_set(const char* name) {
  using Dense = DenseBodies<L>;
  using Exp = ExpBodies<L>;
  using Rows = RowBodies<L>;
  using Pools = PoolBodies<L>;
  using Wide = WideBodies<L>;
  return {
      .name = name,
      .dots = Dense::dots,
      .dots64 = Rows::dots64,
      .additive_scores = Rows::additive_scores,
      .dense_rows = Dense::template dense_rows<float>,
      .dense_rows64 = Dense::template dense_rows<double>,
      .exp_each = Exp::exp_each,
      .tanh_each = Exp::tanh_each,
      .weigh = Exp::weigh,
      .swap_weights = Rows::swap_weights,
      .swap_values = Rows::swap_values,
      .add_terms = Rows::add_terms,
      .swap_terms = Pools::swap_terms,
      .add_products = Pools::add_products,
      .add_weights = Pools::add_weights,
      .quotients = Pools::quotients,
      .channel_quotients = Pools::channel_quotients,
      .add_row = Rows::add_row,
      .swap_weights128 = Wide::swap_weights,
      .swap_values128 = Wide::swap_values,
      .add_terms128 = Wide::add_terms,
      .swap_terms128 = Wide::swap_terms,
      .add_products128 = Wide::add_products,
      .add_weights128 = Wide::add_weights,
      .quotients128 = Wide::quotients,
      .channel_quotients128 = Wide::channel_quotients,
      .add_row128 = Wide::add_row,
  };
}

}  // namespace freshet::scorer::simd
