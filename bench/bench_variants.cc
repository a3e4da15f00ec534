// What one more click costs a user under each variant: the sequence's insert, what is derived of it
// brought up to date, and u written. bench_score has what a candidate costs.
//
// Names are BM_Variant_Click/<variant>/<n clicks>/<d>; the sequence is full, so a click leaves for
// each that comes. Target attention keeps no sums: its cost is the candidates'. Each run first
// compares the logits on its first clicks with the reference and u with that of a view made anew,
// and aborts on a wrong one.
#include <benchmark/benchmark.h>

#include <cmath>
#include <vector>

#include "common/check.h"
#include "common/random.h"
#include "pipeline/config/config.h"
#include "pipeline/scoring/served_model.h"
#include "pipeline/scoring/user_view.h"
#include "scorer/float_mode.h"
#include "scorer/reference/reference.h"
#include "tests/support/scorer_models.h"

namespace freshet::pipeline {
namespace {

constexpr std::size_t kItems = 10'000;
// The reference is slow: it is asked about so many clicks and candidates.
constexpr std::size_t kReferenceClicks = 40;
constexpr std::size_t kReferenceCandidates = 20;
constexpr std::int64_t kFirstMs = 1'602'633'600'000;

std::shared_ptr<const ServedModel> serve(scorer::Variant variant, const WorkerConfig& config,
                                         std::size_t dim) {
  scorer::ModelInitOptions options;
  options.variant = variant;
  options.embedding_dim = dim;
  options.item_ids = test::numbered_items(kItems);
  options.wide_buckets = 0;
  options.recent_clicks = 0;
  auto served = ServedModel::create(test::share(test::random_model(options)), config);
  FRESHET_CHECK(served.has_value());
  return *served;
}

// One behaviour of that length; what candidates there are is the check's.
WorkerConfig config_of(std::size_t length) {
  WorkerConfig config;
  config.behaviours.resize(1);
  config.behaviours[0].limits.name = "click";
  config.behaviours[0].limits.length_max = length;
  config.candidates.source = CandidateSource::kEvent;
  return config;
}

class ClickedUser {
 public:
  ClickedUser(scorer::Variant variant, std::size_t length, std::size_t dim)
      : length_(length),
        model_(serve(variant, config_of(length), dim)),
        state_(config_of(length).limits()),
        view_(*model_, state_),
        u_(model_->representation_size()) {}

  void click() {
    const stateful::Click click{EventTime{kFirstMs + clicked_++},
                                model_->model->item_ids[random_.below(kItems)]};
    const auto result = state_.sequences[0].insert(click);
    view_.note_insert(*model_, 0, click, result);
    windows_[0] = {0, std::min(length_, state_.sequences[0].size())};
    view_.refresh(*model_, windows_);
    view_.representation(*model_, windows_, &scratch_, u_);
  }

  void check_against_reference() {
    const auto seen = view_.clicks(0).first(windows_[0].count);
    std::vector<std::vector<scorer::ReferenceClick>> clicks(1);
    for (const scorer::PooledClick& click : seen) clicks[0].push_back({click.ts, click.row});
    std::vector<scorer::ItemRow> candidates;
    for (std::uint32_t row = 0; row < kReferenceCandidates; ++row) candidates.push_back({row});
    const auto exact = scorer::reference_logits(*model_->model, clicks, {}, candidates);
    scorer::UserFold fold;
    std::vector<scorer::CandidateLogit> logits(candidates.size());
    model_->scorer.fold({u_, {&seen, 1}}, {}, &fold);
    model_->scorer.score(fold, candidates, logits);
    for (std::size_t k = 0; k < candidates.size(); ++k) {
      FRESHET_CHECK(std::fabs(double{logits[k].total} - exact[k].total) <= 1e-5);
    }
  }

  void check_against_rebuild() {
    UserView anew(*model_, state_);
    anew.refresh(*model_, windows_);
    std::vector<float> u(u_.size());
    anew.representation(*model_, windows_, &scratch_, u);
    FRESHET_CHECK(u == u_);
  }

  const float* u() const { return u_.data(); }
  std::size_t bytes() const { return view_.heap_bytes(); }

 private:
  std::size_t length_;
  std::shared_ptr<const ServedModel> model_;
  stateful::UserState state_;
  UserView view_;
  Windows windows_ = Windows(1);
  std::vector<scorer::PoolSums> scratch_;
  std::vector<float> u_;
  Random random_{1};
  std::int64_t clicked_ = 0;
};

void BM_Variant_Click(benchmark::State& state, scorer::Variant variant) {
  scorer::set_float_mode();
  const auto length = static_cast<std::size_t>(state.range(0));
  ClickedUser user(variant, length, static_cast<std::size_t>(state.range(1)));
  for (std::size_t k = 0; k < kReferenceClicks; ++k) user.click();
  user.check_against_reference();
  for (std::size_t k = 0; k < 2 * length; ++k) user.click();
  user.check_against_rebuild();
  for (auto _ : state) {
    user.click();
    benchmark::DoNotOptimize(user.u());
  }
  state.counters["bytes"] = static_cast<double>(user.bytes());
}

void lengths(benchmark::internal::Benchmark* bench) { bench->ArgsProduct({{50, 256}, {64}}); }

using scorer::Variant;
BENCHMARK_CAPTURE(BM_Variant_Click, none, Variant::kNone)->Apply(lengths);
BENCHMARK_CAPTURE(BM_Variant_Click, traditional, Variant::kTraditional)->Apply(lengths);
BENCHMARK_CAPTURE(BM_Variant_Click, self, Variant::kSelf)->Apply(lengths);
BENCHMARK_CAPTURE(BM_Variant_Click, self_shared, Variant::kSelfShared)->Apply(lengths);
BENCHMARK_CAPTURE(BM_Variant_Click, self_bilinear, Variant::kSelfBilinear)->Apply(lengths);
BENCHMARK_CAPTURE(BM_Variant_Click, self_bilinear_activated, Variant::kSelfBilinearActivated)
    ->Apply(lengths);
BENCHMARK_CAPTURE(BM_Variant_Click, merged, Variant::kMerged)->Apply(lengths);
BENCHMARK_CAPTURE(BM_Variant_Click, target, Variant::kTarget)->Apply(lengths);

}  // namespace
}  // namespace freshet::pipeline
