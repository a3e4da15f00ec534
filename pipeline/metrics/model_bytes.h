// What a served model occupies in memory: its tables, its ids and their index, and what its pools
// and its scorer derived from them.
#pragma once

#include <cstddef>

#include "pipeline/scoring/served_model.h"

namespace freshet::pipeline {

std::size_t model_bytes(const ServedModel& served);

}  // namespace freshet::pipeline
