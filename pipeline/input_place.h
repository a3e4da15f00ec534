// How messages name a record of the input: "clicks-3 at offset 1042".
#pragma once

#include <string>
#include <string_view>

#include "common/log_position.h"

namespace freshet::pipeline {

inline std::string input_place(std::string_view topic, Partition partition, Offset offset) {
  return std::string(topic) + "-" + std::to_string(partition.value) + " at offset " +
         std::to_string(offset.value);
}

}  // namespace freshet::pipeline
