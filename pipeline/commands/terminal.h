// Terminal: what one of the standard streams can show: is somebody watching, colour, width.
//
// Colour:  NO_COLOR (not empty) switches it off; else CLICOLOR_FORCE (not empty, not 0) switches it
//          on, in a pipe too; else a terminal has it unless TERM is dumb or unset
// Blocks:  characters such as bars and bullets beyond ASCII: everywhere but where the locale names
//          another character set than UTF-8
// Width:   COLUMNS where it is a number, else the terminal's, else 80; never below 40
// Threads: free functions
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace freshet::commands {

struct Terminal {
  bool watched = false;  // a person reads it as it is written
  bool redraws = false;  // a line may be written again: watched, and not dumb
  bool colour = false;
  bool blocks = true;
  int width = 80;
};

// What decides, so that tests need no terminal of their own.
struct TerminalFacts {
  bool is_terminal = false;
  int columns = 0;                                   // 0: not known
  std::function<const char*(const char*)> variable;  // as getenv
};

Terminal terminal_of(const TerminalFacts& facts);
Terminal stdout_terminal();
Terminal stderr_terminal();

enum class Colour { kBold, kDim, kRed, kGreen, kYellow, kBlue, kCyan };

// `text` in the colour where the terminal has colours, else as it is.
std::string painted(const Terminal& terminal, Colour colour, std::string_view text);

}  // namespace freshet::commands
