// Sizes counted by hand from Kafka's description of format 2.
#include "pipeline/kafka/record_size.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace freshet::pipeline::record_size_test {
namespace {

TEST(RecordSizeTest, AnEmptyRecordIsTheBatchHeaderAndSevenBytes) {
  EXPECT_EQ(batch_bytes_of(std::nullopt, std::nullopt, {}), 61U + 1 + 6);
  EXPECT_EQ(batch_bytes_of("", "", {}), 61U + 1 + 6);
}

TEST(RecordSizeTest, LengthsGrowAByteAtEachSevenBits) {
  EXPECT_EQ(batch_bytes_of(std::nullopt, std::string(57, 'x'), {}), 61U + 1 + 6 + 57);
  // The value's own length still fits seven bits in zigzag, the record's does not.
  EXPECT_EQ(batch_bytes_of(std::nullopt, std::string(63, 'x'), {}), 61U + 2 + 6 + 63);
  EXPECT_EQ(batch_bytes_of(std::nullopt, std::string(64, 'x'), {}), 61U + 2 + 7 + 64);
  EXPECT_EQ(batch_bytes_of(std::nullopt, std::string(8'192, 'x'), {}), 61U + 3 + 8 + 8'192);
}

TEST(RecordSizeTest, HeadersCountWithNamesAndValues) {
  const std::vector<Header> headers{{"name", "value"}, {"n", ""}};
  EXPECT_EQ(batch_bytes_of("k", "v", headers), 61U + 1 + 6 + 1 + 1 + (5 + 6) + (2 + 1));
}

}  // namespace
}  // namespace freshet::pipeline::record_size_test
