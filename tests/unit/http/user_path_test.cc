#include "pipeline/http/user_path.h"

#include <gtest/gtest.h>

#include <string>

namespace freshet::pipeline::user_path_test {

std::string id_of(std::string_view encoded) {
  const Result<UserId> user = user_id_of_path(encoded);
  return user ? user->str() : "refused: " + user.error().message;
}

TEST(UserPathTest, EscapesAreDecodedOnce) {
  EXPECT_EQ(id_of("u1"), "u1");
  EXPECT_EQ(id_of("a%2Fb%20c"), "a/b c");
  EXPECT_EQ(id_of("a%252F"), "a%2F");
  EXPECT_EQ(id_of("a+b"), "a+b");
  EXPECT_EQ(id_of("caf%C3%A9"), "caf\xc3\xa9");
}

TEST(UserPathTest, BrokenEscapesAreRefused) {
  for (const char* bad : {"%", "a%", "a%2", "a%zz", "%2g", "%%41"}) {
    EXPECT_FALSE(user_id_of_path(bad)) << bad;
  }
}

TEST(UserPathTest, AnIdIsOneSegmentOfOneToAHundredAndTwentyEightBytesOfUtf8) {
  EXPECT_FALSE(user_id_of_path(""));
  EXPECT_FALSE(user_id_of_path("a/b"));
  EXPECT_FALSE(user_id_of_path("%FF"));
  EXPECT_TRUE(user_id_of_path(std::string(128, 'x')));
  EXPECT_FALSE(user_id_of_path(std::string(129, 'x')));
  EXPECT_FALSE(user_id_of_path(std::string(1 << 20, 'x')));
}

}  // namespace freshet::pipeline::user_path_test
