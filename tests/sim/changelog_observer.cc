#include "tests/sim/changelog_observer.h"

#include "common/check.h"
#include "pipeline/config/changelog_name.h"
#include "pipeline/position_metadata.h"
#include "tests/support/memory_changelog_reader.h"

namespace freshet::sim {
namespace {

std::string name_of(Partition partition) { return "partition " + std::to_string(partition.value); }

}  // namespace

ChangelogObserver::ChangelogObserver(Env* env, const Scenario* scenario)
    : env_(env), scenario_(scenario), topic_(pipeline::changelog_topic(scenario->config)) {
  for (std::int32_t i = 0; i < scenario->partitions; ++i) logs_[Partition{i}];
}

void ChangelogObserver::look() {
  if (!scenario_->config.changelog) return;
  for (auto& [partition, log] : logs_) {
    batch_.clear();
    log.next = env_->broker.read(topic_, partition, log.next, &batch_);
    for (const test::StoredRecord& record : batch_) take(partition, record, &log);
  }
}

void ChangelogObserver::take(Partition partition, const test::StoredRecord& record, Log* log) {
  FRESHET_CHECK(record.key.has_value());
  if (record.key->empty()) {
    const auto marker = stateful::decode_marker(record.value.value_or(""));
    FRESHET_CHECK(marker.has_value());
    take_marker(partition, *marker, log);
    return;
  }
  const UserId user(*record.key);
  const auto before = log->users.find(*record.key);
  if (before != log->users.end()) {
    log->digest -= stateful::digest_of_user(user, before->second);
    log->users.erase(before);
  }
  if (!record.value) return;
  log->digest += stateful::digest_of_user(user, *record.value);
  log->users.emplace(*record.key, *record.value);
}

void ChangelogObserver::take_marker(Partition partition, const stateful::Marker& marker, Log* log) {
  const std::string name =
      name_of(partition) + ": marker " + std::to_string(marker.number) + " of the changelog ";
  if (marker.digest != log->digest || marker.user_count != log->users.size()) {
    env_->violate("changelog_digest", name + "counts " + std::to_string(marker.user_count) +
                                          " users of digest " + marker.digest.hex() +
                                          ", before it lie " + std::to_string(log->users.size()) +
                                          " of " + log->digest.hex());
  }
  if (log->marker) {
    const stateful::Marker& last = *log->marker;
    if (marker.lineage != last.lineage || marker.number != last.number + 1 ||
        marker.position < last.position) {
      env_->violate("changelog_markers", name + "at position " +
                                             std::to_string(marker.position.value) +
                                             " follows marker " + std::to_string(last.number) +
                                             " at " + std::to_string(last.position.value));
    }
  }
  log->marker = marker;
  FRESHET_CHECK(marker.model.has_value());
  log->models.emplace(marker.position, *marker.model);
}

void ChangelogObserver::check_end() {
  look();
  if (!scenario_->config.changelog) return;
  for (const auto& [partition, log] : logs_) {
    const auto committed = env_->broker.committed(scenario_->config.application_id, partition);
    if (!committed && !log.marker) continue;
    const auto ref = committed ? pipeline::decode_position_metadata(committed->metadata)
                               : Result<pipeline::PositionMetadata>(pipeline::PositionMetadata{});
    if (committed && log.marker && ref && ref->marker.lineage == log.marker->lineage &&
        ref->marker.number == log.marker->number && committed->position == log.marker->position) {
      continue;
    }
    env_->violate(
        "marker_of_positions",
        name_of(partition) + ": the group's position is " +
            (committed ? std::to_string(committed->position.value) + ", " + committed->metadata
                       : std::string("none")) +
            "; the changelog's last marker is " +
            (log.marker ? std::to_string(log.marker->number) + " at " +
                              std::to_string(log.marker->position.value)
                        : std::string("none")));
  }
}

}  // namespace freshet::sim
