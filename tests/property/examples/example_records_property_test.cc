// The examples' topic against the export of the same log: the same rows, but that nothing is
// joined.
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "pipeline/examples/example_export.h"
#include "pipeline/examples/example_records.h"
#include "scorer/float_mode.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"
#include "tests/support/seed.h"

namespace freshet::pipeline::example_records_property_test {

constexpr int kCases = 1'000;
constexpr std::string_view kConfig =
    "{examples: {topic: rows, label_wait_ms: 30}, candidates: {publish: 4},"
    " behaviours: [{name: click, types: [click], length_max: 3, age_max: 25ms},"
    " {name: cart, types: [cart], length_max: 2, age_max: 1d}]}";

// A row without its label, and the label.
std::pair<std::string, std::string> split(std::string row) {
  constexpr std::string_view kName = "\"label\":";
  const std::size_t begin = row.find(kName) + kName.size();
  const std::size_t end = row.find(',', begin);
  std::string label = row.substr(begin, end - begin);
  return {row.erase(begin, end - begin), std::move(label)};
}

TEST(ExampleRecordsProperty, TheTopicHoldsTheExportsRowsUnjoined) {
  scorer::set_float_mode();
  Random random(test::test_seed());
  const WorkerConfig config = test::config_of(kConfig);
  const auto model = test::serve(test::random_model(test::small_model(config)), config);
  std::size_t joined = 0;
  std::uint64_t left_out = 0;
  for (int k = test::case_count(kCases); k > 0 && !HasFailure(); --k) {
    const auto log = test::random_log(&random, 1 + random.below(60), config);
    std::map<std::string, std::string> exported;  // row -> label
    ExampleExport examples(config, 1 << 20,
                           {[&](std::string_view line) -> Status {
                              EXPECT_TRUE(line.ends_with("}\n"));
                              line.remove_suffix(1);
                              EXPECT_TRUE(exported.insert(split(std::string(line))).second) << line;
                              return {};
                            },
                            {}});
    stateful::MemoryStateStore store;
    const test::ManualClock clock;
    Counters counters;
    TaskContext context{&config, model, &store, &clock, &counters, &examples};
    context.make_examples = [&] { return std::make_unique<ExampleRecords>(config); };
    test::TaskRun run(context, random.chance(0.3) ? 1 : 1 << 20);
    ASSERT_TRUE(run.start());
    std::map<std::string, std::string> published;
    for (const test::StoredRecord& record : log) {
      const auto outputs = run.task().process(test::view_of(record));
      ASSERT_TRUE(outputs) << outputs.error().message;
      for (const OutputRecord& output : *outputs) {
        if (output.topic != OutputTopic::kExamples) continue;
        EXPECT_TRUE(published.insert(split(*output.value)).second) << *output.value;
      }
      if (random.chance(0.3)) run.commit(Task::Save::kEverything);
    }
    ASSERT_TRUE(examples.finish());
    for (const auto& [row, label] : exported) {
      const auto found = published.find(row);
      ASSERT_NE(found, published.end()) << row << " case " << k;
      if (found->second != "null") {
        EXPECT_EQ(found->second, label) << row << " case " << k;
      } else if (label != "null") {
        ++joined;
      }
    }
    const ExampleCounts counts = examples.counts();
    EXPECT_EQ(published.size(), counts.written() + counts.repeated + counts.late) << "case " << k;
    EXPECT_EQ(counters.examples, published.size());
    left_out += counts.repeated + counts.late;
  }
  EXPECT_GT(joined, 0U);
  EXPECT_GT(left_out, 0U);
}

}  // namespace freshet::pipeline::example_records_property_test
