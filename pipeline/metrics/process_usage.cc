#include "pipeline/metrics/process_usage.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <system_error>

namespace freshet::pipeline {
namespace {

std::string content_of(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::uint64_t resident_bytes() {
  std::istringstream pages(content_of("/proc/self/statm"));
  std::uint64_t all = 0;
  std::uint64_t resident = 0;
  pages >> all >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double cpu_seconds() {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double boot_time_seconds() {
  std::istringstream lines(content_of("/proc/stat"));
  std::string word;
  while (lines >> word) {
    double value = 0;
    if (word == "btime" && lines >> value) return value;
  }
  return 0;
}

// Field 22 of /proc/self/stat, in clock ticks since boot; the second field is a name in brackets
// that may hold anything, so counting begins behind it.
double start_time_seconds() {
  constexpr int kFieldsBehindName = 20;  // from the third to the twenty-second
  const std::string stat = content_of("/proc/self/stat");
  const std::size_t name_end = stat.rfind(')');
  if (name_end == std::string::npos) return 0;
  std::istringstream fields(stat.substr(name_end + 1));
  std::string field;
  for (int i = 0; i < kFieldsBehindName; ++i) fields >> field;
  std::istringstream number(field);
  double ticks = 0;
  number >> ticks;
  return boot_time_seconds() + ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

std::uint64_t open_descriptors() {
  std::error_code failure;
  std::uint64_t count = 0;
  const std::filesystem::directory_iterator none;
  for (std::filesystem::directory_iterator entry("/proc/self/fd", failure);
       !failure && entry != none; entry.increment(failure)) {
    ++count;
  }
  return count > 0 ? count - 1 : 0;  // without the one that reads the folder
}

}  // namespace

ProcessUsage process_usage() {
  static const double started = start_time_seconds();
  return {resident_bytes(), open_descriptors(), cpu_seconds(), started};
}

}  // namespace freshet::pipeline
