#include "pipeline/log/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <memory>
#include <mutex>

#include "pipeline/log/log_limit.h"
#include "pipeline/log/log_line.h"

namespace freshet::pipeline {
namespace {

constexpr std::int64_t kIntervalMs = 10'000;
// What a thread says of each of its partitions may come by the hundred; a warning that repeats
// itself says nothing new after twenty times.
constexpr std::size_t kInfoLinesMax = 300;
constexpr std::size_t kWarningLinesMax = 20;

struct Limits {
  std::mutex mutex;
  LogLimit info{kInfoLinesMax, kIntervalMs};
  LogLimit warnings{kWarningLinesMax, kIntervalMs};

  LogLimit::Verdict judge(LogLevel level, std::string_view message) {
    const auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now().time_since_epoch());
    const std::lock_guard lock(mutex);
    return (level == LogLevel::kInfo ? info : warnings).judge(message, now.count());
  }
};

// Never destroyed: threads of libraries may log until the process is gone.
Limits& limits() {
  static auto* const all = new Limits;
  return *all;
}

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

void write(LogLevel level, std::string_view source, std::string_view message) {
  spdlog::logger* logger = spdlog::default_logger_raw();
  if (!logger->should_log(spdlog_level(level))) return;
  const auto line = [&](std::string_view text) {
    logger->log(spdlog_level(level), "{}",
                json_lines ? json_fields(source, text) : text_fields(source, text));
  };
  if (level != LogLevel::kDebug) {
    const LogLimit::Verdict verdict = limits().judge(level, message);
    if (!verdict.passes) return;
    if (verdict.left_out > 0) {
      line("suppressed " + std::to_string(verdict.left_out) + " lines like the next one");
    }
  }
  line(message);
}

}  // namespace

void log_init(std::string_view level, LogFormat format) {
  auto logger = std::make_shared<spdlog::logger>("freshet",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
  json_lines = format == LogFormat::kJson;
  logger->set_pattern(json_lines ? R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})"
                                 : "%Y-%m-%dT%H:%M:%S.%eZ %l %v",
                      spdlog::pattern_time_type::utc);
  logger->set_level(spdlog::level::from_str(std::string(level)));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

void log(LogLevel level, std::string_view message) { write(level, {}, message); }

void log_syslog(int level, std::string_view line) {
  constexpr std::string_view kSource = "librdkafka";
  if (level <= 3) return write(LogLevel::kError, kSource, line);
  if (level == 4) return write(LogLevel::kWarn, kSource, line);
  write(level <= 6 ? LogLevel::kInfo : LogLevel::kDebug, kSource, line);
}

void log_rocksdb(std::string_view line) {
  constexpr std::string_view kSource = "rocksdb";
  LogLevel level = LogLevel::kDebug;
  if (line.starts_with("[WARN]")) level = LogLevel::kWarn;
  if (line.starts_with("[ERROR]") || line.starts_with("[FATAL]")) level = LogLevel::kError;
  // The call that a full disk refuses says so, with its remedy, each time that it is tried.
  if (line.find("No space left on device") != line.npos) level = LogLevel::kDebug;
  write(level, kSource, line);
}

std::uint64_t log_lines_suppressed() {
  const std::lock_guard lock(limits().mutex);
  return limits().info.suppressed() + limits().warnings.suppressed();
}

}  // namespace freshet::pipeline
