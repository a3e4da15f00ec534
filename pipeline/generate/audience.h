// Audience: the planted users of a generated log: what they like now, and what they clicked last.
//
// Computes: interests that drift from session to session, what a user is shown, and the true
//           probability of a click. docs/generator.md, "Users" and "Clicks", has the formulas
// Shapes:   interest [kLatentDim], of length one; at most one where it follows clicks
// Errors:   none
// Threads:  one
// Cost:     a session O(kCategories kLatentDim), an impression O(kLatentDim); about 300 B a user
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/random.h"
#include "pipeline/generate/catalogue.h"

namespace freshet::pipeline {

inline constexpr std::size_t kRecentClicks = 10;  // what a click's probability may depend on
inline constexpr std::size_t kTabs = 3;           // scenes in which items are shown

// What of the law the command line may change.
struct AudienceLaw {
  bool interactions = false;  // pairs among a user's recent clicks change what is clicked next
  double drift = 0.312;       // of interests at each session; sqrt(1 - 0.95^2) keeps their spread
  double taste = 6.0;         // the logit's share of interest times taste
  bool follow_clicks =
      false;           // interests are the mean taste of the recent clicks, and of nothing else
  double seen = -1.5;  // the logit's share of having clicked the item lately
};

class Audience {
 public:
  Audience(const Catalogue& catalogue, std::size_t count, const AudienceLaw& law);

  std::size_t size() const { return users_.size(); }

  // Moves the user's interest; the first time it is drawn.
  void begin_session(std::size_t user, Random* random);
  // What the feed shows next; what the user looks for by herself.
  std::size_t draw_shown(std::size_t user, Random* random) const;
  std::size_t draw_sought(std::size_t user, Random* random) const;
  // P(click | shown now): the planted truth.
  double click_probability(std::size_t user, std::size_t item, std::size_t tab) const;
  void note_click(std::size_t user, std::size_t item);

  const Latent& interest(std::size_t user) const { return users_[user].interest; }
  std::uint32_t sessions(std::size_t user) const { return users_[user].sessions; }
  // How long the user stays away, as a multiple of everybody's mean.
  double pause_factor(std::size_t user) const;
  // The newest recent click whose partner is a recent click too. Only with interactions.
  std::optional<std::size_t> active_pair(std::size_t user) const;

 private:
  struct User {
    Latent interest{};
    std::array<float, kCategories> attraction{};        // cumulative weights of the categories
    std::array<std::uint32_t, kRecentClicks> recent{};  // newest first
    std::uint32_t recent_count = 0;
    std::uint32_t sessions = 0;
  };
  bool clicked_recently(const User& user, std::size_t item, std::size_t count) const;
  Latent mean_taste(const User& user) const;
  Latent fresh_interest(Random* random) const;

  const Catalogue& catalogue_;
  AudienceLaw law_;
  std::vector<User> users_;
};

}  // namespace freshet::pipeline
