// What a RocksDB status means to the worker's loop and to the operator.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "common/status.h"

namespace rocksdb {
class Status;
}

namespace freshet::stateful {

// Who holds the directory that a status of opening refuses; none where it says something else.
std::optional<Error> lock_error(const rocksdb::Status& status,
                                const std::filesystem::path& directory);

// Of a status that is not ok. `place` begins the message.
tl::unexpected<Error> storage_error(const rocksdb::Status& status, const std::string& place);

}  // namespace freshet::stateful
