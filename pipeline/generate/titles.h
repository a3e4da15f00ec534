// Titles, categories and authors that read like those of short videos, made from small word lists.
//
// Errors:  none
// Threads: free functions
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace freshet::pipeline {

inline constexpr std::size_t kCategories = 16;

// "cooking", "cats", ... Requires category < kCategories.
std::string_view category_name(std::size_t category);

// The n-th title of a category: all of them differ.
std::string title_of(std::size_t category, std::size_t number);

// "@mia.cooks". Equal numbers give equal authors.
std::string author_of(std::size_t category, std::size_t number);

}  // namespace freshet::pipeline
