#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <string_view>

#include "pipeline/commands/user_story.h"

namespace freshet::commands {
namespace {

constexpr std::size_t kTableWidthMax = 100;
constexpr std::size_t kClicksShown = 12;
constexpr std::size_t kBarCells = 11;
constexpr std::size_t kCategoryCells = 9;
constexpr std::size_t kAgeCells = 6;
constexpr std::size_t kPercentCells = 7;
constexpr std::size_t kRankCells = 12;
constexpr std::size_t kBlockBytes = 3;  // of one block in UTF-8

// ASCII text in exactly `cells`, cut with "..." where it is longer.
std::string fitted(std::string_view text, std::size_t cells) {
  std::string out(text.substr(0, cells));
  if (text.size() > cells && cells > 3) out.replace(cells - 3, 3, "...");
  out.resize(cells, ' ');
  return out;
}

std::string right(std::string_view text, std::size_t cells) {
  return std::string(text.size() < cells ? cells - text.size() : 0, ' ') + std::string(text);
}

std::size_t width_of(const Terminal& terminal) {
  return std::min(static_cast<std::size_t>(terminal.width), kTableWidthMax);
}

std::string percent(float share) {
  char text[16];
  std::snprintf(text, sizeof text, "%.1f %%", static_cast<double>(share) * 100.0);
  return text;
}

std::string click_line(const StoryClick& click, float weight_max, const Terminal& terminal) {
  const std::size_t fixed = 2 + kAgeCells + 2 + 1 + kCategoryCells + 2 + kBarCells + kPercentCells;
  const std::size_t title = width_of(terminal) - fixed;
  std::string line = "  " + right(spoken_age(click.age_ms), kAgeCells) + "  " +
                     fitted(click.title, title) + " " +
                     painted(terminal, Colour::kDim, fitted(click.category, kCategoryCells)) + "  ";
  if (!click.weight) return line + painted(terminal, Colour::kDim, "unknown item") + "\n";
  const double share = weight_max > 0 ? static_cast<double>(*click.weight / weight_max) : 0.0;
  const std::string bar = bar_of(terminal, share, kBarCells);
  line += painted(terminal, Colour::kCyan, bar);
  // A bar's cells are not its bytes: the number stands at a fixed place all the same.
  line += std::string(kBarCells - bar.size() / (terminal.blocks ? kBlockBytes : 1), ' ');
  return line + right(percent(*click.weight), kPercentCells) + "\n";
}

std::string movement(const StoryCandidate& candidate, const Terminal& terminal) {
  if (!candidate.rank_before) return painted(terminal, Colour::kGreen, right("new", kRankCells));
  const std::size_t before = *candidate.rank_before;
  if (before == candidate.rank) {
    return painted(terminal, Colour::kDim, right("stays", kRankCells));
  }
  const bool rose = before > candidate.rank;
  const std::string_view arrow = !terminal.blocks ? (rose ? "up" : "down")
                                 : rose           ? "\u25b2"
                                                  : "\u25bc";
  const std::string from = " from " + std::to_string(before);
  const std::size_t cells = (terminal.blocks ? 1 : arrow.size()) + from.size();
  return std::string(cells < kRankCells ? kRankCells - cells : 0, ' ') +
         painted(terminal, rose ? Colour::kGreen : Colour::kYellow, std::string(arrow) + from);
}

std::string candidate_line(const StoryCandidate& candidate, const Terminal& terminal) {
  const std::size_t fixed = 2 + 3 + 2 + 1 + kCategoryCells + 1 + 6 + kRankCells;
  char score[16];
  std::snprintf(score, sizeof score, "%.3f", static_cast<double>(candidate.score));
  return "  " + right(std::to_string(candidate.rank), 3) + "  " +
         fitted(candidate.title, width_of(terminal) - fixed) + " " +
         painted(terminal, Colour::kDim, fitted(candidate.category, kCategoryCells)) + " " +
         right(score, 6) + movement(candidate, terminal) + "\n";
}

}  // namespace

std::string spoken_age(std::int64_t age_ms) {
  const std::int64_t seconds = age_ms / 1'000;
  if (seconds < 1) return "now";
  if (seconds < 60) return std::to_string(seconds) + " s";
  if (seconds < 3'600) return std::to_string(seconds / 60) + " min";
  if (seconds < 48 * 3'600) return std::to_string(seconds / 3'600) + " h";
  return std::to_string(seconds / 86'400) + " d";
}

std::string bar_of(const Terminal& terminal, double share, std::size_t cells) {
  const double length = std::clamp(share, 0.0, 1.0) * static_cast<double>(cells);
  if (!terminal.blocks) return std::string(static_cast<std::size_t>(std::ceil(length - 1e-9)), '#');
  constexpr std::array<std::string_view, 8> kEighths = {"",       "\u258f", "\u258e", "\u258d",
                                                        "\u258c", "\u258b", "\u258a", "\u2589"};
  auto eighths = static_cast<std::size_t>(std::llround(length * 8));
  // What counts at all is seen.
  if (eighths == 0 && share > 0) eighths = 1;
  std::string bar;
  for (std::size_t i = 0; i < eighths / 8; ++i) bar += "\u2588";
  return bar + std::string(kEighths[eighths % 8]);
}

std::string story_text(const UserStory& story, const Terminal& terminal) {
  std::string text =
      painted(terminal, Colour::kBold, "What user " + story.user + " clicked, newest first") +
      ", and how much each click weighs now:\n\n";
  float weight_max = 0;
  for (const StoryClick& click : story.clicks) {
    weight_max = std::max(weight_max, click.weight.value_or(0.0F));
  }
  const std::size_t shown = std::min(kClicksShown, story.clicks.size());
  for (std::size_t i = 0; i < shown; ++i) {
    text += click_line(story.clicks[i], weight_max, terminal);
  }
  if (shown < story.clicks.size()) {
    float rest = 0;
    for (std::size_t i = shown; i < story.clicks.size(); ++i) {
      rest += story.clicks[i].weight.value_or(0.0F);
    }
    text += painted(terminal, Colour::kDim,
                    "           and " + std::to_string(story.clicks.size() - shown) +
                        " older ones, together " + percent(rest)) +
            "\n";
  }
  text += "\n" +
          painted(terminal, Colour::kBold,
                  "The best of " + std::to_string(story.catalogue_size) + " videos") +
          ", scored after the newest click, and what it changed:\n\n";
  for (const StoryCandidate& candidate : story.candidates) {
    text += candidate_line(candidate, terminal);
  }
  if (!story.left.empty()) {
    text += "\n  No longer among them:\n";
    for (const std::string& title : story.left) {
      text += painted(terminal, Colour::kDim, "    " + title) + "\n";
    }
  }
  return text;
}

}  // namespace freshet::commands
