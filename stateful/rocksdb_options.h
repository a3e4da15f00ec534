// How the store opens RocksDB: what it may use, what it checks, where its log goes.
//
// Errors: none. Memory: block cache and write buffers together stay within `memory_bytes`.
#pragma once

#include "stateful/rocksdb_state_store.h"

namespace rocksdb {
struct Options;
}

namespace freshet::stateful {

rocksdb::Options rocksdb_options(const RocksDbOptions& options);

}  // namespace freshet::stateful
