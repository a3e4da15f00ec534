// The semilattice laws and the windows of a sequence, against a sorted set.
#include <gtest/gtest.h>

#include "tests/property/stateful/naive_sequence.h"
#include "tests/support/seed.h"

namespace freshet::stateful {
namespace sequence_property_test {

using namespace naive;
using Outcome = Sequence::InsertResult::Outcome;

constexpr int kCases = 10'000;

Sequence sequence_of(const std::vector<Click>& clicks, std::size_t length_max) {
  Sequence sequence(length_max);
  for (const Click& click : clicks) sequence.insert(click);
  return sequence;
}

TEST(SequencePropertyTest, AnyOrderAndRepetitionEndsInTheSameSequence) {
  Random random(test::test_seed());
  for (int i = 0; i < test::case_count(kCases); ++i) {
    const std::size_t length_max = 1 + random.below(12);
    std::vector<Click> clicks = random_clicks(&random, 40, 1 + random.below(60));
    NaiveSequence expected(length_max);
    for (const Click& click : clicks) expected.insert(click);
    const Sequence in_order = sequence_of(clicks, length_max);
    ASSERT_EQ(all_of(in_order), expected.stored()) << "case " << i;
    const std::size_t count = clicks.size();
    for (std::size_t k = 0; k < count; ++k) {
      if (random.chance(0.3)) clicks.push_back(clicks[random.below(count)]);
    }
    shuffle(&clicks, &random);
    ASSERT_EQ(sequence_of(clicks, length_max), in_order) << "case " << i;
  }
}

TEST(SequencePropertyTest, MergingTheHalvesGivesTheWhole) {
  Random random(test::test_seed());
  for (int i = 0; i < test::case_count(kCases); ++i) {
    const std::size_t length_max = 1 + random.below(12);
    const std::vector<Click> clicks = random_clicks(&random, 40, 60);
    const auto middle =
        clicks.begin() + static_cast<std::ptrdiff_t>(random.below(clicks.size() + 1));
    // What a half has dropped is older than enough others, so the whole would drop it as well.
    std::vector<Click> merged = all_of(sequence_of({clicks.begin(), middle}, length_max));
    const auto second = all_of(sequence_of({middle, clicks.end()}, length_max));
    merged.insert(merged.end(), second.begin(), second.end());
    ASSERT_EQ(sequence_of(merged, length_max), sequence_of(clicks, length_max)) << "case " << i;
  }
}

TEST(SequencePropertyTest, InsertReportsWhatItDid) {
  Random random(test::test_seed());
  for (int i = 0; i < test::case_count(kCases); ++i) {
    Sequence sequence = sequence_of(random_clicks(&random, 15, 20), 1 + random.below(10));
    const std::vector<Click> before = all_of(sequence);
    const Click click = random_click(&random, 20);
    const auto result = sequence.insert(click);
    const std::vector<Click> after = all_of(sequence);
    std::vector<Click> expected = before;
    switch (result.outcome) {
      case Outcome::kInserted:
        expected.insert(expected.begin() + static_cast<std::ptrdiff_t>(result.index), click);
        ASSERT_EQ(result.evicted_oldest, before.size() == sequence.length_max() + 1);
        if (result.evicted_oldest) expected.pop_back();
        ASSERT_EQ(sequence[result.index], click);
        break;
      case Outcome::kAlreadyThere:
        ASSERT_EQ(before.at(result.index), click);
        break;
      case Outcome::kTooOld:
        ASSERT_EQ(before.size(), sequence.length_max() + 1);
        ASSERT_LT(click, before.back());
        break;
    }
    ASSERT_EQ(after, expected) << "case " << i;
  }
}

TEST(SequencePropertyTest, WindowsAndFlagsAreThoseOfTheNaiveTwin) {
  Random random(test::test_seed());
  for (int i = 0; i < test::case_count(kCases); ++i) {
    const std::size_t length_max = 1 + random.below(10);
    Sequence sequence(length_max);
    NaiveSequence expected(length_max);
    for (const Click& click : random_clicks(&random, 20, 40)) {
      sequence.insert(click);
      expected.insert(click);
      if (random.chance(0.1)) {
        const EventTime to{kFirstMs + static_cast<std::int64_t>(random.below(40))};
        sequence.drop_oldest(sequence.invisible_count(to, DurationMs{20}));
        expected.collect(to, DurationMs{20});
      }
    }
    const EventTime stream_time{kFirstMs + static_cast<std::int64_t>(random.below(80))};
    const EventTime as_of{kFirstMs + static_cast<std::int64_t>(random.below(80))};
    const DurationMs age{static_cast<std::int64_t>(random.below(50))};
    const auto visible = expected.visible(stream_time, age);
    ASSERT_EQ(clicks_of(sequence, sequence.visible(stream_time, age)), visible) << "case " << i;
    ASSERT_EQ(clicks_of(sequence, sequence.visible_before(as_of, stream_time, age)),
              expected.visible_before(as_of, stream_time, age))
        << "case " << i;
    const Click click = random_click(&random, 40);
    const auto is_it = [&](const Click& other) { return other == click; };
    const auto is_later = [&](const Click& other) { return other > click; };
    ASSERT_EQ(sequence.has_visible(click, stream_time, age),
              std::any_of(visible.begin(), visible.end(), is_it));
    ASSERT_EQ(sequence.has_visible_after(click, stream_time, age),
              std::any_of(visible.begin(), visible.end(), is_later));
  }
}

TEST(SequencePropertyTest, RowSeesNoClickAtOrAfterItsOwnTimeAndLosesNoneToThem) {
  Random random(test::test_seed());
  constexpr DurationMs kAge{30};
  for (int i = 0; i < test::case_count(kCases); ++i) {
    const std::size_t length_max = 1 + random.below(10);
    Sequence sequence = sequence_of(random_clicks(&random, 20, 40), length_max);
    const EventTime row{kFirstMs + 40};
    const auto before = clicks_of(sequence, sequence.visible_before(row, row, kAge));
    for (const Click& click : before) ASSERT_LT(click.ts, row);
    sequence.insert({row, random_item(&random)});
    ASSERT_EQ(clicks_of(sequence, sequence.visible_before(row, row, kAge)), before) << "case " << i;
  }
}

}  // namespace sequence_property_test
}  // namespace freshet::stateful
