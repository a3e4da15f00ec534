#include "pipeline/scoring/click_run.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "common/random.h"
#include "tests/support/seed.h"

namespace freshet::pipeline {
namespace click_run_test {

scorer::PooledClick click(std::int64_t ms) {
  return {EventTime{ms}, scorer::ItemRow{static_cast<std::uint32_t>(ms)}};
}

bool same(const ClickRun& run, const std::vector<scorer::PooledClick>& naive) {
  const auto view = run.view();
  return std::equal(view.begin(), view.end(), naive.begin(), naive.end(),
                    [](const auto& a, const auto& b) { return a.ts == b.ts && a.row == b.row; });
}

TEST(ClickRunTest, AgreesWithAVector) {
  Random random(test::test_seed());
  for (int round = 0; round < 50; ++round) {
    ClickRun run;
    std::vector<scorer::PooledClick> naive;
    const std::size_t length = 1 + random.below(70);
    for (std::int64_t i = 0; i < 300; ++i) {
      if (random.chance(0.02)) run.reserve(random.below(100));
      const std::size_t index =
          random.chance(0.7) ? 0 : static_cast<std::size_t>(random.below(naive.size() + 1));
      run.insert(index, click(i));
      naive.insert(naive.begin() + static_cast<std::ptrdiff_t>(index), click(i));
      if (naive.size() > length) {
        const std::size_t kept = length - random.below(std::min<std::size_t>(length, 3));
        run.truncate(kept);
        naive.resize(kept);
      }
      ASSERT_EQ(run.size(), naive.size());
      ASSERT_TRUE(same(run, naive));
    }
  }
}

TEST(ClickRunTest, AFullRunKeepsItsRoom) {
  constexpr std::size_t kLength = 100;
  ClickRun run;
  for (std::int64_t i = 0; i < 10'000; ++i) {
    run.insert(0, click(i));
    run.truncate(std::min(run.size(), kLength));
  }
  EXPECT_LE(run.heap_bytes(),
            heap_block_bytes((kLength * 3 / 2 + 4) * sizeof(scorer::PooledClick)));
}

TEST(ClickRunDeathTest, MisuseIsCaught) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  ClickRun run;
  EXPECT_DEATH(run.insert(1, click(1)), "check failed");
  EXPECT_DEATH(run.truncate(1), "check failed");
}

}  // namespace click_run_test
}  // namespace freshet::pipeline
