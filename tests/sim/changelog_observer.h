// ChangelogObserver: somebody else who follows the changelog and believes its markers.
//
// Oracles: `changelog_digest` (the users up to a marker are those that it counts, by their digest),
// `changelog_markers` (one lineage, numbers that go up by one, positions that do not go down) and,
// at the end, `marker_of_positions` (the last marker is the one that the group's position names).
// Threads: one. Cost: reads each record once
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "stateful/digest.h"
#include "stateful/marker.h"
#include "tests/sim/env.h"
#include "tests/sim/scenario.h"

namespace freshet::sim {

class ChangelogObserver {
 public:
  // Both outlive the observer.
  ChangelogObserver(Env* env, const Scenario* scenario);

  // Reads on. Requires: it comes before every run of the log cleaner, which takes from it what a
  // marker in the middle counts.
  void look();
  void check_end();

  // What each marker so far says of the outputs below its position.
  using MarkedModels = std::map<Position, stateful::MarkedModel>;
  const MarkedModels& models(Partition partition) const { return logs_.at(partition).models; }

  // The last marker that is visible; none before the first.
  const std::optional<stateful::Marker>& last_marker(Partition partition) const {
    return logs_.at(partition).marker;
  }

 private:
  struct Log {
    Position next;
    std::map<std::string, std::string> users;
    stateful::Digest digest;
    std::optional<stateful::Marker> marker;
    MarkedModels models;  // of several markers at one position the first
  };
  void take(Partition partition, const test::StoredRecord& record, Log* log);
  void take_marker(Partition partition, const stateful::Marker& marker, Log* log);

  Env* env_;
  const Scenario* scenario_;
  std::string topic_;
  std::map<Partition, Log> logs_;
  std::vector<test::StoredRecord> batch_;
};

}  // namespace freshet::sim
