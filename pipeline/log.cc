#include "pipeline/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "common/json_text.h"

namespace freshet::pipeline {
namespace {

bool json_lines = false;

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarn:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

}  // namespace

void log_init(std::string_view level, LogFormat format) {
  auto logger = std::make_shared<spdlog::logger>("freshet",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  json_lines = format == LogFormat::kJson;
  logger->set_pattern(json_lines ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":%v})"
                                 : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
                      spdlog::pattern_time_type::utc);
  logger->set_level(spdlog::level::from_str(std::string(level)));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

void log(LogLevel level, std::string_view message) {
  if (json_lines) {
    std::string quoted;
    append_json_string(message, &quoted);
    spdlog::default_logger_raw()->log(spdlog_level(level), "{}", quoted);
    return;
  }
  spdlog::default_logger_raw()->log(spdlog_level(level), "{}", message);
}

void log_syslog(int level, std::string_view line) {
  if (level <= 3) return log_error(line);
  if (level == 4) return log_warn(line);
  if (level <= 6) return log_info(line);
  log_debug(line);
}

}  // namespace freshet::pipeline
