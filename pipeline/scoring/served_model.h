// ServedModel: a model with what serving it under one configuration needs.
//
// Holds:   the model, a pool for each of its representations, the candidate scorer, and the rows
// that a
//          click or a bare request is scored against (catalogue or pool file).
// Errors:  kInvalidModel where the model reads a behaviour or context field that the configuration
//          does not have; kInvalidConfig for a pool file that is missing, empty or names an unknown
//          item, with its line
// Threads: immutable; shared by all of them
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/status.h"
#include "pipeline/config/config.h"
#include "pipeline/scoring/look_ahead.h"
#include "scorer/candidates/candidate_scorer.h"
#include "scorer/model/model.h"
#include "scorer/pooling/pool.h"

namespace freshet::pipeline {

// One representation of the user that a pool keeps, in the model's order.
struct PooledBehaviour {
  std::size_t behaviour = 0;  // index in WorkerConfig::behaviours
  scorer::Pool pool;
};

struct ServedModel {
  std::uint64_t serial = 0;  // unique in the process: what is derived for a model carries it
  std::shared_ptr<const scorer::Model> model;
  std::string label;                    // "name@version"
  std::vector<std::size_t> behaviours;  // [B]; index in WorkerConfig::behaviours of each
  std::vector<PooledBehaviour> pools;   // [P]; none where the variant is target or none
  scorer::CandidateScorer scorer;
  std::vector<scorer::ItemRow> candidate_rows;  // empty with candidates.source: event
  std::string pool_checksum;  // SHA-256 of the pool file, in hex; empty where there is none

  std::size_t representation_size() const;  // P d, of U

  // A step of look_ahead.h, for an event of an item with this hash.
  void look_ahead(std::uint32_t item_hash, LookAhead what) const;

  static Result<std::shared_ptr<const ServedModel>> create(
      std::shared_ptr<const scorer::Model> model, const WorkerConfig& config);
};

// The models that a task scores with: [0] the primary, whose scores are the output, behind it those
// that score the same snapshots beside it.
using ServedModels = std::vector<std::shared_ptr<const ServedModel>>;

}  // namespace freshet::pipeline
