#include "pipeline/generate/titles.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "common/ids.h"

namespace freshet::pipeline {
namespace {

TEST(TitlesTest, NoTwoTitlesOfACategoryAreAlike) {
  for (std::size_t category = 0; category < kCategories; ++category) {
    std::set<std::string> titles;
    for (std::size_t number = 0; number < 300; ++number) {
      const std::string title = title_of(category, number);
      EXPECT_TRUE(titles.insert(title).second) << title;
      EXPECT_TRUE(is_valid_utf8(title));
      EXPECT_LE(title.size(), 64U) << title;
    }
  }
}

TEST(TitlesTest, AuthorsOfACategoryDiffer) {
  std::set<std::string> authors;
  for (std::size_t number = 0; number < 50; ++number) {
    EXPECT_TRUE(authors.insert(author_of(3, number)).second);
  }
}

}  // namespace
}  // namespace freshet::pipeline
