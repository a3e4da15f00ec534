// Logging: one line an entry, to stderr, text or JSON. The door to spdlog.
//
// Messages never carry secrets or event payloads. Threads: any, after log_init. Errors: none; a log
// that cannot be written is dropped.
#pragma once

#include <string>
#include <string_view>

#include "pipeline/config/config.h"

namespace freshet::pipeline {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

// Sets level ("debug", "info", "warn", "error", "off") and format for the process.
void log_init(std::string_view level, LogFormat format);

void log(LogLevel level, std::string_view message);

// A line of a library that counts levels as syslog does (3 error, 4 warning, 6 info, 7 debug).
void log_syslog(int level, std::string_view line);

inline void log_debug(std::string_view message) { log(LogLevel::kDebug, message); }
inline void log_info(std::string_view message) { log(LogLevel::kInfo, message); }
inline void log_warn(std::string_view message) { log(LogLevel::kWarn, message); }
inline void log_error(std::string_view message) { log(LogLevel::kError, message); }

}  // namespace freshet::pipeline
