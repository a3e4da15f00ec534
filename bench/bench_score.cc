// Scores of C candidates: the fold of the user's part, the factored scorer, the whole of a click,
// and beside them a batched Eigen GEMM and the reference.
//
// Names are BM_Score_<Operation>/<C>/<d>. Each run first compares its result with the reference and
// aborts on a wrong one.
#include <benchmark/benchmark.h>

#include <cmath>

#include "common/check.h"
#include "common/random.h"
#include "scorer/candidate_scorer.h"
#include "scorer/gemm_baseline.h"
#include "scorer/reference.h"
#include "scorer/top_k.h"
#include "tests/support/scorer_models.h"

namespace freshet::scorer {
namespace {

constexpr std::size_t kItems = 10'000;
constexpr std::size_t kPublish = 20;

struct ScoreBench {
  std::shared_ptr<const Model> model;
  CandidateScorer scorer;
  std::vector<float> u;
  std::vector<ItemRow> recent;
  std::vector<ItemRow> candidates;
  std::vector<CandidateLogit> logits;
  UserFold fold;

  WideInputs wide() const { return {"user-1", {}, recent}; }

  std::vector<ReferenceLogit> reference() const {
    const std::vector<double> exact_u(u.begin(), u.end());
    return reference_logits(*model, exact_u, {"user-1", {}, {}, recent}, candidates);
  }
};

// `wide_buckets` 0 leaves the deep side alone, as the GEMM has it.
ScoreBench make_bench(const benchmark::State& state, std::size_t wide_buckets) {
  ModelInitOptions options;
  options.embedding_dim = static_cast<std::size_t>(state.range(1));
  options.item_ids = test::numbered_items(kItems);
  options.wide_buckets = wide_buckets;
  auto model = test::share(test::random_model(options));
  Result<CandidateScorer> scorer = CandidateScorer::create(model, {});
  FRESHET_CHECK(scorer.has_value());
  ScoreBench bench{std::move(model), std::move(*scorer), {}, {}, {}, {}, {}};
  Random random(1);
  const auto row = [&] { return ItemRow{static_cast<std::uint32_t>(random.below(kItems))}; };
  for (std::size_t i = 0; i < bench.model->embedding_dim; ++i) {
    bench.u.push_back(static_cast<float>(random.uniform(-0.5, 0.5)));
  }
  for (std::size_t k = 0; k < bench.model->wide.recent_clicks; ++k) bench.recent.push_back(row());
  const auto count = static_cast<std::size_t>(state.range(0));
  for (std::size_t k = 0; k < count; ++k) bench.candidates.push_back(row());
  bench.logits.resize(count);
  bench.scorer.fold({bench.u, {}}, bench.wide(), &bench.fold);
  bench.scorer.score(bench.fold, bench.candidates, bench.logits);
  const std::vector<ReferenceLogit> exact = bench.reference();
  for (std::size_t k = 0; k < count; ++k) {
    FRESHET_CHECK(std::fabs(double{bench.logits[k].total} - exact[k].total) <= 1e-5);
  }
  return bench;
}

void set_candidates(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void BM_Score_Deep(benchmark::State& state) {
  ScoreBench bench = make_bench(state, 0);
  for (auto _ : state) {
    bench.scorer.score(bench.fold, bench.candidates, bench.logits);
    benchmark::DoNotOptimize(bench.logits.data());
  }
  set_candidates(state);
}

void BM_Score_WideAndDeep(benchmark::State& state) {
  ScoreBench bench = make_bench(state, 65536);
  for (auto _ : state) {
    bench.scorer.score(bench.fold, bench.candidates, bench.logits);
    benchmark::DoNotOptimize(bench.logits.data());
  }
  set_candidates(state);
}

void BM_Score_FoldScoreTopK(benchmark::State& state) {
  ScoreBench bench = make_bench(state, 65536);
  for (auto _ : state) {
    bench.scorer.fold({bench.u, {}}, bench.wide(), &bench.fold);
    bench.scorer.score(bench.fold, bench.candidates, bench.logits);
    benchmark::DoNotOptimize(
        top_k(bench.candidates, bench.logits, bench.model->item_id_rank, kPublish));
  }
  set_candidates(state);
}

void BM_Score_Gemm(benchmark::State& state) {
  ScoreBench bench = make_bench(state, 0);
  GemmBaseline gemm(bench.model);
  std::vector<float> deep(bench.candidates.size());
  gemm.deep_logits(bench.u, bench.candidates, deep);
  for (std::size_t k = 0; k < deep.size(); ++k) {
    FRESHET_CHECK(std::fabs(deep[k] - bench.logits[k].deep) <= 1e-5F);
  }
  for (auto _ : state) {
    gemm.deep_logits(bench.u, bench.candidates, deep);
    benchmark::DoNotOptimize(deep.data());
  }
  set_candidates(state);
}

void BM_Score_Reference(benchmark::State& state) {
  const ScoreBench bench = make_bench(state, 0);
  for (auto _ : state) benchmark::DoNotOptimize(bench.reference());
  set_candidates(state);
}

void BM_Score_Fold(benchmark::State& state) {
  ScoreBench bench = make_bench(state, 65536);
  for (auto _ : state) {
    bench.scorer.fold({bench.u, {}}, bench.wide(), &bench.fold);
    benchmark::DoNotOptimize(bench.fold.m.data());
  }
}

void sizes(benchmark::internal::Benchmark* bench) {
  bench->ArgsProduct({{100, 1000}, {32, 64, 128, 45}});
}

BENCHMARK(BM_Score_Deep)->Apply(sizes);
BENCHMARK(BM_Score_Gemm)->Apply(sizes);
BENCHMARK(BM_Score_WideAndDeep)->Apply(sizes);
BENCHMARK(BM_Score_FoldScoreTopK)->Apply(sizes);
BENCHMARK(BM_Score_Fold)->ArgsProduct({{1}, {32, 64, 128, 45}});
BENCHMARK(BM_Score_Reference)->ArgsProduct({{100, 1000}, {64}});

}  // namespace
}  // namespace freshet::scorer
