#include "pipeline/files/seed_history.h"

#include <unordered_set>
#include <utility>

#include "pipeline/events/partitioner.h"
#include "pipeline/files/history_decoder.h"
#include "pipeline/files/line_reader.h"
#include "pipeline/position_metadata.h"

namespace freshet::pipeline {
namespace {

constexpr std::size_t kSeedLineBytesMax = 1 << 20;
constexpr std::size_t kUsersPerBatch = 1'000;

// Seeded histories share one lineage: it is derived from nothing, so the same seed and log give the
// same markers.
constexpr stateful::LineageId kSeedLineage{};

std::vector<std::string> fields_of(const WorkerConfig& config, const SeedHistoryOptions& options) {
  std::vector<std::string> fields;
  for (const BehaviourConfig& behaviour : config.behaviours) {
    const auto named = options.field_by_behaviour.find(behaviour.limits.name);
    fields.push_back(named == options.field_by_behaviour.end() ? behaviour.limits.name + "_seq"
                                                               : named->second);
  }
  return fields;
}

stateful::UserState state_of(const UserHistory& history,
                             const std::vector<stateful::BehaviourLimits>& limits) {
  stateful::UserState state(limits);
  for (std::size_t b = 0; b < limits.size(); ++b) {
    const std::vector<ItemId>& items = history.items[b];
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto age = static_cast<std::int64_t>(items.size() - i);
      state.sequences[b].insert({history.last_ts - DurationMs{age}, items[i]});
    }
  }
  return state;
}

// One partition's batch in the making.
class PartitionSeed {
 public:
  PartitionSeed(stateful::StateStore* store, Partition partition, std::string fingerprint,
                EventTime now)
      : store_(store) {
    batch_.partition = partition;
    batch_.owner = store->take_ownership(partition);
    batch_.marker.marker.lineage = kSeedLineage;
    batch_.marker.marker.fingerprint = std::move(fingerprint);
    batch_.marker.commit_time = now;
  }

  Result<bool> is_fresh() {
    const auto marker = store_->read_marker(batch_.partition);
    if (!marker) return tl::unexpected(marker.error());
    return !marker->has_value();
  }

  Result<bool> contains(const UserId& user) {
    if (pending_.contains(user)) return true;
    const auto stored = store_->read_user(batch_.partition, user);
    if (!stored) return tl::unexpected(stored.error());
    return stored->has_value();
  }

  Status add(const UserId& user, std::string value) {
    pending_.insert(user);
    batch_.marker.marker.digest += stateful::digest_of_user(user, value);
    ++batch_.marker.marker.user_count;
    batch_.users.push_back({user, std::move(value)});
    return batch_.users.size() < kUsersPerBatch ? Status{} : write();
  }

  Status write() {
    const Result<stateful::ApplyOutcome> applied = store_->apply(batch_);
    if (!applied) return tl::unexpected(applied.error());
    batch_.users.clear();
    pending_.clear();
    return {};
  }

 private:
  stateful::StateStore* store_;
  std::unordered_set<UserId> pending_;  // of the batch that is not written yet
  stateful::CheckpointBatch batch_;
};

tl::unexpected<Error> refuse_line(const SeedHistoryOptions& options, std::uint64_t line,
                                  const std::string& what) {
  return error(ErrorCode::kInvalidConfig,
               options.file.string() + ":" + std::to_string(line) + ": " + what);
}

Status seed_users(const WorkerConfig& config, const SeedHistoryOptions& options,
                  std::vector<PartitionSeed>* seeds, SeededHistory* seeded) {
  const std::vector<stateful::BehaviourLimits> limits = config.limits();
  const std::vector<std::string> fields = fields_of(config, options);
  Result<LineReader> reader = LineReader::open(options.file, kSeedLineBytesMax);
  if (!reader) return tl::unexpected(reader.error());
  while (true) {
    const Result<std::optional<Line>> line = reader->next();
    if (!line) return tl::unexpected(line.error());
    if (!*line) return {};
    if ((*line)->oversized()) return refuse_line(options, (*line)->number, "is over 1 MiB");
    const Result<UserHistory> history = decode_history((*line)->bytes, fields);
    if (!history) return refuse_line(options, (*line)->number, history.error().message);
    const stateful::UserState state = state_of(*history, limits);
    if (state.empty()) continue;
    const Partition partition = partition_of(history->user.view(), options.partition_count);
    PartitionSeed& seed = (*seeds)[static_cast<std::size_t>(partition.value)];
    const Result<bool> there = seed.contains(history->user);
    if (!there) return tl::unexpected(there.error());
    if (*there) {
      return refuse_line(options, (*line)->number,
                         "the user \"" + history->user.str() + "\" stands in the file twice");
    }
    if (Status added = seed.add(history->user, stateful::encode_user_state(state)); !added) {
      return added;
    }
    ++seeded->users;
    for (const stateful::Sequence& sequence : state.sequences) seeded->clicks += sequence.size();
  }
}

}  // namespace

Result<SeededHistory> seed_history(const WorkerConfig& config, const SeedHistoryOptions& options,
                                   const Clock& clock, stateful::StateStore* store) {
  const std::string fingerprint =
      fingerprint_of(config, config.kafka.input, options.partition_count);
  SeededHistory seeded;
  std::vector<PartitionSeed> seeds;
  for (std::int32_t p = 0; p < options.partition_count; ++p) {
    seeds.emplace_back(store, Partition{p}, fingerprint, clock.now());
    const Result<bool> fresh = seeds.back().is_fresh();
    if (!fresh) return tl::unexpected(fresh.error());
    if (!*fresh) {
      return error(ErrorCode::kInvalidConfig,
                   "the store already holds a state; history is seeded into a fresh one");
    }
    const MarkerRef marker{kSeedLineage, 0};
    seeded.committed[Partition{p}] = {Position{0}, encode_position_metadata(marker)};
  }
  if (Status read = seed_users(config, options, &seeds, &seeded); !read) {
    return tl::unexpected(read.error());
  }
  for (PartitionSeed& seed : seeds) {
    if (Status written = seed.write(); !written) return tl::unexpected(written.error());
  }
  return seeded;
}

}  // namespace freshet::pipeline
