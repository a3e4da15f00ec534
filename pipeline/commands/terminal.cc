#include "pipeline/commands/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>

namespace freshet::commands {
namespace {

constexpr int kWidthUnknown = 80;
constexpr int kWidthMin = 40;
constexpr int kWidthMax = 1'000;

std::string_view value_of(const TerminalFacts& facts, const char* name) {
  const char* value = facts.variable(name);
  return value == nullptr ? std::string_view{} : std::string_view(value);
}

bool is_dumb(const TerminalFacts& facts) {
  const std::string_view term = value_of(facts, "TERM");
  return term.empty() || term == "dumb";
}

bool has_colour(const TerminalFacts& facts) {
  if (!value_of(facts, "NO_COLOR").empty()) return false;
  const std::string_view force = value_of(facts, "CLICOLOR_FORCE");
  if (!force.empty() && force != "0") return true;
  return facts.is_terminal && !is_dumb(facts);
}

// As the C library looks the locale up. C and POSIX say nothing of the terminal, and are what
// containers have.
bool has_blocks(const TerminalFacts& facts) {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string locale(value_of(facts, name));
    if (locale.empty()) continue;
    const std::size_t dot = locale.find('.');
    if (dot == std::string::npos) return true;
    std::transform(locale.begin(), locale.end(), locale.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::string charset = locale.substr(dot + 1);
    return charset.starts_with("utf-8") || charset.starts_with("utf8");
  }
  return true;
}

int width_of(const TerminalFacts& facts) {
  const std::string_view text = value_of(facts, "COLUMNS");
  int columns = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), columns);
  const bool given = code == std::errc{} && end == text.data() + text.size() && columns > 0;
  if (!given) columns = facts.columns > 0 ? facts.columns : kWidthUnknown;
  return std::clamp(columns, kWidthMin, kWidthMax);
}

Terminal terminal_of_descriptor(int descriptor) {
  TerminalFacts facts;
  facts.is_terminal = ::isatty(descriptor) == 1;
  facts.variable = [](const char* name) -> const char* { return std::getenv(name); };
  winsize size{};
  if (facts.is_terminal && ::ioctl(descriptor, TIOCGWINSZ, &size) == 0) {
    facts.columns = size.ws_col;
  }
  return terminal_of(facts);
}

std::string_view code_of(Colour colour) {
  switch (colour) {
    case Colour::kBold:
      return "1";
    case Colour::kDim:
      return "2";
    case Colour::kRed:
      return "31";
    case Colour::kGreen:
      return "32";
    case Colour::kYellow:
      return "33";
    case Colour::kBlue:
      return "34";
    case Colour::kCyan:
      return "36";
  }
  return "0";
}

}  // namespace

Terminal terminal_of(const TerminalFacts& facts) {
  Terminal terminal;
  terminal.watched = facts.is_terminal;
  terminal.redraws = facts.is_terminal && !is_dumb(facts);
  terminal.colour = has_colour(facts);
  terminal.blocks = has_blocks(facts);
  terminal.width = width_of(facts);
  return terminal;
}

Terminal stdout_terminal() { return terminal_of_descriptor(STDOUT_FILENO); }
Terminal stderr_terminal() { return terminal_of_descriptor(STDERR_FILENO); }

std::string painted(const Terminal& terminal, Colour colour, std::string_view text) {
  if (!terminal.colour || text.empty()) return std::string(text);
  std::string out = "\x1b[";
  out += code_of(colour);
  out += 'm';
  out += text;
  out += "\x1b[0m";
  return out;
}

}  // namespace freshet::commands
