// Self-attention: one click in and one out of rows kept as exact sums (Slide), all rows anew
// (Rebuild), and what needs no rows: the weights of all pairs added up by column (Recompute).
//
// Names are BM_SelfAttention_<Operation>/<n clicks>/<d>. Each run first compares its result with
// the reference and with a rebuild, and aborts on a wrong one.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "bench/pool_clicks.h"
#include "common/check.h"
#include "scorer/aligned_vector.h"
#include "scorer/exp64.h"
#include "scorer/float_mode.h"
#include "scorer/kernels.h"
#include "scorer/pooling/pool.h"
#include "scorer/reference/reference.h"
#include "scorer/reference/representation_scale.h"
#include "tests/support/scorer_models.h"

namespace freshet::scorer {
namespace {

constexpr std::size_t kItems = 10'000;
constexpr std::size_t kClicks = 1 << 14;  // the log that windows slide over

struct SelfBench {
  std::shared_ptr<const Model> model;
  Pool pool;
  std::vector<PooledClick> clicks;
};

struct Kind {
  ScoreKind score = ScoreKind::kScaledDot;
  bool wide = false;  // one vanishing row, so that the sums are int128
};

SelfBench make_bench(const benchmark::State& state, Kind kind) {
  set_float_mode();
  ModelInitOptions options;
  options.variant = Variant::kSelfShared;
  options.score = kind.score;
  options.embedding_dim = static_cast<std::size_t>(state.range(1));
  options.item_ids = test::numbered_items(kItems);
  options.wide_buckets = 0;
  Model random_model = test::random_model(options);
  for (std::size_t c = 0; kind.wide && c < options.embedding_dim; ++c) {
    random_model.items.data[c] *= 1e-9F;
  }
  auto model = test::share(std::move(random_model));
  const auto length = static_cast<std::size_t>(state.range(0));
  Result<Pool> pool = Pool::create(model, model->representations()[0], length + 1);
  FRESHET_CHECK(pool.has_value() && pool->grid().wide == kind.wide);
  return {std::move(model), std::move(*pool), bench_clicks(kClicks, kItems)};
}

// u as the definition has it, of at most the newest kChecked clicks: the reference projects every
// pair anew.
constexpr std::size_t kChecked = 64;

void check_against_reference(const SelfBench& bench, std::span<const PooledClick> visible) {
  const auto newest = visible.last(std::min(kChecked, visible.size()));
  PoolSums sums = bench.pool.empty();
  bench.pool.rebuild(newest, &sums);
  std::vector<float> u(bench.model->embedding_dim);
  bench.pool.representation(sums, u);
  const auto clicks = as_reference(newest);
  const std::vector<double> exact = reference_representation(*bench.model, 0, clicks);
  const double scale =
      representation_scale(*bench.model, bench.model->representations()[0], clicks);
  for (std::size_t c = 0; c < u.size(); ++c) {
    FRESHET_CHECK(std::fabs(double{u[c]} - exact[c]) <= 1e-6 * scale);
  }
}

// The column sums of all weights, with the queries and keys at hand: what a server without rows
// does at every click. In float, the scores as one product of matrices by the kernels that score
// candidates, so it is as fast as this can be; exponentials and sums in double.
class Recompute {
 public:
  explicit Recompute(const SelfBench& bench)
      : model_(*bench.model), attention_(*model_.behaviours[0].self()) {
    const std::size_t width = attention_.score.wq.rows;
    const double root = std::sqrt(static_cast<double>(width));
    for (const Matrix* weight : {&attention_.score.wq, &attention_.score.wk}) {
      const bool is_query = weight == &attention_.score.wq;
      AlignedVector<float>& table = is_query ? queries_ : keys_;
      table.resize(kItems * width);
      for (std::size_t item = 0; item < kItems; ++item) {
        for (std::size_t h = 0; h < width; ++h) {
          double sum = 0.0;
          for (std::size_t c = 0; c < model_.embedding_dim; ++c) {
            sum += double{weight->at(h, c)} * double{model_.items.at(item, c)};
          }
          table[item * width + h] = static_cast<float>(is_query ? sum / root : sum);
        }
      }
    }
  }

  void run(std::span<const PooledClick> visible, std::vector<double>* u) {
    const std::size_t n = visible.size();
    const std::size_t width = attention_.score.wq.rows;
    // Keys by channel, so that the scores of a row are contiguous.
    transposed_.resize(width * n);
    query_rows_.resize(n);
    for (std::size_t j = 0; j < n; ++j) {
      query_rows_[j] = &queries_[visible[j].row->value * width];
      for (std::size_t h = 0; h < width; ++h) {
        transposed_[h * n + j] = keys_[visible[j].row->value * width + h];
      }
    }
    columns_.assign(n, 0.0);
    zeros_.assign(n, 0.0F);
    row_.resize(n);
    scores_.resize(std::min(n, kRows) * n);
    for (std::size_t first = 0; first < n; first += kRows) {
      const std::size_t count = std::min(kRows, n - first);
      dense_rows(std::span(query_rows_).subspan(first, count), width, {transposed_, zeros_},
                 std::span(scores_).first(count * n));
      for (std::size_t r = 0; r < count; ++r) add_columns(std::span(scores_).subspan(r * n, n));
    }
    project(visible, u);
  }

 private:
  static constexpr std::size_t kRows = 48;

  void add_columns(std::span<const float> scores) {
    const std::size_t n = scores.size();
    const float max = *std::max_element(scores.begin(), scores.end());
    for (std::size_t j = 0; j < n; ++j) row_[j] = double{scores[j] - max};
    exp64_each(row_);
    double sum = 0.0;
    for (const double value : row_) sum += value;
    const double share = 1.0 / (sum * static_cast<double>(n));
    for (std::size_t j = 0; j < n; ++j) columns_[j] = std::fma(row_[j], share, columns_[j]);
  }

  void project(std::span<const PooledClick> visible, std::vector<double>* u) {
    const std::size_t dim = model_.embedding_dim;
    pooled_.assign(dim, 0.0);
    for (std::size_t j = 0; j < visible.size(); ++j) {
      const float* x = model_.items.row(visible[j].row->value);
      for (std::size_t c = 0; c < dim; ++c) {
        pooled_[c] = std::fma(columns_[j], double{x[c]}, pooled_[c]);
      }
    }
    u->assign(dim, 0.0);
    for (std::size_t c = 0; c < dim; ++c) {
      for (std::size_t i = 0; i < dim; ++i) {
        (*u)[c] = std::fma(double{attention_.wv.at(c, i)}, pooled_[i], (*u)[c]);
      }
    }
  }

  const Model& model_;
  const SelfAttention& attention_;
  AlignedVector<float> queries_;     // [items, H]
  AlignedVector<float> keys_;        // [items, H]
  AlignedVector<float> transposed_;  // [H, n]
  AlignedVector<float> scores_;      // [kRows, n]
  std::vector<const float*> query_rows_;
  std::vector<float> zeros_;
  std::vector<double> columns_;
  std::vector<double> row_;
  std::vector<double> pooled_;
};

void slide(benchmark::State& state, Kind kind) {
  const SelfBench bench = make_bench(state, kind);
  const auto length = static_cast<std::size_t>(state.range(0));
  const std::span<const PooledClick> clicks = bench.clicks;
  PoolSums sums = bench.pool.empty();
  std::vector<float> u(bench.model->embedding_dim);
  std::size_t begin = 0;
  bench.pool.rebuild(clicks.first(length), &sums);
  const auto step = [&] {
    bench.pool.slide(clicks.subspan(begin + 1, length), clicks.subspan(begin, 1),
                     clicks.subspan(begin + length, 1), &sums);
    bench.pool.representation(sums, u);
    ++begin;
  };
  for (int k = 0; k < 100; ++k) step();
  PoolSums fresh = bench.pool.empty();
  bench.pool.rebuild(clicks.subspan(begin, length), &fresh);
  FRESHET_CHECK(sums == fresh);
  check_against_reference(bench, clicks.subspan(begin, length));
  for (auto _ : state) {
    if (begin + length == clicks.size()) {
      state.PauseTiming();
      begin = 0;
      bench.pool.rebuild(clicks.first(length), &sums);
      state.ResumeTiming();
    }
    step();
    benchmark::DoNotOptimize(u.data());
  }
  state.counters["bytes"] = static_cast<double>(heap_bytes(sums));
}

void BM_SelfAttention_Slide(benchmark::State& state) { slide(state, {}); }
void BM_SelfAttention_SlideInt128(benchmark::State& state) {
  slide(state, {ScoreKind::kScaledDot, true});
}
void BM_SelfAttention_SlideAdditive(benchmark::State& state) {
  slide(state, {ScoreKind::kAdditive, false});
}

void BM_SelfAttention_Rebuild(benchmark::State& state) {
  const SelfBench bench = make_bench(state, {});
  const auto visible = std::span(bench.clicks).first(static_cast<std::size_t>(state.range(0)));
  check_against_reference(bench, visible);
  PoolSums sums = bench.pool.empty();
  for (auto _ : state) {
    bench.pool.rebuild(visible, &sums);
    benchmark::DoNotOptimize(sums);
  }
}

void BM_SelfAttention_Recompute(benchmark::State& state) {
  const SelfBench bench = make_bench(state, {});
  const auto visible = std::span(bench.clicks).first(static_cast<std::size_t>(state.range(0)));
  Recompute recompute(bench);
  std::vector<double> found;
  recompute.run(visible, &found);
  PoolSums sums = bench.pool.empty();
  std::vector<float> u(bench.model->embedding_dim);
  bench.pool.rebuild(visible, &sums);
  bench.pool.representation(sums, u);
  for (std::size_t c = 0; c < u.size(); ++c) FRESHET_CHECK(std::fabs(found[c] - u[c]) <= 1e-5);
  for (auto _ : state) {
    recompute.run(visible, &found);
    benchmark::DoNotOptimize(found.data());
  }
}

BENCHMARK(BM_SelfAttention_Slide)->ArgsProduct({{64, 256, 1024}, {32, 64, 128, 45}});
BENCHMARK(BM_SelfAttention_SlideInt128)->ArgsProduct({{64, 256, 1024}, {64}});
BENCHMARK(BM_SelfAttention_SlideAdditive)->ArgsProduct({{64, 256, 1024}, {64}});
BENCHMARK(BM_SelfAttention_Rebuild)->ArgsProduct({{64, 256, 1024}, {64}});
BENCHMARK(BM_SelfAttention_Recompute)->ArgsProduct({{64, 256, 1024}, {64}});

}  // namespace
}  // namespace freshet::scorer
