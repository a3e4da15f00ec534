#include "pipeline/scoring/served_model.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>
#include <utility>

#include "common/json_text.h"
#include "scorer/files/sha256.h"

namespace freshet::pipeline {
namespace {

// What clicks and bare requests are scored against, and the checksum of the file that it comes
// from.
struct Candidates {
  std::vector<scorer::ItemRow> rows;
  std::string checksum;  // empty where there is no file
};

Result<Candidates> read_pool_file(const scorer::Model& model, const std::string& path) {
  constexpr std::string_view kWanted = "candidates.pool_path names a file of one item id a line";
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return error(ErrorCode::kInvalidConfig, path + ": is a directory; " + std::string(kWanted));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return error(ErrorCode::kInvalidConfig, path + ": cannot be read; " + std::string(kWanted));
  }
  // Read once, so that the checksum is that of the rows.
  std::ostringstream text;
  text << file.rdbuf();
  if (file.bad()) return error(ErrorCode::kInvalidConfig, path + ": could not be read to its end");
  Candidates candidates{{}, scorer::sha256_hex(text.view())};
  std::vector<scorer::ItemRow>& rows = candidates.rows;
  std::vector<bool> taken(model.items.rows);
  std::istringstream lines(std::move(text).str());
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    const std::optional<scorer::ItemRow> row = model.row_of(ItemId(line));
    if (!row) {
      return error(ErrorCode::kInvalidConfig,
                   path + ":" + std::to_string(number) + ": the model " + model.label() +
                       " has no such item; remove the line or serve a model that knows it");
    }
    if (taken[row->value]) {
      return error(ErrorCode::kInvalidConfig, path + ":" + std::to_string(number) + ": " +
                                                  quote_excerpt(line) +
                                                  " is there twice; remove the line");
    }
    taken[row->value] = true;
    rows.push_back(*row);
  }
  if (rows.empty()) {
    return error(ErrorCode::kInvalidConfig, path + ": holds no item id; a pool needs at least one");
  }
  return candidates;
}

Result<Candidates> candidates_of(const scorer::Model& model, const CandidatesConfig& candidates) {
  switch (candidates.source) {
    case CandidateSource::kPoolFile:
      return read_pool_file(model, candidates.pool_path);
    case CandidateSource::kEvent:
      return Candidates{};
    case CandidateSource::kCatalogue:
      break;
  }
  std::vector<scorer::ItemRow> rows(model.items.rows);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].value = static_cast<std::uint32_t>(i);
  return Candidates{std::move(rows), {}};
}

// Where the configuration has each of the model's behaviours.
Result<std::vector<std::size_t>> find_behaviours(const scorer::Model& model,
                                                 const WorkerConfig& config) {
  std::vector<std::size_t> places;
  for (const scorer::BehaviourModel& behaviour : model.behaviours) {
    std::size_t index = 0;
    while (index < config.behaviours.size() &&
           config.behaviours[index].limits.name != behaviour.name) {
      ++index;
    }
    if (index == config.behaviours.size()) {
      return error(ErrorCode::kInvalidModel, "model " + model.label() + " reads the behaviour \"" +
                                                 behaviour.name +
                                                 "\", which the configuration does not have; add "
                                                 "it under `behaviours`");
    }
    places.push_back(index);
  }
  return places;
}

Result<std::vector<PooledBehaviour>> make_pools(const std::shared_ptr<const scorer::Model>& model,
                                                std::span<const std::size_t> behaviours,
                                                const WorkerConfig& config) {
  std::vector<PooledBehaviour> pools;
  for (const scorer::Representation& representation : model->representations()) {
    if (!scorer::Pool::serves(representation.kind)) continue;
    const std::size_t index = behaviours[representation.behaviour];
    Result<scorer::Pool> pool =
        scorer::Pool::create(model, representation, config.behaviours[index].limits.length_max);
    if (!pool) return tl::unexpected(pool.error());
    pools.push_back({index, std::move(*pool)});
  }
  return pools;
}

std::uint64_t next_serial() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

}  // namespace

Result<std::shared_ptr<const ServedModel>> ServedModel::create(
    std::shared_ptr<const scorer::Model> model, const WorkerConfig& config) {
  Result<std::vector<std::size_t>> behaviours = find_behaviours(*model, config);
  if (!behaviours) return tl::unexpected(behaviours.error());
  Result<std::vector<PooledBehaviour>> pools = make_pools(model, *behaviours, config);
  if (!pools) return tl::unexpected(pools.error());
  Result<scorer::CandidateScorer> scorer =
      scorer::CandidateScorer::create(model, config.events.context);
  if (!scorer) return tl::unexpected(scorer.error());
  Result<Candidates> candidates = candidates_of(*model, config.candidates);
  if (!candidates) return tl::unexpected(candidates.error());
  std::string label = model->label();
  return std::make_shared<const ServedModel>(ServedModel{
      next_serial(), std::move(model), std::move(label), std::move(*behaviours), std::move(*pools),
      std::move(*scorer), std::move(candidates->rows), std::move(candidates->checksum)});
}

std::size_t ServedModel::representation_size() const {
  return model->representations().size() * model->embedding_dim;
}

void ServedModel::look_ahead(std::uint32_t item_hash, LookAhead what) const {
  if (what == LookAhead::kEvent) model->prefetch_row_of(item_hash);
  if (what != LookAhead::kUser) return;
  const std::optional<scorer::ItemRow> row = model->prefetch_id_of(item_hash);
  if (!row) return;
  for (const PooledBehaviour& behaviour : pools) behaviour.pool.prefetch(*row);
}

}  // namespace freshet::pipeline
