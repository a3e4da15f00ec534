#include "common/ids.h"

#include <gtest/gtest.h>

#include <string>
#include <unordered_set>

namespace freshet {
namespace ids_test {

TEST(IdsTest, WellFormedUtf8OfEveryLengthIsAccepted) {
  EXPECT_TRUE(is_valid_utf8(""));
  EXPECT_TRUE(is_valid_utf8("u1"));
  EXPECT_TRUE(is_valid_utf8("\x7F"));
  EXPECT_TRUE(is_valid_utf8("\xC2\x80"));          // U+0080, the first of two bytes
  EXPECT_TRUE(is_valid_utf8("\xDF\xBF"));          // U+07FF
  EXPECT_TRUE(is_valid_utf8("\xE0\xA0\x80"));      // U+0800
  EXPECT_TRUE(is_valid_utf8("\xED\x9F\xBF"));      // U+D7FF, the last before the surrogates
  EXPECT_TRUE(is_valid_utf8("\xEE\x80\x80"));      // U+E000, the first after them
  EXPECT_TRUE(is_valid_utf8("\xEF\xBF\xBF"));      // U+FFFF
  EXPECT_TRUE(is_valid_utf8("\xF0\x90\x80\x80"));  // U+10000
  EXPECT_TRUE(is_valid_utf8("\xF4\x8F\xBF\xBF"));  // U+10FFFF
  EXPECT_TRUE(is_valid_utf8(std::string_view("a\0b", 3)));
}

TEST(IdsTest, OverlongFormsAreRefused) {
  EXPECT_FALSE(is_valid_utf8("\xC0\x80"));
  EXPECT_FALSE(is_valid_utf8("\xC1\xBF"));
  EXPECT_FALSE(is_valid_utf8("\xE0\x80\x80"));
  EXPECT_FALSE(is_valid_utf8("\xE0\x9F\xBF"));
  EXPECT_FALSE(is_valid_utf8("\xF0\x80\x80\x80"));
  EXPECT_FALSE(is_valid_utf8("\xF0\x8F\xBF\xBF"));
}

TEST(IdsTest, SurrogatesAndValuesBeyondUnicodeAreRefused) {
  EXPECT_FALSE(is_valid_utf8("\xED\xA0\x80"));  // U+D800
  EXPECT_FALSE(is_valid_utf8("\xED\xBF\xBF"));  // U+DFFF
  EXPECT_FALSE(is_valid_utf8("\xED\xA0\xBD\xED\xB8\x80"));
  EXPECT_FALSE(is_valid_utf8("\xF4\x90\x80\x80"));  // U+110000
  EXPECT_FALSE(is_valid_utf8("\xF5\x80\x80\x80"));
  EXPECT_FALSE(is_valid_utf8("\xFF"));
}

TEST(IdsTest, BrokenSequencesAreRefused) {
  EXPECT_FALSE(is_valid_utf8("\x80"));          // a continuation without a lead
  EXPECT_FALSE(is_valid_utf8("\xC2"));          // cut short
  EXPECT_FALSE(is_valid_utf8("\xE2\x82"));      // cut short
  EXPECT_FALSE(is_valid_utf8("\xE2\x82q"));     // ends in a letter
  EXPECT_FALSE(is_valid_utf8("\xC2\xC2\x80"));  // a lead where a continuation belongs
  EXPECT_FALSE(is_valid_utf8("\xF0\x90\x80\x7F"));
}

TEST(IdsTest, IdHasOneTo128Bytes) {
  EXPECT_FALSE(is_valid_id(""));
  EXPECT_TRUE(is_valid_id("0"));
  EXPECT_TRUE(is_valid_id(std::string(kIdBytesMax, 'x')));
  EXPECT_FALSE(is_valid_id(std::string(kIdBytesMax + 1, 'x')));
  EXPECT_FALSE(is_valid_id("\xC0\x80"));
}

TEST(IdsTest, IdsCompareAsUnsignedBytes) {
  EXPECT_LT(ItemId("z"), ItemId("\xC3\xA9"));  // a signed char would turn this around
  EXPECT_LT(ItemId("10"), ItemId("9"));
  EXPECT_LT(ItemId("a"), ItemId("aa"));
  EXPECT_LT(ItemId("0712"), ItemId("712"));
  EXPECT_EQ(ItemId("v1") <=> ItemId("v1"), std::strong_ordering::equal);
}

TEST(IdsTest, EqualIdsHashAlike) {
  const std::unordered_set<UserId> users = {UserId("u1"), UserId("u2"), UserId(std::string("u1"))};
  EXPECT_EQ(users.size(), 2U);
}

}  // namespace ids_test
}  // namespace freshet
