#include "pipeline/generate/catalogue.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

#include "common/check.h"
#include "common/hash.h"
#include "common/json_text.h"

namespace freshet::pipeline {
namespace {

constexpr double kCentreShare = 0.85;
constexpr double kOwnShare = 0.53;
constexpr double kQualitySpread = 0.6;
constexpr double kQualityMax = 1.5;
constexpr std::size_t kItemsPerAuthor = 6;

std::vector<std::size_t> shuffled(std::size_t count, Random* random) {
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = count; i > 1; --i) std::swap(order[i - 1], order[random->below(i)]);
  return order;
}

// Each part of the catalogue has its own stream, so that one more draw in one leaves the others.
Random stream(std::uint64_t seed, std::string_view part) {
  return Random(mix64(seed ^ fnv1a64(part)));
}

void pair_up(std::uint64_t seed, std::vector<PlantedItem>* items) {
  Random random = stream(seed, "pairs");
  const std::vector<std::size_t> order = shuffled(items->size(), &random);
  for (std::size_t i = 0; i < order.size(); i += 2) {
    const std::size_t first = order[i];
    const std::size_t second = i + 1 < order.size() ? order[i + 1] : first;
    const std::size_t unlocked = random.below(kCategories);
    (*items)[first].partner = second;
    (*items)[second].partner = first;
    (*items)[first].unlocked = (*items)[second].unlocked = unlocked;
  }
}

}  // namespace

Catalogue::Shelf Catalogue::shelf_of(std::vector<std::size_t> items,
                                     std::span<const PlantedItem> catalogue) {
  Shelf shelf;
  shelf.items = std::move(items);
  std::vector<std::size_t> ranks;
  for (const std::size_t item : shelf.items) ranks.push_back(catalogue[item].rank);
  if (!ranks.empty()) shelf.popularity.emplace_back(ranks);
  return shelf;
}

Catalogue::Catalogue(std::uint64_t seed, std::size_t count) : items_(count) {
  FRESHET_CHECK(count > 0);
  Random centres = stream(seed, "categories");
  for (std::size_t k = 0; k < kCategories; ++k) centres_.push_back(random_direction(&centres));

  Random ranks = stream(seed, "ranks");
  const std::vector<std::size_t> by_rank = shuffled(count, &ranks);
  for (std::size_t rank = 0; rank < count; ++rank) items_[by_rank[rank]].rank = rank + 1;

  Random random = stream(seed, "items");
  std::array<std::size_t, kCategories> titles{};
  std::vector<std::vector<std::size_t>> by_category(kCategories);
  for (std::size_t i = 0; i < count; ++i) {
    PlantedItem& item = items_[i];
    item.id = "v" + std::to_string(i + 1);
    item.category = random.below(kCategories);
    const std::size_t number = titles[item.category]++;
    item.title = title_of(item.category, number);
    item.author = author_of(item.category, number / kItemsPerAuthor);
    item.taste =
        blended(kCentreShare, centres_[item.category], kOwnShare, random_direction(&random));
    item.quality = std::clamp(kQualitySpread * normal(&random), -kQualityMax, kQualityMax);
    by_category[item.category].push_back(i);
  }
  pair_up(seed, &items_);

  std::vector<std::size_t> all(count);
  std::iota(all.begin(), all.end(), std::size_t{0});
  all_ = shelf_of(std::move(all), items_);
  for (auto& members : by_category) shelves_.push_back(shelf_of(std::move(members), items_));
}

std::size_t Catalogue::draw(Random* random) const { return all_.popularity[0].draw(random); }

std::size_t Catalogue::draw_in(std::size_t category, Random* random) const {
  const Shelf& shelf = shelves_[category];
  if (shelf.items.empty()) return draw(random);
  return shelf.items[shelf.popularity[0].draw(random)];
}

std::string Catalogue::line_of(std::size_t item) const {
  const PlantedItem& planted = items_[item];
  return "{\"item_id\":" + json_string(planted.id) + ",\"title\":" + json_string(planted.title) +
         ",\"category\":" + json_string(category_name(planted.category)) +
         ",\"author\":" + json_string(planted.author) + "}";
}

}  // namespace freshet::pipeline
