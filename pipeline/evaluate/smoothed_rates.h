// SmoothedRates: what the click rates of item, user and scene alone say: the bar to beat.
//
// Computes: for each of the three (clicks + 5 p) / (impressions + 5), p the rate of all that was
//           learned; the logit is the sum of their log odds less twice that of p, as if the three
//           were independent. What was never seen says p
// Errors:   none; the logit is not finite where nothing, or one class alone, was learned
// Threads:  one. Cost: O(1) each; 16 B for each item, user and scene
// Oracle:   tests/unit/evaluate; the README of the reference log has 0.720 on its split
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace freshet::pipeline {

class SmoothedRates {
 public:
  // Indices as the caller counts them.
  struct Place {
    std::uint32_t item = 0;
    std::uint32_t user = 0;
    std::uint32_t scene = 0;
  };

  void learn(const Place& place, bool clicked);
  float logit(const Place& place) const;

 private:
  struct Rate {
    double impressions = 0;
    double clicks = 0;
  };
  static Rate& at(std::vector<Rate>* rates, std::uint32_t index);
  double log_odds(const std::vector<Rate>& rates, std::uint32_t index) const;
  double mean() const { return all_.clicks / all_.impressions; }

  Rate all_;
  std::vector<Rate> items_;
  std::vector<Rate> users_;
  std::vector<Rate> scenes_;
};

}  // namespace freshet::pipeline
