// How many bytes a record takes in a topic's log: what a topic's max.message.bytes is held against.
//
// A broker judges whole batches, after compression. One record alone in a batch and not compressed
// is the largest that a batch with it need be, so this is the conservative side: a record that
// would have been taken only because it compresses well is refused.
//
// Errors:  none
// Threads: free functions
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "pipeline/events/record.h"

namespace freshet::pipeline {

// The size of a batch (format 2) of this one record, uncompressed.
std::size_t batch_bytes_of(std::optional<std::string_view> key,
                           std::optional<std::string_view> value, std::span<const Header> headers);

}  // namespace freshet::pipeline
