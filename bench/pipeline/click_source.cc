#include "bench/pipeline/click_source.h"

#include <algorithm>
#include <cmath>

#include "common/hash.h"

namespace freshet::bench {
namespace {

constexpr double kTheta = 0.99;
constexpr std::int64_t kHourMs = 3'600'000;
// Prime, and no number of users is a multiple of it: rank -> user is a permutation.
constexpr std::uint64_t kScatter = 2'654'435'761;

double zeta(std::size_t count) {
  double sum = 0;
  for (std::size_t k = count; k > 0; --k) sum += std::pow(static_cast<double>(k), -kTheta);
  return sum;
}

}  // namespace

std::uint32_t scattered_user(std::uint64_t rank, std::size_t users) {
  return static_cast<std::uint32_t>(rank * kScatter % users);
}

UserId user_id(std::uint32_t user) { return UserId("u" + std::to_string(user)); }
// Numbers of seven digits, as a shop with millions of items has them.
ItemId item_id(scorer::ItemRow item) { return ItemId(std::to_string(9'000'000 + item.value)); }

std::vector<ItemId> item_ids(std::size_t count) {
  std::vector<ItemId> ids;
  ids.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) ids.push_back(item_id({i}));
  return ids;
}

std::vector<LoggedClick> history_of(std::uint32_t user, const BenchOptions& options) {
  Random random(mix64(user + 1));
  std::vector<LoggedClick> clicks;
  const std::size_t count = options.length + 1;
  clicks.reserve(count);
  for (std::size_t age = count; age > 0; --age) {
    const auto jitter = static_cast<std::int64_t>(random.below(kHourMs));
    const scorer::ItemRow item{static_cast<std::uint32_t>(random.below(options.items))};
    clicks.push_back(
        {user, item, EventTime{kLogBeginMs - static_cast<std::int64_t>(age) * kHourMs + jitter}});
  }
  return clicks;
}

stateful::UserState state_of(const std::vector<LoggedClick>& clicks,
                             const std::vector<stateful::BehaviourLimits>& limits) {
  stateful::UserState state(limits);
  state.sequences[0].reserve(clicks.size());
  for (const LoggedClick& click : clicks) {
    state.sequences[0].insert({click.ts, item_id(click.item)});
  }
  return state;
}

pipeline::InputRecord ClickBatch::record(std::size_t i, Partition partition, Offset offset) const {
  pipeline::InputRecord record;
  record.partition = partition;
  record.offset = offset;
  record.key = keys[i];
  record.value = values[i];
  return record;
}

ClickSource::ClickSource(const BenchOptions& options, std::uint64_t stream)
    : random_(mix64(options.seed + stream)),
      users_(options.users),
      items_(options.items),
      zeta_(zeta(options.users)) {
  const double two = 1 + std::pow(0.5, kTheta);
  eta_ = (1 - std::pow(2 / static_cast<double>(users_), 1 - kTheta)) / (1 - two / zeta_);
}

std::uint32_t ClickSource::draw_user() {
  const double unit = random_.unit();
  const double scaled = unit * zeta_;
  std::uint64_t rank = 0;
  if (scaled >= 1) {
    rank = 1;
    if (scaled >= 1 + std::pow(0.5, kTheta)) {
      const double share = std::pow(eta_ * unit - eta_ + 1, 1 / (1 - kTheta));
      rank = static_cast<std::uint64_t>(static_cast<double>(users_) * share);
    }
  }
  rank = std::min<std::uint64_t>(rank, users_ - 1);
  return scattered_user(rank, users_);
}

LoggedClick ClickSource::next() {
  ms_ += 1 + static_cast<std::int64_t>(random_.below(20));
  return {draw_user(), {static_cast<std::uint32_t>(random_.below(items_))}, EventTime{ms_}};
}

void ClickSource::fill(std::size_t count, ClickBatch* batch) {
  batch->clicks.resize(count);
  batch->keys.resize(count);
  batch->values.resize(count);
  for (std::size_t i = 0; i < count; ++i) {
    const LoggedClick click = next();
    batch->clicks[i] = click;
    batch->keys[i] = user_id(click.user).str();
    std::string& value = batch->values[i];
    value = "{\"event_id\":\"e";
    value += std::to_string(random_.below(1'000'000'000));
    value += "\",\"user_id\":\"" + batch->keys[i] + "\",\"item_id\":\"";
    value += item_id(click.item).str();
    value += "\",\"ts\":" + std::to_string(click.ts.ms) + ",\"type\":\"click\"}";
  }
}

}  // namespace freshet::bench
