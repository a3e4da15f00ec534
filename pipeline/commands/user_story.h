// UserStory: one user for people: what she clicked, how much each click weighs, what she should see
// next, and what the last click changed.
//
// Errors:  as the store; none is found where no user has clicked enough
// Threads: free functions
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/status.h"
#include "pipeline/commands/demo_run.h"
#include "pipeline/commands/terminal.h"
#include "pipeline/generate/catalogue.h"

namespace freshet::commands {

struct StoryClick {
  std::string title;
  std::string category;
  std::int64_t age_ms = 0;      // before the last click
  std::optional<float> weight;  // alpha; none where the model does not know the item
};

struct StoryCandidate {
  std::string title;
  std::string category;
  float score = 0;
  std::size_t rank = 0;                    // from 1, after the last click
  std::optional<std::size_t> rank_before;  // just before it
};

struct UserStory {
  std::string user;
  std::size_t catalogue_size = 0;
  std::vector<StoryClick> clicks;          // newest first
  std::vector<StoryCandidate> candidates;  // best first, as published
  std::vector<std::string> left;           // titles that were among as many best before
};

// Of some users with about a dozen clicks, whose last event was a click: the story of the one for
// whom that click changed most.
Result<std::optional<UserStory>> find_story(const Loaded& loaded, stateful::StateStore* store,
                                            const std::map<std::string, DemoOutput>& newest,
                                            const pipeline::Catalogue& catalogue);

// As a table that fits the terminal.
std::string story_text(const UserStory& story, const Terminal& terminal);

// "3 min", "2 h", "4 d"; "now" for nothing.
std::string spoken_age(std::int64_t age_ms);

// `share` of `cells` as a bar, by eighths of a cell where the terminal has blocks; at most `cells`
// wide.
std::string bar_of(const Terminal& terminal, double share, std::size_t cells);

}  // namespace freshet::commands
