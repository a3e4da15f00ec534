// Logging: one line an entry, to stderr, text or JSON. The door to spdlog.
//
//   2026-11-25T21:00:00.000Z warn librdkafka: FAIL: ...
//   {"time":"2026-11-25T21:00:00.000Z","level":"warn","source":"librdkafka","message":"FAIL: ..."}
//
// A line stays one line whatever a message holds: control characters and bytes that are not UTF-8
// are escaped. Of lines that differ in numbers only, 20 warnings or errors (300 others) pass within
// ten seconds; how many were left out stands before the next that passes, and in
// freshet_log_lines_suppressed_total. Debug lines are not limited.
//
// Messages never carry secrets or event payloads. Threads: any, after log_init; writing is
// synchronous, as spdlog 1.10's own thread dies of an exception. Errors: none; a log that cannot be
// written is dropped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pipeline/config/config.h"

namespace freshet::pipeline {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

// Sets level ("debug", "info", "warn", "error", "off") and format for the process.
void log_init(std::string_view level, LogFormat format);

void log(LogLevel level, std::string_view message);

// A line of librdkafka, which counts levels as syslog does (3 error, 4 warning, 6 info, 7 debug).
void log_syslog(int level, std::string_view line);

// A line of RocksDB, which puts its level in front ("[WARN] ..."); one without is for debugging.
void log_rocksdb(std::string_view line);

std::uint64_t log_lines_suppressed();

inline void log_debug(std::string_view message) { log(LogLevel::kDebug, message); }
inline void log_info(std::string_view message) { log(LogLevel::kInfo, message); }
inline void log_warn(std::string_view message) { log(LogLevel::kWarn, message); }
inline void log_error(std::string_view message) { log(LogLevel::kError, message); }

}  // namespace freshet::pipeline
