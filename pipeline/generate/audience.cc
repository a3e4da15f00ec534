#include "pipeline/generate/audience.h"

#include <algorithm>

#include "common/hash.h"
#include "scorer/exp64.h"

namespace freshet::pipeline {
namespace {

// Interests.
constexpr double kSecondCategory = 0.6;
constexpr double kOwnTaste = 0.3;
constexpr double kKept = 0.95;

// What is shown: by interest, else by popularity alone.
constexpr double kShownByInterest = 0.5;
constexpr double kShownPartner = 0.25;
constexpr double kShownUnlocked = 0.25;

// Logits of a click.
constexpr double kBase = -3.0;
constexpr std::array<double, kTabs> kTab = {0.0, 0.3, -0.3};
constexpr std::size_t kSeenClicks = 5;
constexpr double kUnlocked = 2.5;
constexpr double kLocked = -0.5;

}  // namespace

Audience::Audience(const Catalogue& catalogue, std::size_t count, const AudienceLaw& law)
    : catalogue_(catalogue), law_(law), users_(count) {}

Latent Audience::fresh_interest(Random* random) const {
  const Latent& first = catalogue_.centre(random->below(kCategories));
  const Latent& second = catalogue_.centre(random->below(kCategories));
  return blended(1.0, blended(1.0, first, kSecondCategory, second), kOwnTaste,
                 random_direction(random));
}

void Audience::begin_session(std::size_t user, Random* random) {
  User& who = users_[user];
  const Latent fresh = fresh_interest(random);
  if (who.sessions == 0) {
    who.interest = fresh;
  } else if (!law_.follow_clicks) {
    who.interest = blended(kKept, who.interest, law_.drift, fresh);
  }
  ++who.sessions;
  float sum = 0.0F;
  for (std::size_t k = 0; k < kCategories; ++k) {
    const double liking = std::max(0.0, dot(who.interest, catalogue_.centre(k)));
    sum += static_cast<float>(liking * liking);
    who.attraction[k] = sum;
  }
}

std::size_t Audience::draw_sought(std::size_t user, Random* random) const {
  const User& who = users_[user];
  const float at = static_cast<float>(random->unit()) * who.attraction.back();
  const auto found = std::upper_bound(who.attraction.begin(), who.attraction.end(), at);
  const auto category = std::min<std::ptrdiff_t>(found - who.attraction.begin(), kCategories - 1);
  return catalogue_.draw_in(static_cast<std::size_t>(category), random);
}

std::size_t Audience::draw_shown(std::size_t user, Random* random) const {
  const User& who = users_[user];
  if (law_.interactions && who.recent_count > 0) {
    const double kind = random->unit();
    if (kind < kShownPartner) {
      return catalogue_[who.recent[random->below(who.recent_count)]].partner;
    }
    const std::optional<std::size_t> pair = active_pair(user);
    if (pair && kind < kShownPartner + kShownUnlocked) {
      return catalogue_.draw_in(catalogue_[*pair].unlocked, random);
    }
  }
  return random->chance(kShownByInterest) ? draw_sought(user, random) : catalogue_.draw(random);
}

bool Audience::clicked_recently(const User& user, std::size_t item, std::size_t count) const {
  const auto end = user.recent.begin() + std::min<std::size_t>(user.recent_count, count);
  return std::find(user.recent.begin(), end, static_cast<std::uint32_t>(item)) != end;
}

std::optional<std::size_t> Audience::active_pair(std::size_t user) const {
  const User& who = users_[user];
  for (std::size_t i = 0; law_.interactions && i < who.recent_count; ++i) {
    const std::size_t partner = catalogue_[who.recent[i]].partner;
    if (partner != who.recent[i] && clicked_recently(who, partner, kRecentClicks)) {
      return who.recent[i];
    }
  }
  return std::nullopt;
}

double Audience::click_probability(std::size_t user, std::size_t item, std::size_t tab) const {
  const User& who = users_[user];
  const PlantedItem& shown = catalogue_[item];
  double logit = kBase + law_.taste * dot(who.interest, shown.taste) + shown.quality + kTab[tab];
  if (clicked_recently(who, item, kSeenClicks)) logit += law_.seen;
  if (const std::optional<std::size_t> pair = active_pair(user)) {
    logit += catalogue_[*pair].unlocked == shown.category ? kUnlocked : kLocked;
  }
  return scorer::sigmoid64(logit);
}

void Audience::note_click(std::size_t user, std::size_t item) {
  User& who = users_[user];
  std::copy_backward(who.recent.begin(), who.recent.end() - 1, who.recent.end());
  who.recent[0] = static_cast<std::uint32_t>(item);
  who.recent_count = std::min<std::uint32_t>(who.recent_count + 1, kRecentClicks);
  if (law_.follow_clicks) who.interest = mean_taste(who);
}

Latent Audience::mean_taste(const User& user) const {
  Latent mean{};
  for (std::size_t i = 0; i < user.recent_count; ++i) {
    const Latent& taste = catalogue_[user.recent[i]].taste;
    for (std::size_t c = 0; c < kLatentDim; ++c) mean[c] += taste[c] / user.recent_count;
  }
  return mean;
}

double Audience::pause_factor(std::size_t user) const {
  const double unit = static_cast<double>(mix64(user) >> 11) * 0x1.0p-53;
  return 0.25 + 3.0 * unit * unit;
}

}  // namespace freshet::pipeline
