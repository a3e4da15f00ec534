// Whole tasks on models of every variant: right by the reference, and the same bytes without a
// cache.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <string>

#include "pipeline/scoring/score_verifier.h"
#include "scorer/files/model_words.h"
#include "scorer/float_mode.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"
#include "tests/support/seed.h"

namespace freshet::pipeline::variant_property_test {

constexpr int kCases = 400;
constexpr const char* kYaml =
    "{candidates: {publish: 4}, events: {context: [tab]},"
    " behaviours: [{name: click, types: [click], length_max: 6, age_max: 30ms},"
    " {name: cart, types: [cart], length_max: 3, age_max: 1d}]}";

template <class Option, std::size_t kCount>
Option any_of(const std::array<scorer::Word<Option>, kCount>& words, Random* random) {
  return words[random->below(kCount)].value;
}

scorer::ModelInitOptions any_options(const WorkerConfig& config, scorer::Variant variant,
                                     Random* random) {
  scorer::ModelInitOptions options = test::small_model(config);
  options.seed = random->next();
  options.variant = variant;
  options.embedding_dim = 1 + random->below(9);
  options.pool = any_of(scorer::kPoolWords, random);
  if (random->chance(0.5)) options.recency_per_day = 1'000.0;
  if (random->chance(0.5)) options.score = scorer::ScoreKind::kAdditive;
  if (random->chance(0.5)) options.self_activation = scorer::Activation::kTanh;
  if (random->chance(0.3)) options.target_fields = {"item", "author"};
  // The comparison without sequences reads one behaviour, for its wide side.
  if (variant == scorer::Variant::kNone) options.behaviours = {"click"};
  return options;
}

// Every output as a line, by input offset.
std::map<std::int64_t, std::string> outputs_of(const WorkerConfig& config,
                                               const std::shared_ptr<const ServedModel>& model,
                                               const std::vector<test::StoredRecord>& log,
                                               std::size_t cache_bytes, ScoreObserver* observer) {
  stateful::MemoryStateStore store;
  test::ManualClock clock;
  Counters counters;
  test::TaskRun run({&config, model, &store, &clock, &counters, observer}, cache_bytes);
  EXPECT_TRUE(run.start());
  std::map<std::int64_t, std::string> outputs;
  for (const test::StoredRecord& record : log) {
    const auto output = run.process(test::view_of(record));
    EXPECT_TRUE(output) << output.error().message;
    if (*output) outputs[record.offset.value] = test::line_of(**output);
    run.commit(Task::Save::kEverything);
  }
  run.close();
  return outputs;
}

TEST(VariantProperty, EveryVariantIsRightByTheReferenceAndTheSameWithoutACache) {
  scorer::set_float_mode();
  Random random(test::test_seed());
  const WorkerConfig config = test::config_of(kYaml);
  for (int k = test::case_count(kCases); k > 0 && !HasFailure(); --k) {
    const auto& variant =
        scorer::kVariantWords[static_cast<std::size_t>(k) % scorer::kVariantWords.size()];
    const auto model =
        test::serve(test::random_model(any_options(config, variant.value, &random)), config);
    const auto log = test::random_log(&random, 1 + random.below(120), config);
    ScoreVerifier verifier(config, model);
    const auto expected = outputs_of(config, model, log, 1 << 20, &verifier);
    EXPECT_TRUE(verifier.report().sound()) << variant.text << ", case " << k << "\n"
                                           << describe(verifier.report());
    // A cache of one byte: each event finds its user in the store and builds all sums anew.
    EXPECT_EQ(outputs_of(config, model, log, 1, nullptr), expected)
        << variant.text << ", case " << k;
  }
}

}  // namespace freshet::pipeline::variant_property_test
