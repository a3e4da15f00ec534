// Model: the immutable weights of one wide & deep model with attention pooling, and their shapes.
//
// A Model only exists after load_model() or init_model() checked every name, shape and value, so
// its holders never check again. d = embedding_dim, n = items, B = behaviours, H = attention hidden
// width, h1 and h2 = widths of the two dense layers, P = representations (B, of merged 2 B).
//
// Threads: immutable; shared by all of them behind std::shared_ptr<const Model>.
// Source:  DESIGN of the model in docs/architecture.md; Wide & Deep (Cheng et al. 2016).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/flat_index.h"
#include "common/ids.h"
#include "scorer/model/attention.h"

namespace freshet::scorer {

// The row of an item in the embedding table. Items that the model does not know have no row.
struct ItemRow {
  std::uint32_t value = 0;
  auto operator<=>(const ItemRow&) const = default;
};

// One of the P vectors of which U, and the target side T, are made.
enum class RepresentationKind { kTraditional, kSelf, kTarget, kNone };
struct Representation {
  std::size_t behaviour = 0;  // index in Model::behaviours
  RepresentationKind kind = RepresentationKind::kTraditional;
  bool operator==(const Representation&) const = default;
};

// The candidate as a short sequence of the embeddings of its fields. The field `item` is the item's
// own row and has no column here.
struct TargetFields {
  std::vector<std::string> names;  // as model.yaml lists them; "item", where it is, comes first
  Matrix embedding;                // [m, d]
  std::vector<std::optional<std::uint32_t>>
      rows;  // [n, columns()], of embedding; none: no such field

  bool has_item() const { return !names.empty() && names[0] == "item"; }
  std::size_t columns() const { return names.size() - (has_item() ? 1 : 0); }
};

enum class CrossKind {
  kItem,          // the candidate
  kUser,          // the user
  kContext,       // one context field
  kRecentXItem,   // each of the newest visible clicks of the primary behaviour x the candidate
  kContextXItem,  // one context field x the candidate
};

constexpr bool reads_context(CrossKind kind) {
  return kind == CrossKind::kContext || kind == CrossKind::kContextXItem;
}

struct Cross {
  CrossKind kind = CrossKind::kItem;
  std::string context_field;  // for kContext and kContextXItem
};

// Linear over hashed crosses. The bucket of a feature is defined in docs/formats.md.
struct WideModel {
  std::vector<Cross> crosses;
  std::size_t recent_clicks = 0;  // how many of the newest clicks kRecentXItem reads
  std::size_t buckets = 0;        // 0 when there are no crosses
  std::vector<float> weights;     // [buckets]
};

struct DenseLayer {
  Matrix weight;            // [out, in]
  std::vector<float> bias;  // [out]
};

struct Model {
  std::string name;
  std::uint64_t version = 0;
  std::string checksum;  // SHA-256 of its model.yaml, in hex; empty where it is of no folder
  Variant variant = Variant::kTraditional;
  std::size_t embedding_dim = 0;            // d
  std::vector<BehaviourModel> behaviours;   // B >= 1
  Matrix items;                             // [n, d]
  std::vector<ItemId> item_ids;             // [n]; line i of items.txt
  std::vector<std::uint32_t> item_id_rank;  // [n]; place of row i when ids are sorted by bytes
  FlatIndex<ItemRow> row_by_id;
  std::optional<TargetFields> target_fields;  // without: the target is the item's row alone
  DenseLayer hidden1;                         // [h1, 3 P d]
  DenseLayer hidden2;                         // [h2, h1]
  DenseLayer output;                          // [1, h2]; its bias is the model's bias
  WideModel wide;

  // Too large to be copied unawares.
  Model() = default;
  Model(Model&&) = default;
  Model& operator=(Model&&) = default;
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  std::optional<ItemRow> row_of(const ItemId& item) const;
  // Has the processor fetch what row_of() will read of the index for an item with this hash, and,
  // once that is there, the id.
  static std::uint32_t hash_of(const ItemId& item) {
    return FlatIndex<ItemRow>::hash_of(item.view());
  }
  void prefetch_row_of(std::uint32_t hash) const { row_by_id.prefetch(hash); }
  // Returns the item's row, or another's, or none: reads no id.
  std::optional<ItemRow> prefetch_id_of(std::uint32_t hash) const;
  std::string label() const;  // "name@version", as every output carries it

  // In U's order: behaviour by behaviour; of merged first the traditional, then the self one.
  std::vector<Representation> representations() const;  // [P]
};

// Fills row_by_id and item_id_rank from item_ids. For those who build a Model.
void index_items(Model* model);

}  // namespace freshet::scorer
