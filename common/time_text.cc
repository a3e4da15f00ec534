#include "common/time_text.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace freshet {

std::string utc_text(EventTime time) {
  std::int64_t seconds = time.ms / 1000;
  std::int64_t ms = time.ms % 1000;
  if (ms < 0) {
    ms += 1000;
    --seconds;
  }
  const std::time_t since_epoch = static_cast<std::time_t>(seconds);
  std::tm utc{};
  gmtime_r(&since_epoch, &utc);
  std::array<char, 80> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900,
                utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                static_cast<int>(ms));
  return text.data();
}

}  // namespace freshet
