#include "pipeline/config/did_you_mean.h"

#include <algorithm>
#include <vector>

namespace freshet::pipeline {
namespace {

// Longer words are no slips of known keys, and the table below grows with their product.
constexpr std::size_t kWordBytesMax = 64;

}  // namespace

std::size_t edit_distance(std::string_view left, std::string_view right) {
  const std::size_t width = right.size() + 1;
  std::vector<std::size_t> table((left.size() + 1) * width);
  const auto cell = [&](std::size_t i, std::size_t j) -> std::size_t& {
    return table[i * width + j];
  };
  for (std::size_t i = 0; i <= left.size(); ++i) cell(i, 0) = i;
  for (std::size_t j = 0; j <= right.size(); ++j) cell(0, j) = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t replaced = cell(i - 1, j - 1) + (left[i - 1] == right[j - 1] ? 0 : 1);
      cell(i, j) = std::min({replaced, cell(i - 1, j) + 1, cell(i, j - 1) + 1});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1]) {
        cell(i, j) = std::min(cell(i, j), cell(i - 2, j - 2) + 1);
      }
    }
  }
  return cell(left.size(), right.size());
}

std::optional<std::string_view> nearest_name(std::string_view word,
                                             std::span<const std::string_view> names) {
  if (word.size() > kWordBytesMax) return std::nullopt;
  std::optional<std::string_view> nearest;
  std::size_t distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string_view name : names) {
    const std::size_t here = edit_distance(word, name);
    if (here >= distance) continue;
    distance = here;
    nearest = name;
  }
  return nearest;
}

std::string suggestion_for(std::string_view word, std::span<const std::string_view> names) {
  const std::optional<std::string_view> nearest = nearest_name(word, names);
  return nearest ? "; did you mean " + std::string(*nearest) + "?" : "";
}

}  // namespace freshet::pipeline
