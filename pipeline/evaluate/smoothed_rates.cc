#include "pipeline/evaluate/smoothed_rates.h"

#include <cmath>

namespace freshet::pipeline {
namespace {

constexpr double kPseudoCounts = 5;

double log_odds_of(double rate) { return std::log(rate / (1 - rate)); }

}  // namespace

SmoothedRates::Rate& SmoothedRates::at(std::vector<Rate>* rates, std::uint32_t index) {
  if (rates->size() <= index) rates->resize(std::size_t{index} + 1);
  return (*rates)[index];
}

void SmoothedRates::learn(const Place& place, bool clicked) {
  Rate& item = at(&items_, place.item);
  Rate& user = at(&users_, place.user);
  Rate& scene = at(&scenes_, place.scene);
  for (Rate* rate : {&all_, &item, &user, &scene}) {
    rate->impressions += 1;
    rate->clicks += clicked ? 1 : 0;
  }
}

double SmoothedRates::log_odds(const std::vector<Rate>& rates, std::uint32_t index) const {
  const Rate rate = index < rates.size() ? rates[index] : Rate{};
  return log_odds_of((rate.clicks + kPseudoCounts * mean()) / (rate.impressions + kPseudoCounts));
}

float SmoothedRates::logit(const Place& place) const {
  return static_cast<float>(log_odds(items_, place.item) + log_odds(users_, place.user) +
                            log_odds(scenes_, place.scene) - 2 * log_odds_of(mean()));
}

}  // namespace freshet::pipeline
