#include "pipeline/commands/user_story.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace freshet::commands {
namespace {

Terminal terminal_with(bool blocks, int width = 80) {
  Terminal terminal;
  terminal.blocks = blocks;
  terminal.width = width;
  return terminal;
}

UserStory story() {
  UserStory story;
  story.user = "u1";
  story.catalogue_size = 500;
  story.clicks = {{"A Viking ship", "history", 0, 0.75F},
                  {"A very long title that goes on and on until it does not fit any more at all",
                   "gardening", 125'000, 0.25F},
                  {"v999", "", 86'400'000, std::nullopt}};
  story.candidates = {{"Roman concrete", "history", 0.9F, 1, 12},
                      {"Shakshuka", "cooking", 0.8F, 2, 1},
                      {"Lemon pasta", "cooking", 0.7F, 3, 3}};
  story.left = {"Dumplings"};
  return story;
}

// What a terminal shows: UTF-8 sequences count as one.
std::size_t cells(const std::string& line) {
  std::size_t count = 0;
  for (const char byte : line) count += (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U;
  return count;
}

TEST(UserStoryTest, LinesFitTheTerminal) {
  for (const bool blocks : {false, true}) {
    for (const int width : {60, 80, 200}) {
      std::istringstream text(story_text(story(), terminal_with(blocks, width)));
      for (std::string line; std::getline(text, line);) {
        if (line.find("  ") != 0) continue;  // headings may wrap
        EXPECT_LE(cells(line), static_cast<std::size_t>(width)) << line;
      }
    }
  }
}

TEST(UserStoryTest, WithoutColourAndBlocksItIsPlainText) {
  for (const char byte : story_text(story(), terminal_with(false))) {
    EXPECT_TRUE(byte == '\n' || (byte >= ' ' && byte <= '~')) << static_cast<int>(byte);
  }
}

TEST(UserStoryTest, MovementIsFromTheRankBefore) {
  const std::string text = story_text(story(), terminal_with(true));
  EXPECT_NE(text.find("\u25b2 from 12"), std::string::npos);
  EXPECT_NE(text.find("\u25bc from 1"), std::string::npos);
  EXPECT_NE(text.find("stays"), std::string::npos);
  EXPECT_NE(text.find("unknown item"), std::string::npos);
  EXPECT_NE(text.find("Dumplings"), std::string::npos);
}

TEST(UserStoryTest, BarsAreAsLongAsTheirShare) {
  const Terminal blocks = terminal_with(true);
  EXPECT_EQ(bar_of(blocks, 1.0, 4), "\u2588\u2588\u2588\u2588");
  EXPECT_EQ(bar_of(blocks, 0.5, 4), "\u2588\u2588");
  EXPECT_EQ(bar_of(blocks, 0.0, 4), "");
  EXPECT_EQ(bar_of(blocks, 1e-6, 4), "\u258f");
  EXPECT_EQ(bar_of(blocks, 0.53125, 4), "\u2588\u2588\u258f");
  EXPECT_EQ(bar_of(terminal_with(false), 0.5, 4), "##");
}

TEST(UserStoryTest, AgesAreInTheUnitThatFits) {
  EXPECT_EQ(spoken_age(0), "now");
  EXPECT_EQ(spoken_age(59'000), "59 s");
  EXPECT_EQ(spoken_age(3'599'000), "59 min");
  EXPECT_EQ(spoken_age(3 * 3'600'000), "3 h");
  EXPECT_EQ(spoken_age(72LL * 3'600'000), "3 d");
}

}  // namespace
}  // namespace freshet::commands
