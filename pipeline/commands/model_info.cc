#include "pipeline/commands/model_info.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "common/json_text.h"
#include "pipeline/commands/command.h"
#include "pipeline/models/model_versions.h"
#include "scorer/candidates/candidate_scorer.h"
#include "scorer/files/folder_files.h"
#include "scorer/files/model_folder.h"
#include "scorer/files/model_words.h"
#include "scorer/float_mode.h"
#include "scorer/model/model_limits.h"
#include "scorer/model/model_tensors.h"
#include "scorer/pooling/pool.h"

namespace freshet::commands {
namespace {

using SharedModel = std::shared_ptr<const scorer::Model>;

template <class Words, class Option>
std::string word(const Words& words, Option value) {
  return std::string(scorer::word_of(words, value));
}

unsigned long long printable(std::uint64_t value) { return value; }

void print_items(const scorer::Model& model) {
  constexpr std::size_t kShown = 5;
  std::string sample;
  for (std::size_t i = 0; i < model.item_ids.size() && i < kShown; ++i) {
    sample += (i == 0 ? "" : ", ") + json_string(model.item_ids[i].view());
  }
  std::printf("items: %zu\nfirst items: %s%s\n", model.items.rows, sample.c_str(),
              model.items.rows > kShown ? ", ..." : "");
}

void print_traditional(const std::string& name, const scorer::TraditionalAttention& attention) {
  std::printf(
      "behaviour: %s, hidden %zu, activation %s, weight %s, softmax over %s, recency %g a day\n",
      name.c_str(), attention.b1.size(),
      word(scorer::kActivationWords, attention.activation).c_str(),
      attention.weight == scorer::WeightKind::kScalar ? "scalar" : "per channel",
      word(scorer::kSoftmaxWords, attention.softmax).c_str(), attention.recency_per_day);
}

void print_behaviour(const scorer::BehaviourModel& behaviour) {
  const std::string& name = behaviour.name;
  if (const auto* traditional = behaviour.traditional()) print_traditional(name, *traditional);
  if (const auto* self = behaviour.self()) {
    std::printf(
        "behaviour: %s, self-attention, hidden %zu, score %s, activation %s, pool %s, "
        "recency %g a day\n",
        name.c_str(), self->score.wq.rows, word(scorer::kScoreWords, self->score.kind).c_str(),
        word(scorer::kActivationWords, self->score.activation).c_str(),
        word(scorer::kPoolWords, self->pool).c_str(), self->recency_per_day);
  }
  if (const auto* target = behaviour.target()) {
    const std::size_t hidden = target->score.wq.rows;
    std::printf("behaviour: %s, target attention, %sscore %s, recency %g a day\n", name.c_str(),
                hidden == 0 ? "" : ("hidden " + std::to_string(hidden) + ", ").c_str(),
                word(scorer::kScoreWords, target->score.kind).c_str(), target->recency_per_day);
  }
  if (std::holds_alternative<scorer::NoAttention>(behaviour.attention)) {
    std::printf("behaviour: %s, not attended\n", name.c_str());
  }
}

void print_target_fields(const scorer::Model& model) {
  if (!model.target_fields) return;
  std::string names;
  for (const std::string& name : model.target_fields->names) {
    names += (names.empty() ? "" : ", ") + name;
  }
  std::printf("target fields: %s; %zu rows\n", names.c_str(), model.target_fields->embedding.rows);
}

const char* kind_text(scorer::RepresentationKind kind) {
  switch (kind) {
    case scorer::RepresentationKind::kTraditional:
      return "traditional";
    case scorer::RepresentationKind::kSelf:
      return "self-attention";
    case scorer::RepresentationKind::kTarget:
      return "target attention";
    case scorer::RepresentationKind::kNone:
      return "none";
  }
  return "unknown";
}

// The longest sequence whose sums fit int64; 0 where not even one click's do.
std::size_t int64_length_max(const scorer::Model& model, scorer::RepresentationKind kind) {
  const int places = kind == scorer::RepresentationKind::kSelf ? scorer::kRowPlacesMax : 62;
  std::size_t fits = 0;
  for (std::size_t step = scorer::kPoolLengthMax; step > 0; step /= 2) {
    if (fits + step > scorer::kPoolLengthMax) continue;
    const auto grid = scorer::choose_grid(model.items, fits + step, places);
    if (grid && !grid->wide) fits += step;
  }
  return fits;
}

// One for each representation that a pool serves.
Result<std::vector<scorer::Pool>> make_pools(const SharedModel& model, std::size_t length_max) {
  std::vector<scorer::Pool> pools;
  for (const scorer::Representation& representation : model->representations()) {
    if (!scorer::Pool::serves(representation.kind)) continue;
    Result<scorer::Pool> pool = scorer::Pool::create(model, representation, length_max);
    if (!pool) return tl::unexpected(pool.error());
    pools.push_back(std::move(*pool));
  }
  return pools;
}

// The bytes that the sums of a sequence of `length` clicks take in memory. They grow with the
// clicks, by as much for each or not at all, so a short sequence tells.
std::size_t sums_bytes(const scorer::Model& model, const scorer::Pool& pool, std::size_t length) {
  constexpr std::size_t kMeasuredMax = 256;
  const std::size_t measured = std::min(length, kMeasuredMax);
  std::vector<scorer::PooledClick> clicks;
  for (std::size_t k = 0; k < measured; ++k) {
    const auto row = static_cast<std::uint32_t>(k % model.items.rows);
    const auto ts = EventTime{1'600'000'000'000 + static_cast<std::int64_t>(k)};
    clicks.push_back({ts, scorer::ItemRow{row}});
  }
  scorer::PoolSums sums = pool.empty();
  const std::size_t fixed = scorer::heap_bytes(sums);
  pool.rebuild(clicks, &sums);
  return fixed + (scorer::heap_bytes(sums) - fixed) * length / measured;
}

// Each representation: its grid, with the reason, and what a user's sums take.
void print_representations(const scorer::Model& model, std::span<const scorer::Pool> pools,
                           std::size_t length_max) {
  std::size_t all_bytes = 0;
  std::size_t next = 0;
  for (const scorer::Representation& representation : model.representations()) {
    const std::string& name = model.behaviours[representation.behaviour].name;
    std::printf("representation: %s, %s, %zu values", name.c_str(), kind_text(representation.kind),
                model.embedding_dim);
    if (!scorer::Pool::serves(representation.kind)) {
      const bool target = representation.kind == scorer::RepresentationKind::kTarget;
      std::printf("%s; no sums\n", target ? ", anew for each candidate" : ", zeros");
      continue;
    }
    const scorer::Pool& pool = pools[next++];
    const std::size_t fits = int64_length_max(model, representation.kind);
    const std::size_t bytes = sums_bytes(model, pool, length_max);
    const std::string reach =
        fits == 0 ? "at no length" : "up to length_max " + std::to_string(fits);
    std::printf(", %s sums (int64 resolves the rows of item.embedding %s), %zu bytes\n",
                pool.grid().wide ? "int128" : "int64", reach.c_str(), bytes);
    all_bytes += bytes;
  }
  std::printf("bytes a user: %zu of sums, with sequences of %zu clicks\n", all_bytes, length_max);
}

// What serving derives from the weights, by whatever configuration, and may refuse.
Result<scorer::CandidateScorer> make_scorer(const SharedModel& model) {
  std::vector<std::string> context;
  for (const scorer::Cross& cross : model->wide.crosses) context.push_back(cross.context_field);
  return scorer::CandidateScorer::create(model, context);
}

// How many numbers were learned, and what the model takes in memory: its own, and what serving
// derives from it: scores, queries and keys of each item, target vectors, layers rearranged.
void print_sizes(const scorer::Model& model, std::span<const scorer::Pool> pools,
                 const scorer::CandidateScorer& scorer) {
  std::uint64_t parameters = 0;
  scorer::for_each_tensor(
      model, [&](const std::string&, const auto&, const auto& data) { parameters += data.size(); });
  std::uint64_t derived = scorer.heap_bytes();
  for (const scorer::Pool& pool : pools) derived += pool.heap_bytes();
  std::printf("parameters: %llu, %llu bytes of weights and %llu bytes derived from them\n",
              printable(parameters), printable(parameters * sizeof(float)), printable(derived));
}

// The files as they are on the disk; load_model has compared the digests with model.yaml's.
Status print_files(const std::filesystem::path& folder, bool has_target_fields) {
  std::vector<const char*> names = {scorer::kModelYamlName, scorer::kWeightsName,
                                    scorer::kItemsName};
  if (has_target_fields) names.push_back(scorer::kTargetFieldsName);
  for (const char* name : names) {
    const Result<scorer::FileDigest> file = scorer::digest_of(folder / name);
    if (!file) return tl::unexpected(file.error());
    std::printf("file: %s, %llu bytes, sha256 %s\n", name, printable(file->bytes),
                file->sha256.c_str());
  }
  return {};
}

// A folder of versions: one line each, newest first. Each is loaded, so a damaged one shows.
int versions_info(const std::string& folder) {
  const auto all = pipeline::list_versions(folder);
  if (!all) return report(all.error());
  std::printf("versions: %zu in %s\n", all->versions.size() + all->unread.size(), folder.c_str());
  if (all->current && !*all->current) return report(all->current->error());
  if (all->current) std::printf("current: %llu\n", printable(**all->current));
  bool any = false;
  for (const pipeline::ModelVersion& version : all->versions) {
    const auto model = scorer::load_model(version.folder);
    std::printf("version: %s, folder %s, ", version.label().c_str(),
                version.folder.filename().c_str());
    if (model) {
      std::printf("%zu items, variant %s, model.yaml sha256 %s\n", (*model)->items.rows,
                  word(scorer::kVariantWords, (*model)->variant).c_str(), version.digest.c_str());
    } else {
      std::printf("refused: %s\n", model.error().message.c_str());
    }
    any = any || model;
  }
  for (const pipeline::UnreadVersion& one : all->unread) {
    std::printf("version: unknown, folder %s, refused: %s\n", one.folder.filename().c_str(),
                one.message.c_str());
  }
  if (any) return kOk;
  return report({ErrorCode::kInvalidModel, folder + ": no version in it can be loaded"});
}

}  // namespace

int model_info(const std::string& folder, std::size_t length_max) {
  scorer::set_float_mode();
  if (pipeline::is_folder_of_versions(folder)) return versions_info(folder);
  const auto loaded = scorer::load_model(folder);
  if (!loaded) return report(loaded.error());
  const auto refuse = [&](const Error& error) {
    return report({error.code, folder + ": " + error.message});
  };
  const scorer::Model& model = **loaded;
  // Nothing is printed of a model that would not be served.
  const auto pools = make_pools(*loaded, length_max);
  if (!pools) return refuse(pools.error());
  const auto scorer = make_scorer(*loaded);
  if (!scorer) return refuse(scorer.error());
  std::printf("model: %s\nvariant: %s\n", model.label().c_str(),
              word(scorer::kVariantWords, model.variant).c_str());
  print_items(model);
  std::printf("embedding_dim: %zu\n", model.embedding_dim);
  for (const scorer::BehaviourModel& behaviour : model.behaviours) print_behaviour(behaviour);
  print_target_fields(model);
  std::printf("deep: %zu -> %zu -> %zu -> 1\n", model.hidden1.weight.cols,
              model.hidden1.weight.rows, model.hidden2.weight.rows);
  std::printf("wide: %zu crosses, %zu buckets, %zu recent clicks\n", model.wide.crosses.size(),
              model.wide.weights.size(), model.wide.recent_clicks);
  print_representations(model, *pools, length_max);
  print_sizes(model, *pools, *scorer);
  const Status printed = print_files(folder, model.target_fields.has_value());
  return printed ? static_cast<int>(kOk) : report(printed.error());
}

}  // namespace freshet::commands
