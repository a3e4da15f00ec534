// What a model occupies in memory: its tables, its ids and their index.
#pragma once

#include <cstddef>

#include "scorer/model.h"

namespace freshet::pipeline {

std::size_t model_bytes(const scorer::Model& model);

}  // namespace freshet::pipeline
