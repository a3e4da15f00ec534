// Scores of C candidates: the fold of the user's part, the factored scorer, the whole of a click,
// and beside them a batched Eigen GEMM and the reference.
//
// Names are BM_Score_<Operation>/<C>/<d>, under target attention with /<N> clicks behind. Each run
// first compares its result with the reference and aborts on a wrong one. BM_Score_AgainstPeak
// times the layers, the core's fused multiply-adds on registers alone and the GEMM in turn, kRounds
// times; each ratio is the rounds' median, with the quartiles beside it:
//   peak%                     the layers' operations, of those that the core can do in that time
//   gemm_x                    the GEMM's time, as a multiple of score()'s
//   first%, second%, output%  what each layer alone takes of score()'s time
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>

#include "bench/fma_peak.h"
#include "bench/in_turn.h"
#include "bench/layers_alone.h"
#include "common/check.h"
#include "common/random.h"
#include "scorer/candidates/candidate_scorer.h"
#include "scorer/candidates/top_k.h"
#include "scorer/reference/gemm_baseline.h"
#include "scorer/reference/reference.h"
#include "scorer/simd/kernel_set.h"
#include "tests/support/scorer_models.h"

namespace freshet::scorer {
namespace {

constexpr std::size_t kItems = 10'000;
// Of the benches that gather: far more than the caches hold.
constexpr std::size_t kCatalogue = 1'000'000;
constexpr std::size_t kPublish = 20;
// Of the candidates, those that are compared with the reference: it is slow.
constexpr std::size_t kCompared = 100;
constexpr std::size_t kRounds = 501;

struct ScoreBench {
  std::shared_ptr<const Model> model;
  CandidateScorer scorer;
  std::vector<float> u;
  std::vector<PooledClick> clicks;  // newest first; target attention reads them
  std::vector<ItemRow> recent;
  std::vector<ItemRow> candidates;
  std::vector<CandidateLogit> logits;
  UserFold fold;

  void fold_user() {
    const std::span<const PooledClick> seen = clicks;
    scorer.fold({u, {&seen, 1}}, {"user-1", {}, recent}, &fold);
  }
  void score() { scorer.score(fold, candidates, logits); }

  std::vector<ReferenceLogit> reference() const {
    const ReferenceWideInputs wide{"user-1", {}, {}, recent};
    const auto compared = std::span(candidates).first(std::min(kCompared, candidates.size()));
    if (model->variant == Variant::kTarget) {
      std::vector<std::vector<ReferenceClick>> seen(1);
      for (const PooledClick& click : clicks) seen[0].push_back({click.ts, click.row});
      return reference_logits(*model, seen, wide, compared);
    }
    const std::vector<double> exact_u(u.begin(), u.end());
    return reference_logits(*model, exact_u, wide, compared);
  }
};

// Ranges: C, d and, under target attention, N.
ScoreBench make_bench(const benchmark::State& state, ModelInitOptions options,
                      std::size_t items = kItems) {
  options.embedding_dim = static_cast<std::size_t>(state.range(1));
  options.item_ids = test::numbered_items(items);
  auto model = test::share(test::random_model(options));
  Result<CandidateScorer> scorer = CandidateScorer::create(model, {});
  FRESHET_CHECK(scorer.has_value());
  ScoreBench bench{std::move(model), std::move(*scorer), {}, {}, {}, {}, {}, {}};
  Random random(1);
  const auto row = [&] { return ItemRow{static_cast<std::uint32_t>(random.below(items))}; };
  const std::size_t size = bench.model->representations().size() * bench.model->embedding_dim;
  for (std::size_t i = 0; i < size; ++i) {
    bench.u.push_back(static_cast<float>(random.uniform(-0.5, 0.5)));
  }
  if (bench.model->variant == Variant::kTarget) {
    for (std::int64_t k = 0; k < state.range(2); ++k) {
      bench.clicks.push_back({EventTime{1'640'000'000'000 - 60'000 * k}, row()});
    }
  }
  for (std::size_t k = 0; k < bench.model->wide.recent_clicks; ++k) bench.recent.push_back(row());
  const auto count = static_cast<std::size_t>(state.range(0));
  for (std::size_t k = 0; k < count; ++k) bench.candidates.push_back(row());
  bench.logits.resize(count);
  bench.fold_user();
  bench.score();
  const std::vector<ReferenceLogit> exact = bench.reference();
  for (std::size_t k = 0; k < exact.size(); ++k) {
    FRESHET_CHECK(std::fabs(double{bench.logits[k].total} - exact[k].total) <= 1e-5);
  }
  return bench;
}

// `wide_buckets` 0 leaves the deep side alone, as the GEMM has it.
ScoreBench make_bench(const benchmark::State& state, std::size_t wide_buckets) {
  ModelInitOptions options;
  options.wide_buckets = wide_buckets;
  return make_bench(state, options);
}

void set_candidates(benchmark::State& state) {
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

void BM_Score_Deep(benchmark::State& state) {
  ScoreBench bench = make_bench(state, 0);
  for (auto _ : state) {
    bench.score();
    benchmark::DoNotOptimize(bench.logits.data());
  }
  set_candidates(state);
}

// The operations of the factored layers alone: neither biases nor what a GEMM would do beside.
double operations(const Model& model, std::size_t candidates) {
  const auto h1 = static_cast<double>(model.hidden1.weight.rows);
  const auto h2 = static_cast<double>(model.hidden2.weight.rows);
  const auto w = static_cast<double>(model.embedding_dim);
  return 2.0 * (w * h1 + h1 * h2 + h2) * static_cast<double>(candidates);
}

void BM_Score_AgainstPeak(benchmark::State& state) {
  ScoreBench bench = make_bench(state, 0);
  LayersAlone layers(*bench.model, bench.fold, bench.candidates);
  GemmBaseline gemm(bench.model);
  std::vector<float> deep(bench.candidates.size());
  const auto score = [&] { bench.score(); };
  // Not the GEMM among them: it leaves the second-level cache full of its own matrices.
  const std::vector<std::function<void()>> works = {run_at_peak, score, [&] { layers.first(); },
                                                    [&] { layers.second(); },
                                                    [&] { layers.output(); }};
  const std::vector<std::function<void()>> both = {
      score, [&] { gemm.deep_logits(bench.u, bench.candidates, deep); }};
  const double of_peak = 100.0 * operations(*bench.model, deep.size()) / peak_operations();
  for (auto _ : state) {
    const auto seconds = timed_in_turn(works, kRounds);
    const auto& scored = seconds[1];
    const auto beside = timed_in_turn(both, kRounds);
    const auto report = [&](const std::string& name, const Quartiles& found) {
      state.counters[name] = found.median;
      state.counters[name + "_q1"] = found.low;
      state.counters[name + "_q3"] = found.high;
    };
    report("peak%", ratios(seconds[0], scored, of_peak));
    report("gemm_x", ratios(beside[1], beside[0], 1.0));
    state.counters["first%"] = ratios(seconds[2], scored, 100.0).median;
    state.counters["second%"] = ratios(seconds[3], scored, 100.0).median;
    state.counters["output%"] = ratios(seconds[4], scored, 100.0).median;
  }
}

// Deep with each set of kernels that the machine has.
void BM_Score_DeepOfSet(benchmark::State& state) {
  const std::span<const simd::KernelSet* const> sets = simd::supported_kernels();
  const auto which = static_cast<std::size_t>(state.range(2));
  if (which >= sets.size()) {
    state.SkipWithError("this machine has no further set of kernels");
    return;
  }
  simd::use_kernels(*sets[which]);
  ScoreBench bench = make_bench(state, 0);
  for (auto _ : state) {
    bench.score();
    benchmark::DoNotOptimize(bench.logits.data());
  }
  set_candidates(state);
  state.SetLabel(sets[which]->name);
  simd::use_kernels(*sets.front());
}

// Rows anywhere in a large catalogue, and what the best 100 of them cost beside.
void BM_Score_Catalogue(benchmark::State& state) {
  ModelInitOptions options;
  options.wide_buckets = 0;
  ScoreBench bench = make_bench(state, options, kCatalogue);
  double score_seconds = 0.0;
  double top_seconds = 0.0;
  for (auto _ : state) {
    const double start = thread_cpu_seconds();
    bench.score();
    const double scored = thread_cpu_seconds();
    benchmark::DoNotOptimize(
        top_k(bench.candidates, bench.logits, bench.model->item_id_rank, kCompared));
    score_seconds += scored - start;
    top_seconds += thread_cpu_seconds() - scored;
  }
  set_candidates(state);
  state.counters["top_100%"] = 100.0 * top_seconds / score_seconds;
}

// The k best of C random logits, and by selecting among all of them. New ones each time: of a few
// hundred that come again a processor learns which are the best.
class RandomLogits {
 public:
  explicit RandomLogits(std::size_t count) : count_(count) {
    Random random(1);
    for (std::size_t k = 0; k < count; ++k) {
      rows.push_back({static_cast<std::uint32_t>(k)});
      id_rank.push_back(static_cast<std::uint32_t>(k));
    }
    for (std::size_t k = 0; k < count * (1 + kLogits / count); ++k) {
      all_.push_back({0, 0, static_cast<float>(random.uniform(-4.0, 4.0))});
    }
  }
  std::span<const CandidateLogit> next() {
    next_ = next_ + 2 * count_ <= all_.size() ? next_ + count_ : 0;
    return std::span(all_).subspan(next_, count_);
  }

  std::vector<ItemRow> rows;
  std::vector<std::uint32_t> id_rank;

 private:
  static constexpr std::size_t kLogits = 400'000;
  std::size_t count_;
  std::size_t next_ = 0;
  std::vector<CandidateLogit> all_;
};

std::vector<RankedItem> selected(const RandomLogits& all, std::span<const CandidateLogit> logits,
                                 std::size_t k) {
  std::vector<RankedItem> items;
  for (std::size_t i = 0; i < all.rows.size(); ++i) {
    items.push_back({all.rows[i], logits[i].total});
  }
  const auto better = [&](const RankedItem& left, const RankedItem& right) {
    if (left.logit != right.logit) return left.logit > right.logit;
    return all.id_rank[left.row.value] < all.id_rank[right.row.value];
  };
  std::nth_element(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(k), items.end(),
                   better);
  items.resize(k);
  std::sort(items.begin(), items.end(), better);
  return items;
}

void BM_Score_TopK(benchmark::State& state) {
  RandomLogits all(static_cast<std::size_t>(state.range(0)));
  const auto k = static_cast<std::size_t>(state.range(1));
  const std::span<const CandidateLogit> logits = all.next();
  const TopK best = top_k(all.rows, logits, all.id_rank, k);
  const std::vector<RankedItem> expected = selected(all, logits, k);
  FRESHET_CHECK(std::equal(best.items.begin(), best.items.end(), expected.begin(), expected.end(),
                           [](const auto& a, const auto& b) { return a.row == b.row; }));
  for (auto _ : state) benchmark::DoNotOptimize(top_k(all.rows, all.next(), all.id_rank, k));
}

void BM_Score_TopKBySelection(benchmark::State& state) {
  RandomLogits all(static_cast<std::size_t>(state.range(0)));
  const auto k = static_cast<std::size_t>(state.range(1));
  for (auto _ : state) benchmark::DoNotOptimize(selected(all, all.next(), k));
}

void BM_Score_WideAndDeep(benchmark::State& state) {
  ScoreBench bench = make_bench(state, 65536);
  for (auto _ : state) {
    bench.score();
    benchmark::DoNotOptimize(bench.logits.data());
  }
  set_candidates(state);
}

void BM_Score_FoldScoreTopK(benchmark::State& state) {
  ScoreBench bench = make_bench(state, 65536);
  for (auto _ : state) {
    bench.fold_user();
    bench.score();
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
    bench.fold_user();
    benchmark::DoNotOptimize(bench.fold.m.data());
  }
}

// A user folded and scored, deep side alone.
void fold_and_score(benchmark::State& state, const ModelInitOptions& options) {
  ScoreBench bench = make_bench(state, options);
  for (auto _ : state) {
    bench.fold_user();
    bench.score();
    benchmark::DoNotOptimize(bench.logits.data());
  }
  set_candidates(state);
}

// What a variant's target side costs a candidate.
void BM_Score_Variant(benchmark::State& state, Variant variant, bool target_fields) {
  ModelInitOptions options;
  options.variant = variant;
  options.wide_buckets = 0;
  if (target_fields) options.target_fields = {"item", "author", "tag"};
  fold_and_score(state, options);
}

// The candidate asks the N clicks: O(C N d) an event, where the others take O(C d h1).
void BM_Score_TargetAttention(benchmark::State& state, ScoreKind score) {
  ModelInitOptions options;
  options.variant = Variant::kTarget;
  options.score = score;
  options.wide_buckets = 0;
  fold_and_score(state, options);
}

void sizes(benchmark::internal::Benchmark* bench) {
  bench->ArgsProduct({{100, 1000}, {32, 64, 128, 45}});
}

void one_size(benchmark::internal::Benchmark* bench) { bench->Args({1000, 64}); }
void lengths(benchmark::internal::Benchmark* bench) {
  bench->ArgsProduct({{1000}, {64}, {50, 256}});
}

BENCHMARK(BM_Score_Deep)->Apply(sizes);
BENCHMARK(BM_Score_AgainstPeak)->Apply(sizes)->Iterations(1);
BENCHMARK(BM_Score_Gemm)->Apply(sizes);
BENCHMARK(BM_Score_DeepOfSet)->ArgsProduct({{1000}, {64}, {0, 1, 2}});
BENCHMARK(BM_Score_Catalogue)->Args({100'000, 64});
BENCHMARK(BM_Score_TopK)->Args({100, 20})->Args({1000, 20})->Args({100'000, 100});
BENCHMARK(BM_Score_TopKBySelection)->Args({100, 20})->Args({1000, 20})->Args({100'000, 100});
BENCHMARK(BM_Score_WideAndDeep)->Apply(sizes);
BENCHMARK(BM_Score_FoldScoreTopK)->Apply(sizes);
BENCHMARK(BM_Score_Fold)->ArgsProduct({{1}, {32, 64, 128, 45}});
BENCHMARK(BM_Score_Reference)->ArgsProduct({{kCompared}, {64}});

BENCHMARK_CAPTURE(BM_Score_Variant, traditional, Variant::kTraditional, false)->Apply(one_size);
BENCHMARK_CAPTURE(BM_Score_Variant, self, Variant::kSelf, false)->Apply(one_size);
BENCHMARK_CAPTURE(BM_Score_Variant, self_shared, Variant::kSelfShared, false)->Apply(one_size);
BENCHMARK_CAPTURE(BM_Score_Variant, self_bilinear, Variant::kSelfBilinear, false)->Apply(one_size);
BENCHMARK_CAPTURE(BM_Score_Variant, self_bilinear_activated, Variant::kSelfBilinearActivated, false)
    ->Apply(one_size);
BENCHMARK_CAPTURE(BM_Score_Variant, merged, Variant::kMerged, false)->Apply(one_size);
BENCHMARK_CAPTURE(BM_Score_Variant, merged_fields, Variant::kMerged, true)->Apply(one_size);
BENCHMARK_CAPTURE(BM_Score_Variant, none, Variant::kNone, false)->Apply(one_size);
BENCHMARK_CAPTURE(BM_Score_TargetAttention, dot, ScoreKind::kDot)->Apply(lengths);
BENCHMARK_CAPTURE(BM_Score_TargetAttention, scaled_dot, ScoreKind::kScaledDot)->Apply(lengths);
BENCHMARK_CAPTURE(BM_Score_TargetAttention, bilinear, ScoreKind::kBilinear)->Apply(lengths);
BENCHMARK_CAPTURE(BM_Score_TargetAttention, additive, ScoreKind::kAdditive)->Apply(lengths);

}  // namespace
}  // namespace freshet::scorer
