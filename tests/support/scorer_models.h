// Random models for the scorer's tests and benches.
//
// Header only, because freshet_test_support does not link the scorer; users link it themselves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/check.h"
#include "scorer/model/model.h"
#include "scorer/model/model_init.h"

namespace freshet::test {

inline std::vector<ItemId> numbered_items(std::size_t count) {
  std::vector<ItemId> items;
  for (std::size_t i = 0; i < count; ++i) items.emplace_back("v" + std::to_string(i));
  return items;
}

// A model that init_model accepts, as a value that a test may change before sharing it.
inline scorer::Model random_model(const scorer::ModelInitOptions& options) {
  Result<scorer::Model> model = scorer::init_model(options);
  FRESHET_CHECK(model.has_value());
  return std::move(*model);
}

inline std::shared_ptr<const scorer::Model> share(scorer::Model model) {
  return std::make_shared<const scorer::Model>(std::move(model));
}

}  // namespace freshet::test
