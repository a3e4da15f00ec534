#include "pipeline/counters.h"

#include <numeric>

namespace freshet::pipeline {

std::uint64_t Counters::dead_letter_total() const {
  return std::accumulate(dead_letters.begin(), dead_letters.end(), std::uint64_t{0});
}

Counters& Counters::operator+=(const Counters& other) {
  records += other.records;
  records_reread += other.records_reread;
  scores += other.scores;
  tombstones += other.tombstones;
  late += other.late;
  duplicate += other.duplicate;
  unknown_items += other.unknown_items;
  non_finite += other.non_finite;
  commits += other.commits;
  users_saved += other.users_saved;
  for (std::size_t i = 0; i < dead_letters.size(); ++i) dead_letters[i] += other.dead_letters[i];
  return *this;
}

}  // namespace freshet::pipeline
