// A click as the scorer sees it.
#pragma once

#include <optional>

#include "common/time.h"
#include "scorer/model/model.h"

namespace freshet::scorer {

// Clicks on items that the model does not know have no row: they stay in the sequence and are
// skipped in the sums.
struct PooledClick {
  EventTime ts;
  std::optional<ItemRow> row;
};

}  // namespace freshet::scorer
