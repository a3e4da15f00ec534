// How the golden files of scores are made: their models' common options, and a line for each of
// four candidates, floats in hexadecimal, so that the file holds bits.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scorer/candidates/candidate_scorer.h"
#include "scorer/model/model_init.h"
#include "tests/support/scorer_models.h"

namespace freshet::scorer {

inline constexpr std::size_t kGoldenItems = 30;

inline ModelInitOptions golden_options() {
  ModelInitOptions options;
  options.seed = 42;
  options.embedding_dim = 11;
  options.item_ids = test::numbered_items(kGoldenItems);
  options.behaviours = {"click", "cart"};
  options.attention_hidden = 7;
  options.hidden1 = 37;
  options.hidden2 = 18;
  options.wide_buckets = 101;
  options.recent_clicks = 3;
  options.context_fields = {"tab"};
  return options;
}

// " 0x1.8p+1"
inline std::string hex_of(float value) {
  char text[40];
  std::snprintf(text, sizeof(text), " %a", static_cast<double>(value));
  return text;
}

// The line of u [P d].
inline std::string representation_line(const std::string& name, std::span<const float> u) {
  std::string line = name + " u";
  for (const float value : u) line += hex_of(value);
  return line + "\n";
}

// Logits and score of a few candidates for one user. `recent` is newest first.
inline std::string candidate_lines(const std::string& name,
                                   const std::shared_ptr<const Model>& model,
                                   const UserInputs& user, std::span<const ItemRow> recent) {
  const std::vector<std::string> fields = {"tab"};
  const std::vector<std::optional<std::string_view>> context = {"3"};
  const auto scorer = CandidateScorer::create(model, fields);
  EXPECT_TRUE(scorer);
  UserFold fold;
  scorer->fold(user, {"user-9", context, recent}, &fold);
  const std::vector<ItemRow> candidates = {{0}, {3}, {17}, {29}};
  std::vector<CandidateLogit> logits(candidates.size());
  scorer->score(fold, candidates, logits);
  std::string lines;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    lines += name + " candidate " + std::to_string(candidates[i].value) + hex_of(logits[i].deep) +
             hex_of(logits[i].wide) + hex_of(logits[i].total) + hex_of(sigmoid(logits[i].total)) +
             "\n";
  }
  return lines;
}

}  // namespace freshet::scorer
