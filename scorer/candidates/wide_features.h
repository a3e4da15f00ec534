// The wide side: hashed crosses of item, user, context and recent clicks.
//
// Computes: the bucket of each feature and the order in which their weights are added, as
//           docs/formats.md, "Wide features", defines them. Every feature that reads the candidate
//           is mix64(key ^ hash of the candidate's id) mod buckets, so the user's part is a list of
//           keys.
// Errors:   kInvalidModel naming a context field that the worker does not read
// Threads:  immutable; shared
// Cost:     create O(n bytes of ids); user O(crosses + recent clicks); then a look-up per key and
//           candidate
// Oracle:   scorer/reference/reference.h
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/status.h"
#include "scorer/model/model.h"

namespace freshet::scorer {

// What the wide side reads of the event and the user.
struct WideInputs {
  std::string_view user_id;
  // One per context field that the worker reads, absent where the event has none.
  std::span<const std::optional<std::string_view>> context;
  // The newest visible clicks of the primary behaviour on known items, newest first; those after
  // the model's recent_clicks are ignored.
  std::span<const ItemRow> recent;
};

class WideFeatures {
 public:
  static Result<WideFeatures> create(std::shared_ptr<const Model> model,
                                     std::span<const std::string> context_fields);

  // The sum of the crosses that do not read the candidate.
  float user_sum(const WideInputs& inputs) const;

  // The keys of those that do, in the order of their sum.
  void candidate_keys(const WideInputs& inputs, std::vector<std::uint64_t>* keys) const;

  // user_sum plus the weight of each key for this candidate.
  float candidate_sum(float user_sum, std::span<const std::uint64_t> keys, ItemRow candidate) const;

 private:
  struct BoundCross {
    CrossKind kind = CrossKind::kItem;
    std::uint64_t salt = 0;
    std::size_t context = 0;   // place in WideInputs::context
    std::string field_prefix;  // what precedes a context value in its hash
  };

  explicit WideFeatures(std::shared_ptr<const Model> model) : model_(std::move(model)) {}

  float weight(std::uint64_t hash) const;
  std::optional<std::uint64_t> context_hash(const BoundCross& cross,
                                            const WideInputs& inputs) const;

  std::shared_ptr<const Model> model_;
  std::uint64_t mask_ =
      0;  // hash & mask_ is hash mod buckets, where that is a power of two; else 0
  std::vector<BoundCross> crosses_;         // in the model's order
  std::vector<std::uint64_t> item_hashes_;  // [n]; empty without crosses
};

}  // namespace freshet::scorer
