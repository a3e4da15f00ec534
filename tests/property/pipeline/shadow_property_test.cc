// A shadow of any variant beside a primary of any: the main output has the bytes that it has alone,
// and the shadow's topic those that the shadow gives as the primary.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "scorer/files/model_words.h"
#include "scorer/float_mode.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"
#include "tests/support/seed.h"

namespace freshet::pipeline::shadow_property_test {

constexpr int kCases = 400;
constexpr const char* kYaml =
    "{candidates: {publish: 4}, shadow: {path: any},"
    " behaviours: [{name: click, types: [click], length_max: 6, age_max: 30ms},"
    " {name: cart, types: [cart], length_max: 3, age_max: 1d}]}";

std::shared_ptr<const ServedModel> any_model(const WorkerConfig& config, Random* random) {
  scorer::ModelInitOptions options = test::small_model(config, 4 + random->below(8));
  options.seed = random->next();
  options.variant = scorer::kVariantWords[random->below(scorer::kVariantWords.size())].value;
  options.embedding_dim = 1 + random->below(9);
  if (random->chance(0.5)) options.recency_per_day = 1'000.0;
  if (options.variant == scorer::Variant::kNone) options.behaviours = {"click"};
  return test::serve(test::random_model(options), config);
}

struct Outputs {
  std::map<std::int64_t, std::string> main;    // lines by input offset
  std::map<std::int64_t, std::string> shadow;  // values by input offset
};

Outputs run_with(const TaskContext& context, const std::vector<test::StoredRecord>& log,
                 std::size_t cache_bytes) {
  test::TaskRun run(context, cache_bytes);
  EXPECT_TRUE(run.start());
  Outputs outputs;
  for (const test::StoredRecord& record : log) {
    const auto made = run.task().process(test::view_of(record));
    EXPECT_TRUE(made) << made.error().message;
    for (const OutputRecord& output : *made) {
      if (output.topic == OutputTopic::kShadow) {
        EXPECT_TRUE(outputs.shadow.emplace(record.offset.value, *output.value).second);
      } else {
        outputs.main[record.offset.value] = test::line_of(output);
      }
    }
    run.commit(Task::Save::kEverything);
  }
  run.close();
  return outputs;
}

// What the record is where the model cannot score: the only thing that the shadow's topic has in
// place of a dead letter.
bool is_without_scores(const std::string& value) {
  return value.find("\"reason\":") != std::string::npos && value.ends_with("\"scores\":[]}");
}

TEST(ShadowProperty, NeitherModelNoticesTheOther) {
  scorer::set_float_mode();
  Random random(test::test_seed());
  const WorkerConfig config = test::config_of(kYaml);
  for (int k = test::case_count(kCases); k > 0 && !HasFailure(); --k) {
    const auto primary = any_model(config, &random);
    const auto shadow = any_model(config, &random);
    const auto log = test::random_log(&random, 1 + random.below(80), config);
    const std::size_t cache_bytes = random.chance(0.3) ? 1 : 1 << 20;
    const test::ManualClock clock;
    const auto outputs_of = [&](const std::shared_ptr<const ServedModel>& model,
                                const ServedModels& beside) {
      stateful::MemoryStateStore store;
      Counters counters;
      TaskContext context{&config, model, &store, &clock, &counters};
      context.beside = beside;
      context.publishes_shadow = !beside.empty();
      return run_with(context, log, cache_bytes);
    };
    const Outputs both = outputs_of(primary, {shadow});
    EXPECT_EQ(both.main, outputs_of(primary, {}).main) << "case " << k;
    const Outputs alone = outputs_of(shadow, {});
    for (const auto& [offset, line] : alone.main) {
      const auto found = both.shadow.find(offset);
      if (line.starts_with("scores ")) {
        ASSERT_NE(found, both.shadow.end()) << "case " << k;
        EXPECT_TRUE(line.ends_with(" " + found->second)) << line << " case " << k;
      } else if (found != both.shadow.end()) {
        EXPECT_TRUE(is_without_scores(found->second)) << found->second << " case " << k;
      }
    }
  }
}

}  // namespace freshet::pipeline::shadow_property_test
