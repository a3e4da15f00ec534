// Catalogue: the planted items of a generated log: what they are about, how good, how popular.
//
// Computes: from seed and count alone; item i has the id "v<i>", counted from 1. docs/generator.md,
//           "Items", has the formulas
// Shapes:   taste [kLatentDim], of length one
// Errors:   none
// Threads:  immutable
// Cost:     O(count) to make
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "common/random.h"
#include "pipeline/generate/draws.h"
#include "pipeline/generate/titles.h"

namespace freshet::pipeline {

struct PlantedItem {
  std::string id;
  std::string title;
  std::string author;
  std::size_t category = 0;
  Latent taste{};
  double quality = 0;        // liked by everybody, so a click on it tells little of a user
  std::size_t rank = 0;      // of popularity, from 1
  std::size_t partner = 0;   // the other item of its pair; an odd one out is its own
  std::size_t unlocked = 0;  // the category that its pair makes attractive
};

class Catalogue {
 public:
  // Requires: count > 0.
  Catalogue(std::uint64_t seed, std::size_t count);

  std::span<const PlantedItem> items() const { return items_; }
  const PlantedItem& operator[](std::size_t item) const { return items_[item]; }
  const Latent& centre(std::size_t category) const { return centres_[category]; }

  // An item by popularity, of all or of one category (of all where the category has none).
  std::size_t draw(Random* random) const;
  std::size_t draw_in(std::size_t category, Random* random) const;

  // A line of the items file: {"item_id":...,"title":...,"category":...,"author":...}.
  std::string line_of(std::size_t item) const;

 private:
  struct Shelf {
    std::vector<std::size_t> items;
    std::vector<ZipfDraw> popularity;  // one, or none where the shelf is empty
  };
  static Shelf shelf_of(std::vector<std::size_t> items, std::span<const PlantedItem> catalogue);

  std::vector<PlantedItem> items_;
  std::vector<Latent> centres_;  // [kCategories]
  Shelf all_;
  std::vector<Shelf> shelves_;  // [kCategories]
};

}  // namespace freshet::pipeline
