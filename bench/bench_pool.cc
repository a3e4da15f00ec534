// The representation: one click in and one out (Slide), all clicks anew (Rebuild), what a server
// without sums does at every click with the items' scores at hand (Recompute), and the reference.
//
// Names are BM_Pool_<Operation>/<n clicks>/<d>. Each run first compares its result with the
// reference and with a rebuild, and aborts on a wrong one.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "bench/pool_clicks.h"
#include "common/check.h"
#include "scorer/exp64.h"
#include "scorer/pooling/attention_scores.h"
#include "scorer/pooling/traditional_pool.h"
#include "scorer/reference/reference.h"
#include "tests/support/scorer_models.h"

namespace freshet::scorer {
namespace {

constexpr std::size_t kItems = 10'000;
constexpr std::size_t kClicks = 1 << 16;  // the log that windows slide over

struct PoolBench {
  std::shared_ptr<const Model> model;
  TraditionalPool pool;
  std::vector<PooledClick> clicks;
};

// `wide`: one vanishing row, so that the sums are int128.
PoolBench make_bench(const benchmark::State& state, WeightKind weight, bool wide = false) {
  ModelInitOptions options;
  options.embedding_dim = static_cast<std::size_t>(state.range(1));
  options.item_ids = test::numbered_items(kItems);
  options.weight = weight;
  options.wide_buckets = 0;
  Model random_model = test::random_model(options);
  for (std::size_t c = 0; wide && c < options.embedding_dim; ++c) {
    random_model.items.data[c] *= 1e-9F;
  }
  auto model = test::share(std::move(random_model));
  const auto length = static_cast<std::size_t>(state.range(0));
  Result<TraditionalPool> pool = TraditionalPool::create(model, 0, length + 1);
  FRESHET_CHECK(pool.has_value() && pool->grid().wide == wide);
  return {std::move(model), std::move(*pool), bench_clicks(kClicks, kItems)};
}

void check_against_reference(const PoolBench& bench, std::span<const PooledClick> visible,
                             const TraditionalSums& sums) {
  std::vector<float> u(bench.model->embedding_dim);
  bench.pool.representation(sums, u);
  const std::vector<double> exact =
      reference_representation(*bench.model, 0, as_reference(visible));
  for (std::size_t c = 0; c < u.size(); ++c) {
    FRESHET_CHECK(std::fabs(double{u[c]} - exact[c]) <= 1e-6);  // items lie in [-1, 1)
  }
}

void slide(benchmark::State& state, WeightKind weight, bool wide = false) {
  const PoolBench bench = make_bench(state, weight, wide);
  const auto length = static_cast<std::size_t>(state.range(0));
  const std::span<const PooledClick> clicks = bench.clicks;
  TraditionalSums sums = bench.pool.empty();
  TraditionalSums fresh = bench.pool.empty();
  std::vector<float> u(bench.model->embedding_dim);
  std::size_t begin = 0;
  bench.pool.rebuild(clicks.subspan(0, length), &sums);
  const auto step = [&] {
    bench.pool.slide(clicks.subspan(begin + 1, length), clicks.subspan(begin, 1),
                     clicks.subspan(begin + length, 1), &sums);
    bench.pool.representation(sums, u);
    ++begin;
  };
  for (int k = 0; k < 100; ++k) step();
  bench.pool.rebuild(clicks.subspan(begin, length), &fresh);
  FRESHET_CHECK(sums == fresh);
  check_against_reference(bench, clicks.subspan(begin, length), sums);
  for (auto _ : state) {
    if (begin + length == clicks.size()) {
      state.PauseTiming();
      begin = 0;
      bench.pool.rebuild(clicks.subspan(0, length), &sums);
      state.ResumeTiming();
    }
    step();
    benchmark::DoNotOptimize(u.data());
  }
}

void BM_Pool_Slide(benchmark::State& state) { slide(state, WeightKind::kScalar); }
void BM_Pool_SlideInt128(benchmark::State& state) { slide(state, WeightKind::kScalar, true); }
void BM_Pool_SlidePerChannel(benchmark::State& state) { slide(state, WeightKind::kPerChannel); }

void BM_Pool_Rebuild(benchmark::State& state) {
  const PoolBench bench = make_bench(state, WeightKind::kScalar);
  const auto visible = std::span(bench.clicks).first(static_cast<std::size_t>(state.range(0)));
  TraditionalSums sums = bench.pool.empty();
  bench.pool.rebuild(visible, &sums);
  check_against_reference(bench, visible, sums);
  for (auto _ : state) {
    bench.pool.rebuild(visible, &sums);
    benchmark::DoNotOptimize(sums);
  }
}

// The softmax of cached scores and the weighted sum, in float but for the exponentials.
class Recompute {
 public:
  explicit Recompute(const PoolBench& bench) : model_(*bench.model) {
    const Result<AttentionScores> scores = attention_scores(model_, 0);
    FRESHET_CHECK(scores.has_value());
    scores_ = *scores;
  }

  void run(std::span<const PooledClick> visible, std::vector<float>* u) {
    weights_.resize(visible.size());
    double max = scores_.row(*visible[0].row)[0];
    for (std::size_t i = 0; i < visible.size(); ++i) {
      weights_[i] = scores_.row(*visible[i].row)[0];
      max = std::max(max, weights_[i]);
    }
    for (double& weight : weights_) weight -= max;
    exp64_each(weights_);
    double sum = 0.0;
    for (const double weight : weights_) sum += weight;
    u->assign(model_.embedding_dim, 0.0F);
    float* const out = u->data();
    for (std::size_t i = 0; i < visible.size(); ++i) {
      const float* const x = model_.items.row(visible[i].row->value);
      const auto share = static_cast<float>(weights_[i] / sum);
      for (std::size_t c = 0; c < model_.embedding_dim; ++c) out[c] = std::fma(share, x[c], out[c]);
    }
  }

 private:
  const Model& model_;
  AttentionScores scores_;
  std::vector<double> weights_;
};

void BM_Pool_Recompute(benchmark::State& state) {
  const PoolBench bench = make_bench(state, WeightKind::kScalar);
  const auto length = static_cast<std::size_t>(state.range(0));
  const std::span<const PooledClick> clicks = bench.clicks;
  Recompute recompute(bench);
  std::vector<float> found;
  recompute.run(clicks.first(length), &found);
  TraditionalSums sums = bench.pool.empty();
  std::vector<float> u(bench.model->embedding_dim);
  bench.pool.rebuild(clicks.first(length), &sums);
  bench.pool.representation(sums, u);
  for (std::size_t c = 0; c < u.size(); ++c) FRESHET_CHECK(std::fabs(found[c] - u[c]) <= 1e-5F);
  std::size_t begin = 0;
  for (auto _ : state) {
    recompute.run(clicks.subspan(begin, length), &found);
    begin = (begin + 1) % (clicks.size() - length);
    benchmark::DoNotOptimize(found.data());
  }
}

void BM_Pool_Reference(benchmark::State& state) {
  const PoolBench bench = make_bench(state, WeightKind::kScalar);
  const auto visible =
      as_reference(std::span(bench.clicks).first(static_cast<std::size_t>(state.range(0))));
  for (auto _ : state) {
    benchmark::DoNotOptimize(reference_representation(*bench.model, 0, visible));
  }
}

void sizes(benchmark::internal::Benchmark* bench) {
  bench->ArgsProduct({{64, 256, 1024, 4096}, {32, 64, 128, 45}});
}

BENCHMARK(BM_Pool_Slide)->Apply(sizes);
BENCHMARK(BM_Pool_SlideInt128)->ArgsProduct({{64, 4096}, {64}});
BENCHMARK(BM_Pool_SlidePerChannel)->ArgsProduct({{64, 1024}, {64}});
BENCHMARK(BM_Pool_Recompute)->ArgsProduct({{64, 256, 1024, 4096}, {64}});
BENCHMARK(BM_Pool_Rebuild)->Apply(sizes);
BENCHMARK(BM_Pool_Reference)->ArgsProduct({{64, 256, 1024}, {64}});

}  // namespace
}  // namespace freshet::scorer
