#include "stateful/sequence.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/heap_bytes.h"

namespace freshet::stateful {
namespace sequence_test {

using Outcome = Sequence::InsertResult::Outcome;

constexpr DurationMs kAge{100};

Click click(std::int64_t ms, std::string_view item) { return {EventTime{ms}, ItemId(item)}; }

// A sequence of length_max 3, so of at most 4 clicks, at 10, 20, 30 and 40.
Sequence full_sequence() {
  Sequence sequence(3);
  for (const std::int64_t ms : {10, 20, 30, 40}) sequence.insert(click(ms, "v"));
  return sequence;
}

std::vector<std::int64_t> times_of(const Sequence& sequence) {
  std::vector<std::int64_t> times;
  for (std::size_t i = 0; i < sequence.size(); ++i) times.push_back(sequence[i].ts.ms);
  return times;
}

TEST(SequenceTest, IndexZeroIsTheNewestClick) {
  Sequence sequence(3);
  EXPECT_EQ(sequence.size(), 0U);
  sequence.insert(click(10, "v1"));
  sequence.insert(click(30, "v3"));
  sequence.insert(click(20, "v2"));
  EXPECT_EQ(times_of(sequence), (std::vector<std::int64_t>{30, 20, 10}));
}

TEST(SequenceTest, OlderAndOlderClicksEndAsInsertedInAnyOrder) {
  Sequence sequence(3);
  for (const std::int64_t ms : {40, 30, 20, 10}) sequence.insert_oldest(click(ms, "v"));
  EXPECT_EQ(sequence, full_sequence());
  EXPECT_EQ(sequence.heap_bytes(), full_sequence().heap_bytes());
  sequence.insert_oldest(click(5, "v"));  // too old
  EXPECT_EQ(sequence, full_sequence());
  sequence.insert(click(50, "v"));
  EXPECT_EQ(times_of(sequence), (std::vector<std::int64_t>{50, 40, 30, 20}));
}

TEST(SequenceTest, EqualTimesAreOrderedByItemBytes) {
  Sequence sequence(3);
  sequence.insert(click(10, "z"));
  sequence.insert(click(10, "\xC3\xA9"));
  sequence.insert(click(10, "10"));
  EXPECT_EQ(sequence[0].item.view(), "\xC3\xA9");
  EXPECT_EQ(sequence[1].item.view(), "z");
  EXPECT_EQ(sequence[2].item.view(), "10");
}

TEST(SequenceTest, InsertTellsWhereTheClickStands) {
  Sequence sequence(3);
  EXPECT_EQ(sequence.insert(click(20, "v")).index, 0U);
  EXPECT_EQ(sequence.insert(click(10, "v")).index, 1U);
  EXPECT_EQ(sequence.insert(click(15, "v")).index, 1U);
  EXPECT_EQ(sequence.insert(click(30, "v")).index, 0U);
}

TEST(SequenceTest, FullSequenceEvictsItsOldestForANewerClick) {
  Sequence sequence = full_sequence();
  const auto appended = sequence.insert(click(50, "v"));
  EXPECT_EQ(appended.outcome, Outcome::kInserted);
  EXPECT_TRUE(appended.evicted_oldest);
  EXPECT_EQ(appended.index, 0U);
  const auto between = sequence.insert(click(25, "v"));
  EXPECT_TRUE(between.evicted_oldest);
  EXPECT_EQ(between.index, 3U);
  EXPECT_EQ(times_of(sequence), (std::vector<std::int64_t>{50, 40, 30, 25}));
}

TEST(SequenceTest, ClickOlderThanAFullSequenceChangesNothing) {
  Sequence sequence = full_sequence();
  EXPECT_EQ(sequence.insert(click(9, "v")).outcome, Outcome::kTooOld);
  EXPECT_EQ(sequence, full_sequence());
}

TEST(SequenceTest, SameClickAgainChangesNothingAndIsFound) {
  Sequence sequence = full_sequence();
  const auto again = sequence.insert(click(20, "v"));
  EXPECT_EQ(again.outcome, Outcome::kAlreadyThere);
  EXPECT_EQ(again.index, 2U);
  EXPECT_FALSE(again.evicted_oldest);
  EXPECT_EQ(sequence, full_sequence());
}

TEST(SequenceTest, LateClickIsInsertedInOrder) {
  Sequence sequence(10);
  for (std::int64_t ms = 10; ms <= 90; ms += 20) sequence.insert(click(ms, "v"));
  for (std::int64_t ms = 80; ms >= 20; ms -= 20) sequence.insert(click(ms, "v"));
  EXPECT_EQ(times_of(sequence), (std::vector<std::int64_t>{90, 80, 70, 60, 50, 40, 30, 20, 10}));
}

TEST(SequenceTest, OneClickMoreThanIsVisibleIsStored) {
  const Sequence sequence = full_sequence();
  EXPECT_EQ(sequence.size(), 4U);
  EXPECT_EQ(sequence.visible(EventTime{40}, kAge), (Window{0, 3}));
}

TEST(SequenceTest, AgeBoundIsInclusive) {
  const Sequence sequence = full_sequence();
  EXPECT_EQ(sequence.visible(EventTime{130}, kAge), (Window{0, 2}));  // 30 is just visible
  EXPECT_EQ(sequence.visible(EventTime{131}, kAge), (Window{0, 1}));
  EXPECT_EQ(sequence.visible(EventTime{141}, kAge), (Window{0, 0}));
  EXPECT_EQ(sequence.invisible_count(EventTime{130}, kAge), 2U);
}

TEST(SequenceTest, NothingIsVisibleInAnEmptySequence) {
  const Sequence sequence(3);
  EXPECT_EQ(sequence.visible(EventTime{0}, kAge).count, 0U);
  EXPECT_EQ(sequence.visible_before(EventTime{0}, EventTime{0}, kAge).count, 0U);
  EXPECT_FALSE(sequence.has_visible_after(click(0, "v"), EventTime{0}, kAge));
  EXPECT_FALSE(sequence.has_visible(click(0, "v"), EventTime{0}, kAge));
}

TEST(SequenceTest, RowSeesOnlyClicksStrictlyBeforeItself) {
  const Sequence sequence = full_sequence();
  EXPECT_EQ(sequence.visible_before(EventTime{40}, EventTime{40}, kAge), (Window{1, 3}));
  EXPECT_EQ(sequence.visible_before(EventTime{41}, EventTime{41}, kAge), (Window{0, 3}));
  EXPECT_EQ(sequence.visible_before(EventTime{10}, EventTime{40}, kAge).count, 0U);
}

TEST(SequenceTest, ClickAtARowsOwnTimePushesNoneOutOfItsView) {
  Sequence sequence(3);
  for (const std::int64_t ms : {10, 20, 30}) sequence.insert(click(ms, "v"));
  const std::size_t before = sequence.visible_before(EventTime{40}, EventTime{40}, kAge).count;
  sequence.insert(click(40, "v"));
  EXPECT_EQ(sequence.visible_before(EventTime{40}, EventTime{40}, kAge).count, before);
}

TEST(SequenceTest, RowOfALateEventIsStillBoundByAge) {
  const Sequence sequence = full_sequence();
  EXPECT_EQ(sequence.visible_before(EventTime{40}, EventTime{120}, kAge), (Window{1, 2}));
  EXPECT_EQ(sequence.visible_before(EventTime{30}, EventTime{200}, kAge).count, 0U);
}

TEST(SequenceTest, LaterVisibleClickIsFoundByTimeAndItem) {
  const Sequence sequence = full_sequence();
  EXPECT_TRUE(sequence.has_visible_after(click(39, "v"), EventTime{40}, kAge));
  EXPECT_TRUE(sequence.has_visible_after(click(40, "u"), EventTime{40}, kAge));
  EXPECT_FALSE(sequence.has_visible_after(click(40, "v"), EventTime{40}, kAge));
  EXPECT_FALSE(sequence.has_visible_after(click(40, "w"), EventTime{40}, kAge));
}

TEST(SequenceTest, FlagsAreJudgedOnVisibleClicksOnly) {
  const Sequence sequence = full_sequence();
  EXPECT_TRUE(sequence.has_visible(click(20, "v"), EventTime{40}, kAge));
  EXPECT_FALSE(sequence.has_visible(click(10, "v"), EventTime{40}, kAge));  // the spare one
  EXPECT_FALSE(sequence.has_visible(click(20, "v"), EventTime{121}, kAge));
  EXPECT_FALSE(sequence.has_visible_after(click(1, "v"), EventTime{141}, kAge));
}

TEST(SequenceTest, CollectionDropsTheOldestEnd) {
  Sequence sequence = full_sequence();
  sequence.drop_oldest(3);
  EXPECT_EQ(times_of(sequence), (std::vector<std::int64_t>{40}));
  sequence.drop_oldest(1);
  EXPECT_EQ(sequence.size(), 0U);
  sequence.insert(click(50, "v"));
  EXPECT_EQ(times_of(sequence), (std::vector<std::int64_t>{50}));
}

TEST(SequenceTest, LengthMaxOfOneShowsTheNewest) {
  Sequence sequence(1);
  for (const std::int64_t ms : {10, 30, 20}) sequence.insert(click(ms, "v"));
  EXPECT_EQ(times_of(sequence), (std::vector<std::int64_t>{30, 20}));
  EXPECT_EQ(sequence.visible(EventTime{30}, kAge), (Window{0, 1}));
}

TEST(SequenceTest, SameClicksInAnotherOrderAreEqual) {
  Sequence backwards(3);
  for (const std::int64_t ms : {40, 30, 20, 10}) backwards.insert(click(ms, "v"));
  EXPECT_EQ(backwards, full_sequence());
  Sequence shorter = full_sequence();
  shorter.drop_oldest(1);
  EXPECT_FALSE(shorter == full_sequence());
  EXPECT_FALSE(Sequence(3) == Sequence(4));
}

TEST(SequenceTest, HeapBytesFollowSlotsAndLongItems) {
  Sequence sequence(3);
  EXPECT_EQ(sequence.heap_bytes(), 0U);
  sequence.reserve(100);
  const std::size_t slots = heap_block_bytes(4 * sizeof(Click));
  EXPECT_EQ(sequence.heap_bytes(), slots);
  const std::string item(100, 'x');
  sequence.insert(click(10, item));
  EXPECT_EQ(sequence.heap_bytes(), slots + string_heap_bytes(item));
  sequence.insert(click(20, "short"));
  sequence.drop_oldest(1);
  EXPECT_EQ(sequence.heap_bytes(), slots);
}

TEST(SequenceDeathTest, MisuseIsCaught) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(Sequence(0), "length_max >= 1");
  EXPECT_DEATH(full_sequence()[4], "index < size_");
  EXPECT_DEATH(full_sequence().drop_oldest(5), "count <= size_");
}

}  // namespace sequence_test
}  // namespace freshet::stateful
