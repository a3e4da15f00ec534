#include "pipeline/commands/progress.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

namespace freshet::commands {
namespace {

constexpr std::int64_t kSilentMs = 1'000;
constexpr std::int64_t kRedrawMs = 200;
constexpr std::int64_t kLineMs = 5'000;
constexpr std::int64_t kRateWindowMs = 4'000;
// Beyond this a guess says nothing.
constexpr double kLeftMaxS = 100.0 * 3'600.0;

void write_stderr(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t from_end = 3; from_end < digits.size(); from_end += 4) {
    digits.insert(digits.size() - from_end, 1, ',');
  }
  return digits;
}

std::string spoken_seconds(double seconds) {
  const auto whole = static_cast<long long>(std::llround(std::max(seconds, 0.0)));
  if (whole < 60) return std::to_string(whole) + " s";
  char text[48];
  if (whole < 3'600) {
    std::snprintf(text, sizeof text, "%lld min %02lld s", whole / 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%lld h %02lld min", whole / 3'600, whole % 3'600 / 60);
  }
  return text;
}

Progress::Progress(std::string what, std::string unit, const Clock& clock)
    : Progress(std::move(what), std::move(unit), clock, stderr_terminal(), write_stderr) {}

Progress::Progress(std::string what, std::string unit, const Clock& clock, const Terminal& terminal,
                   Write write)
    : what_(std::move(what)),
      unit_(std::move(unit)),
      clock_(clock),
      terminal_(terminal),
      write_(std::move(write)) {
  since_.ms = clock_.monotonic_ms();
  last_ = since_;
  next_ms_ = since_.ms + (terminal_.redraws ? kSilentMs : kLineMs);
}

Progress::~Progress() { finish(); }

void Progress::update(std::uint64_t done) { show(done, std::nullopt, std::nullopt); }

void Progress::update(std::uint64_t done, std::uint64_t total) {
  const double share = total == 0 ? 1.0 : static_cast<double>(done) / static_cast<double>(total);
  show(done, total, share);
}

void Progress::update_share(std::uint64_t done, std::optional<double> share) {
  show(done, std::nullopt, share);
}

void Progress::finish() {
  if (drawn_) write_("\r\x1b[K");
  drawn_ = false;
  finished_ = true;
}

void Progress::show(std::uint64_t done, std::optional<std::uint64_t> total,
                    std::optional<double> share) {
  if (finished_) return;
  const std::int64_t now_ms = clock_.monotonic_ms();
  if (now_ms < next_ms_) return;
  if (share) share = std::clamp(*share, 0.0, 1.0);
  measure(done, share, now_ms);
  next_ms_ = now_ms + (terminal_.redraws ? kRedrawMs : kLineMs);
  std::string line = line_of(done, total, share);
  if (!terminal_.redraws) {
    write_(line + '\n');
    return;
  }
  // The last column stays free: a line that fills it would scroll on some terminals.
  const std::size_t room = static_cast<std::size_t>(terminal_.width) - 1;
  if (line.size() > room) line.resize(room);
  write_("\r" + line + "\x1b[K");
  drawn_ = true;
}

void Progress::measure(std::uint64_t done, std::optional<double> share, std::int64_t now_ms) {
  const double seconds = static_cast<double>(now_ms - since_.ms) / 1'000.0;
  if (seconds <= 0) return;
  // A count that went back (a second pass) has no rate until it grows again.
  per_s_ = done < since_.done ? 0.0 : static_cast<double>(done - since_.done) / seconds;
  share_per_s_ = std::max(0.0, share.value_or(0.0) - since_.share) / seconds;
  if (now_ms - last_.ms >= kRateWindowMs) {
    since_ = last_;
    last_ = {now_ms, done, share.value_or(0.0)};
  }
}

std::string Progress::line_of(std::uint64_t done, std::optional<std::uint64_t> total,
                              std::optional<double> share) const {
  std::string line = what_ + ": " + grouped(done);
  if (total) line += " of " + grouped(*total);
  line += " " + unit_;
  if (share) {
    const std::string percent = std::to_string(static_cast<int>(*share * 100.0)) + " %";
    line += total ? " (" + percent + ")" : ", " + percent;
  }
  line += ", " + grouped(static_cast<std::uint64_t>(std::llround(per_s_))) + "/s";
  if (share && share_per_s_ > 0) {
    const double left_s = (1.0 - *share) / share_per_s_;
    if (left_s < kLeftMaxS) line += ", " + spoken_seconds(left_s) + " left";
  }
  return line;
}

}  // namespace freshet::commands
