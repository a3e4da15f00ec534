#include "pipeline/commands/terminal.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace freshet::commands {
namespace {

TerminalFacts facts_of(bool is_terminal, std::map<std::string, std::string> variables,
                       int columns = 0) {
  TerminalFacts facts;
  facts.is_terminal = is_terminal;
  facts.columns = columns;
  facts.variable = [variables = std::move(variables)](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  };
  return facts;
}

TEST(TerminalTest, ATerminalHasColourAndRedraws) {
  const Terminal terminal = terminal_of(facts_of(true, {{"TERM", "xterm-256color"}}, 120));
  EXPECT_TRUE(terminal.watched && terminal.redraws && terminal.colour && terminal.blocks);
  EXPECT_EQ(terminal.width, 120);
}

TEST(TerminalTest, APipeHasNeitherAndEightyColumns) {
  const Terminal terminal = terminal_of(facts_of(false, {{"TERM", "xterm"}}));
  EXPECT_FALSE(terminal.watched || terminal.redraws || terminal.colour);
  EXPECT_EQ(terminal.width, 80);
}

TEST(TerminalTest, NoColorWinsOverEverything) {
  EXPECT_FALSE(
      terminal_of(facts_of(true, {{"TERM", "xterm"}, {"NO_COLOR", "1"}, {"CLICOLOR_FORCE", "1"}}))
          .colour);
  EXPECT_TRUE(terminal_of(facts_of(true, {{"TERM", "xterm"}, {"NO_COLOR", ""}})).colour);
}

TEST(TerminalTest, ForceColoursAPipe) {
  EXPECT_TRUE(terminal_of(facts_of(false, {{"CLICOLOR_FORCE", "1"}})).colour);
  EXPECT_FALSE(terminal_of(facts_of(false, {{"CLICOLOR_FORCE", "0"}})).colour);
}

TEST(TerminalTest, ADumbTerminalIsOnlyWatched) {
  for (const char* term : {"dumb", ""}) {
    const Terminal terminal = terminal_of(facts_of(true, {{"TERM", term}}));
    EXPECT_TRUE(terminal.watched);
    EXPECT_FALSE(terminal.redraws || terminal.colour);
  }
}

TEST(TerminalTest, ColumnsOverridesTheTerminalsWidth) {
  EXPECT_EQ(terminal_of(facts_of(true, {{"COLUMNS", "100"}}, 60)).width, 100);
  EXPECT_EQ(terminal_of(facts_of(true, {{"COLUMNS", "wide"}}, 60)).width, 60);
  EXPECT_EQ(terminal_of(facts_of(true, {{"COLUMNS", "3"}}, 60)).width, 40);
}

TEST(TerminalTest, OnlyAnotherCharacterSetForbidsBlocks) {
  EXPECT_TRUE(terminal_of(facts_of(true, {{"LANG", "C"}})).blocks);
  EXPECT_TRUE(terminal_of(facts_of(true, {{"LANG", "de_DE.UTF-8"}})).blocks);
  EXPECT_TRUE(terminal_of(facts_of(true, {{"LANG", "C.utf8"}})).blocks);
  EXPECT_FALSE(terminal_of(facts_of(true, {{"LANG", "de_DE.ISO-8859-1"}})).blocks);
  EXPECT_TRUE(
      terminal_of(facts_of(true, {{"LC_ALL", "C.UTF-8"}, {"LANG", "de_DE.ISO-8859-1"}})).blocks);
}

TEST(TerminalTest, PaintLeavesTextAloneWithoutColour) {
  Terminal terminal;
  EXPECT_EQ(painted(terminal, Colour::kRed, "late"), "late");
  terminal.colour = true;
  EXPECT_EQ(painted(terminal, Colour::kRed, "late"), "\x1b[31mlate\x1b[0m");
  EXPECT_EQ(painted(terminal, Colour::kRed, ""), "");
}

}  // namespace
}  // namespace freshet::commands
