// The representation: one click in and one out (slide), all clicks anew (rebuild), and the
// reference.
//
// Names are BM_Pool_<Operation>/<n clicks>/<d>. Each run first compares its result with the
// reference and with a rebuild, and aborts on a wrong one.
#include <benchmark/benchmark.h>

#include <cmath>

#include "bench/pool_clicks.h"
#include "common/check.h"
#include "scorer/reference.h"
#include "scorer/traditional_pool.h"
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

PoolBench make_bench(const benchmark::State& state, WeightKind weight) {
  ModelInitOptions options;
  options.embedding_dim = static_cast<std::size_t>(state.range(1));
  options.item_ids = test::numbered_items(kItems);
  options.weight = weight;
  options.wide_buckets = 0;
  auto model = test::share(test::random_model(options));
  const auto length = static_cast<std::size_t>(state.range(0));
  Result<TraditionalPool> pool = TraditionalPool::create(model, 0, length + 1);
  FRESHET_CHECK(pool.has_value());
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

void slide(benchmark::State& state, WeightKind weight) {
  const PoolBench bench = make_bench(state, weight);
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
BENCHMARK(BM_Pool_SlidePerChannel)->ArgsProduct({{64, 1024}, {64}});
BENCHMARK(BM_Pool_Rebuild)->Apply(sizes);
BENCHMARK(BM_Pool_Reference)->ArgsProduct({{64, 256, 1024}, {64}});

}  // namespace
}  // namespace freshet::scorer
