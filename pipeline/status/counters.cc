#include "pipeline/status/counters.h"

#include <iterator>
#include <numeric>

namespace freshet::pipeline {
namespace {

struct OperationNames {
  std::string_view name;
  std::string_view gerund;
};

// [Operation]
constexpr OperationNames kNames[] = {
    {"join", "joining the group"},
    {"poll", "polling"},
    {"start_tasks", "starting tasks"},
    {"read_state", "reading the state"},
    {"send", "sending"},
    {"flush", "flushing outputs"},
    {"commit", "committing positions"},
    {"save_state", "saving the state"},
    {"restore", "restoring from the changelog"},
};
static_assert(std::size(kNames) == kOperations);

const OperationNames& names_of(Operation operation) {
  return kNames[static_cast<std::size_t>(operation)];
}

}  // namespace

std::string_view name_of(Operation operation) { return names_of(operation).name; }

std::string_view gerund_of(Operation operation) { return names_of(operation).gerund; }

bool is_of_store(Operation operation) {
  return operation == Operation::kReadState || operation == Operation::kSaveState;
}

std::uint64_t Counters::dead_letter_total() const {
  return std::accumulate(dead_letters.begin(), dead_letters.end(), std::uint64_t{0});
}

ShadowCounters& ShadowCounters::operator+=(const ShadowCounters& other) {
  records += other.records;
  unknown_items += other.unknown_items;
  non_finite += other.non_finite;
  for (std::size_t i = 0; i < refused.size(); ++i) refused[i] += other.refused[i];
  divergence += other.divergence;
  return *this;
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
  hot_user_hits += other.hot_user_hits;
  hot_user_misses += other.hot_user_misses;
  model_swaps += other.model_swaps;
  fenced += other.fenced;
  for (std::size_t i = 0; i < dead_letters.size(); ++i) dead_letters[i] += other.dead_letters[i];
  for (std::size_t i = 0; i < retries.size(); ++i) retries[i] += other.retries[i];
  shadow += other.shadow;
  examples += other.examples;
  for (std::size_t i = 0; i < dropped.size(); ++i) dropped[i] += other.dropped[i];
  event_to_score += other.event_to_score;
  commit_duration += other.commit_duration;
  checkpoint_duration += other.checkpoint_duration;
  return *this;
}

}  // namespace freshet::pipeline
