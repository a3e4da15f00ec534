#include "pipeline/files/seed_history.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "common/json_text.h"
#include "pipeline/config/did_you_mean.h"
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

// Which field holds which behaviour's history, and what of them the file turned out to have.
struct SeedFields {
  std::vector<std::string> names;     // [behaviours]
  std::vector<bool> named;            // [behaviours]: by the user, not by default
  std::vector<bool> present;          // [behaviours]: in some line
  std::vector<std::string> in_first;  // what the first line has instead
};

Result<SeedFields> fields_of(const WorkerConfig& config, const SeedHistoryOptions& options) {
  SeedFields fields;
  std::vector<std::string_view> behaviours;
  for (const BehaviourConfig& behaviour : config.behaviours) {
    const std::string& name = behaviour.limits.name;
    const auto named = options.field_by_behaviour.find(name);
    fields.named.push_back(named != options.field_by_behaviour.end());
    fields.names.push_back(fields.named.back() ? named->second : name + "_seq");
    behaviours.push_back(name);
  }
  fields.present.assign(fields.names.size(), false);
  for (const auto& [behaviour, field] : options.field_by_behaviour) {
    if (std::find(behaviours.begin(), behaviours.end(), behaviour) == behaviours.end()) {
      return error(ErrorCode::kInvalidConfig, "seed field " + behaviour + "=" + field +
                                                  ": the configuration has no behaviour " +
                                                  quote_excerpt(behaviour) +
                                                  suggestion_for(behaviour, behaviours));
    }
    if (field.empty()) {
      return error(ErrorCode::kInvalidConfig,
                   "seed field " + behaviour + "=: a field's name cannot be empty");
    }
  }
  return fields;
}

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + quote_excerpt(name);
  return text;
}

// A field that the user named must be there, and of the default ones at least one.
Status check_presence(const SeedHistoryOptions& options, const SeedFields& fields,
                      std::vector<std::string>* absent) {
  bool refused =
      std::find(fields.present.begin(), fields.present.end(), true) == fields.present.end();
  for (std::size_t b = 0; b < fields.names.size(); ++b) {
    if (!fields.present[b]) absent->push_back(fields.names[b]);
    refused = refused || (fields.named[b] && !fields.present[b]);
  }
  if (!refused) return {};
  return error(
      ErrorCode::kInvalidConfig,
      options.file.string() + ": no line has the field " + list_of(*absent) +
          (fields.in_first.empty() ? "; the first line has no array of item ids at all"
                                   : "; the first line has " + list_of(fields.in_first) +
                                         ": name the right one with --seed-field BEHAVIOUR=FIELD"));
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
  Result<SeedFields> fields = fields_of(config, options);
  if (!fields) return tl::unexpected(fields.error());
  bool empty = true;
  Result<LineReader> reader = LineReader::open(options.file, kSeedLineBytesMax);
  if (!reader) return tl::unexpected(reader.error());
  while (true) {
    const Result<std::optional<Line>> line = reader->next();
    if (!line) return tl::unexpected(line.error());
    if (!*line) break;
    if ((*line)->oversized()) return refuse_line(options, (*line)->number, "is over 1 MiB");
    const Result<UserHistory> history = decode_history((*line)->bytes, fields->names);
    if (!history) return refuse_line(options, (*line)->number, history.error().message);
    if (empty) fields->in_first = history_fields((*line)->bytes);
    empty = false;
    for (std::size_t b = 0; b < limits.size(); ++b) {
      if (history->present[b]) fields->present[b] = true;
    }
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
  return empty ? Status{} : check_presence(options, *fields, &seeded->absent_fields);
}

}  // namespace

Result<SeededHistory> seed_history(const WorkerConfig& config, const SeedHistoryOptions& options,
                                   const Clock& clock, stateful::StateStore* store) {
  SeededHistory seeded;
  std::vector<PartitionSeed> seeds;
  for (std::int32_t p = 0; p < options.partition_count; ++p) {
    seeds.emplace_back(
        store, Partition{p},
        fingerprint_of(config, config.kafka.input, options.partition_count, Partition{p}),
        clock.now());
    const Result<bool> fresh = seeds.back().is_fresh();
    if (!fresh) return tl::unexpected(fresh.error());
    if (!*fresh) {
      return error(ErrorCode::kInvalidConfig,
                   "the store already holds a state; history is seeded into a fresh one");
    }
    const PositionMetadata metadata{{kSeedLineage, 0}, std::nullopt};
    seeded.committed[Partition{p}] = {Position{0}, encode_position_metadata(metadata)};
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
