// A model that changes under way changes nothing else: each output is what its model alone gives.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "pipeline/models/recorded_swaps.h"
#include "scorer/float_mode.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"
#include "tests/support/seed.h"

namespace freshet::pipeline::model_swap_property_test {

using test::StoredRecord;

constexpr int kCases = 10'000;
using Lines = std::map<std::int64_t, std::string>;  // by input offset

WorkerConfig make_config() {
  return test::config_of(
      "{candidates: {publish: 8}, behaviours: [{name: click, types: [click], length_max: 3,"
      " age_max: 1d}, {name: cart, types: [cart, add], length_max: 2, age_max: 10ms}]}");
}

// Of every kind, with catalogues of their own.
ServedModels make_models(const WorkerConfig& config) {
  scorer::set_float_mode();
  ServedModels models;
  for (const scorer::Variant variant :
       {scorer::Variant::kTraditional, scorer::Variant::kSelfBilinear, scorer::Variant::kMerged,
        scorer::Variant::kTarget, scorer::Variant::kTraditional}) {
    scorer::ModelInitOptions options = test::small_model(config, 7 + models.size() % 3);
    options.version = options.seed = models.size() + 1;
    options.variant = variant;
    models.push_back(test::serve(test::random_model(options), config));
  }
  return models;
}

Lines lines_of_one(const WorkerConfig& config, const std::shared_ptr<const ServedModel>& model,
                   const std::vector<StoredRecord>& log, const RecordedSwaps* swaps = nullptr) {
  stateful::MemoryStateStore store;
  test::ManualClock clock;
  Counters counters;
  TaskContext context{&config, model, &store, &clock, &counters};
  context.swaps = swaps;
  test::TaskRun run(context, 1 << 20);
  EXPECT_TRUE(run.start());
  Lines lines;
  for (const StoredRecord& record : log) {
    const auto output = run.process(test::view_of(record));
    EXPECT_TRUE(output);
    if (*output) lines[record.offset.value] = test::line_of(**output);
  }
  return lines;
}

// What a run under way did.
struct Swapped {
  Lines lines;                                 // the last that was published
  std::map<std::int64_t, std::size_t> models;  // index of the model of each
};

class SwappingRun {
 public:
  SwappingRun(const WorkerConfig& config, const ServedModels& models, Random* random)
      : models_(models),
        random_(random),
        run_({&config, models[0], &store_, &clock_, &counters_},
             random->chance(0.5) ? 1 : 1 << 20) {}

  Swapped run(const std::vector<StoredRecord>& log) {
    start(log);
    while (next_ < log.size() && !::testing::Test::HasFailure()) {
      const StoredRecord& record = log[next_++];
      const auto output = run_.process(test::view_of(record));
      EXPECT_TRUE(output);
      if (*output) {
        swapped_.lines[record.offset.value] = test::line_of(**output);
        swapped_.models[record.offset.value] = now_;
      }
      if (random_->chance(0.3)) run_.task().repool();
      if (random_->chance(0.3)) commit();
      if (random_->chance(0.05)) start(log);
    }
    return swapped_;
  }

 private:
  void start(const std::vector<StoredRecord>& log) {
    run_.crash();
    EXPECT_TRUE(run_.start());
    now_ = random_->below(models_.size());
    run_.task().serve(models_[now_]);
    next_ = 0;
    while (next_ < log.size() && is_before(log[next_].offset, run_.task().read_from())) ++next_;
  }

  void commit() {
    const bool all = random_->chance(0.5);
    if (run_.commit(all ? Task::Save::kEverything : Task::Save::kScheduled)) {
      const auto marker = (*store_.read_marker(Partition{0}))->marker;
      EXPECT_EQ(marker.model->label, models_[now_]->label);
      EXPECT_LE(marker.model->first_position, marker.position);
      for (const auto& [offset, model] : swapped_.models) {
        if (Position{offset} < marker.model->first_position ||
            Position{offset} >= marker.position) {
          continue;
        }
        EXPECT_EQ(model, now_) << "offset " << offset;
      }
    }
    if (random_->chance(0.5)) return;
    now_ = random_->below(models_.size());
    run_.task().serve(models_[now_]);
  }

  const ServedModels& models_;
  Random* random_;
  stateful::MemoryStateStore store_;
  test::ManualClock clock_;
  Counters counters_;
  test::TaskRun run_;
  std::size_t now_ = 0;
  std::size_t next_ = 0;
  Swapped swapped_;
};

TEST(ModelSwapProperty, EachOutputIsWhatItsModelAloneGives) {
  Random random(test::test_seed());
  const WorkerConfig config = make_config();
  const ServedModels models = make_models(config);
  for (int k = test::case_count(kCases); k > 0 && !HasFailure(); --k) {
    const auto log = test::random_log(&random, 1 + random.below(30), config);
    std::vector<Lines> alone;
    for (const auto& model : models) alone.push_back(lines_of_one(config, model, log));
    const Swapped swapped = SwappingRun(config, models, &random).run(log);
    ASSERT_EQ(swapped.lines.size(), alone[0].size()) << "case " << k;
    RecordedSwaps swaps;
    for (const auto& [offset, line] : swapped.lines) {
      const std::size_t model = swapped.models.at(offset);
      ASSERT_EQ(line, alone[model].at(offset)) << "case " << k;
      swaps.add(Partition{0}, Position{offset}, models[model]);
    }
    ASSERT_EQ(lines_of_one(config, models[0], log, &swaps), swapped.lines) << "case " << k;
  }
}

}  // namespace freshet::pipeline::model_swap_property_test
