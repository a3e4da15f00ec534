// The nearest known name to one that is not known.
//
// Threads: free functions. Cost: the product of the lengths, per name.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace freshet::pipeline {

// Insertions, deletions, replacements and swaps of neighbours that make `left` into `right`
// (optimal string alignment).
std::size_t edit_distance(std::string_view left, std::string_view right);

// The name with the smallest distance, the first of several; none where even that is further than a
// third of the word, which is no longer a slip of the finger.
std::optional<std::string_view> nearest_name(std::string_view word,
                                             std::span<const std::string_view> names);

// "; did you mean NAME?" for the end of a message, or nothing.
std::string suggestion_for(std::string_view word, std::span<const std::string_view> names);

}  // namespace freshet::pipeline
