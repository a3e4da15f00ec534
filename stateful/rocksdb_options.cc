#include "stateful/rocksdb_options.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_buffer_manager.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <utility>

#include "common/crash_point.h"

namespace freshet::stateful {
namespace {

// RocksDB's own log file would abort the process when the disk is full, so lines go to the owner.
class LineLogger final : public rocksdb::Logger {
 public:
  explicit LineLogger(std::function<void(std::string_view)> sink)
      : Logger(rocksdb::InfoLogLevel::WARN_LEVEL), sink_(std::move(sink)) {}

  using Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    if (!sink_) return;
    // RocksDB calls this from its own threads: nothing may be thrown through it.
    try {
      char line[1024];
      const int length = std::vsnprintf(line, sizeof line, format, arguments);
      if (length < 0) return;
      sink_({line, std::min(static_cast<std::size_t>(length), sizeof line - 1)});
    } catch (...) {
    }
  }

 private:
  std::function<void(std::string_view)> sink_;
};

// The store opens the database anew where the disk has refused a write (rocksdb_database.h).
class NoRecoveryByItself final : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

class CrashInFlush final : public rocksdb::EventListener {
 public:
  void OnFlushBegin(rocksdb::DB*, const rocksdb::FlushJobInfo&) override {
    crash_point("in_flush");
  }
};

}  // namespace

rocksdb::Options rocksdb_options(const RocksDbOptions& options) {
  constexpr std::size_t kMemoryLeast = std::size_t{8} << 20;
  const std::size_t memory = std::max(options.memory_bytes, kMemoryLeast);
  rocksdb::Options db;
  db.create_if_missing = !options.read_only;
  // docs/decisions/0003-damaged-state.md has the reasons for these.
  db.paranoid_checks = true;
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  db.listeners = {std::make_shared<NoRecoveryByItself>(), std::make_shared<CrashInFlush>()};
  db.info_log = std::make_shared<LineLogger>(options.log);
  db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.max_open_files = 512;
  db.max_background_jobs = 2;
  db.bytes_per_sync = std::uint64_t{1} << 20;
  db.compression = rocksdb::kLZ4Compression;
  db.level_compaction_dynamic_level_bytes = true;

  // The cache is charged for write buffers, filters and indexes too: it is the one bound.
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(memory);
  table.cache_index_and_filter_blocks = true;
  table.cache_index_and_filter_blocks_with_high_priority = true;
  // In partitions, so that a cache smaller than all indexes and filters holds those in use.
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.pin_top_level_index_and_filter = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  table.checksum = rocksdb::kXXH3;  // Debian's CRC32C is in software
  db.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  db.write_buffer_manager =
      std::make_shared<rocksdb::WriteBufferManager>(memory / 4, table.block_cache);
  db.write_buffer_size = memory / 8;
  db.max_write_buffer_number = 4;
  return db;
}

}  // namespace freshet::stateful
