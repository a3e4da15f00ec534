#include "pipeline/commands/summary.h"

#include <cstdio>

namespace freshet::commands {
namespace {

void add(std::string* text, const std::string& name, std::uint64_t value) {
  *text += name + ": " + std::to_string(value) + "\n";
}

}  // namespace

std::string summary_of(const pipeline::Counters& counters, double seconds) {
  std::string text;
  add(&text, "records in", counters.records);
  if (counters.records == 0 && counters.records_reread == 0) return text;
  if (counters.records_reread > 0) add(&text, "records read again", counters.records_reread);
  add(&text, "scores out", counters.scores);
  add(&text, "dead letters", counters.dead_letter_total());
  for (std::size_t i = 0; i < counters.dead_letters.size(); ++i) {
    if (counters.dead_letters[i] == 0) continue;
    add(&text, "  " + std::string(name_of(static_cast<pipeline::DeadLetterReason>(i))),
        counters.dead_letters[i]);
  }
  add(&text, "late", counters.late);
  add(&text, "duplicate", counters.duplicate);
  if (counters.tombstones > 0) add(&text, "tombstones ignored", counters.tombstones);
  if (counters.unknown_items > 0) add(&text, "unknown items", counters.unknown_items);
  if (counters.non_finite > 0) add(&text, "candidates without a finite score", counters.non_finite);
  add(&text, "users saved", counters.users_saved);
  char line[96];
  std::snprintf(line, sizeof line, "seconds: %.2f (%.0f records a second)\n", seconds,
                seconds > 0 ? static_cast<double>(counters.records) / seconds : 0.0);
  return text + line;
}

}  // namespace freshet::commands
