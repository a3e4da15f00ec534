#include "pipeline/events/partitioner.h"

#include <gtest/gtest.h>

#include <string>

namespace freshet::pipeline::partitioner_test {

// The values of UtilsTest.testMurmur2 in the Apache Kafka clients.
TEST(PartitionerTest, Murmur2EqualsTheJavaClients) {
  const auto java = [](std::string_view key) { return static_cast<std::int32_t>(murmur2(key)); };
  EXPECT_EQ(java("21"), -973932308);
  EXPECT_EQ(java("foobar"), -790332482);
  EXPECT_EQ(java("a-little-bit-long-string"), -985981536);
  EXPECT_EQ(java("a-little-bit-longer-string"), -1486304829);
  EXPECT_EQ(java("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"), -58897971);
  EXPECT_EQ(java("abc"), 479470107);
}

TEST(PartitionerTest, SignBitIsMaskedAndNotNegated) {
  // -973932308 & 0x7fffffff = 1173551340.
  EXPECT_EQ(partition_of("21", 7).value, 1173551340 % 7);
  EXPECT_EQ(partition_of("21", 1000).value, 340);
}

TEST(PartitionerTest, EveryKeyHasAPartitionOfTheTopic) {
  std::string key;
  for (int i = 0; i < 300; ++i) {
    for (const std::int32_t count : {1, 2, 3, 64, 2147483647}) {
      const Partition partition = partition_of(key, count);
      EXPECT_GE(partition.value, 0);
      EXPECT_LT(partition.value, count);
    }
    key.push_back(static_cast<char>(i));  // bytes above 0x7f included
  }
}

TEST(PartitionerTest, SinglePartitionTakesAll) { EXPECT_EQ(partition_of("anybody", 1).value, 0); }

TEST(PartitionerDeathTest, TopicWithoutPartitionsIsAProgrammersError) {
  EXPECT_DEATH(static_cast<void>(partition_of("a", 0)), "partition_count > 0");
}

}  // namespace freshet::pipeline::partitioner_test
