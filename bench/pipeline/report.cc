#include "bench/pipeline/report.h"

#include <array>
#include <cstdio>

#include "common/json_text.h"

namespace freshet::bench {
namespace {

template <class... Values>
std::string line(const char* format, Values... values) {
  std::array<char, 256> text{};
  std::snprintf(text.data(), text.size(), format, values...);
  return text.data();
}

void append_member(std::string_view name, double value, std::string* out) {
  if (out->back() != '{') *out += ',';
  *out += json_string(name) + ":" + line("%.6g", value);
}

std::string cost_json(const Cost& cost) {
  std::string text = "{";
  append_member("ns", cost.ns, &text);
  append_member("low_ns", cost.low_ns, &text);
  append_member("high_ns", cost.high_ns, &text);
  return text + "}";
}

}  // namespace

double Whole::ideal_ns(const Costs& parts) const {
  double sum = 0;
  for (const auto& [part, times] : uses) sum += times * parts.at(part).ns;
  return sum;
}

std::string table(const Report& report) {
  const BenchOptions& options = report.options;
  std::string text = line("users %zu, N %zu, d %zu, budget %zu MiB\n", options.users,
                          options.length, options.dim, options.budget_mb);
  text += line(
      "  largest resident %.0f MiB, hot users %.0f MiB, store %.0f MiB, at rest %.0f MiB (%.0f "
      "bytes a user)\n",
      report.memory.resident_mb, report.memory.hot_users_mb, report.memory.store_busy_mb,
      report.memory.store_mb,
      report.memory.store_mb * 1048576 / static_cast<double>(options.users));
  text += "  part                         ns   quartiles\n";
  for (const auto& [name, cost] : report.parts) {
    text += line("  %-22s %8.0f   %.0f..%.0f\n", name.c_str(), cost.ns, cost.low_ns, cost.high_ns);
  }
  text += "  whole                        ns   quartiles        parts  fraction  allocations\n";
  for (const Whole& whole : report.wholes) {
    const double ideal = whole.ideal_ns(report.parts);
    text += line("  %-22s %8.0f   %.0f..%.0f   %8.0f  %8.2f  %11.2f\n", whole.name.c_str(),
                 whole.cost.ns, whole.cost.low_ns, whole.cost.high_ns, ideal, ideal / whole.cost.ns,
                 whole.allocations);
  }
  for (const auto& [candidates, speedup] : report.speedups) {
    text += line(
        "  %zu threads on %zu candidates: %.2f times one by the wall clock, %.2f by CPU, %.1f "
        "waits "
        "for 1,000 clicks\n",
        options.threads, candidates, speedup.wall, speedup.cpu, speedup.waits);
  }
  return text;
}

std::string json(const Report& report) {
  const BenchOptions& options = report.options;
  std::string text = "{";
  append_member("users", static_cast<double>(options.users), &text);
  append_member("length", static_cast<double>(options.length), &text);
  append_member("dim", static_cast<double>(options.dim), &text);
  append_member("budget_mb", static_cast<double>(options.budget_mb), &text);
  append_member("resident_mb", report.memory.resident_mb, &text);
  append_member("hot_users_mb", report.memory.hot_users_mb, &text);
  append_member("store_busy_mb", report.memory.store_busy_mb, &text);
  append_member("store_mb", report.memory.store_mb, &text);
  text += ",\"parts\":{";
  for (const auto& [name, cost] : report.parts) {
    if (text.back() != '{') text += ',';
    text += json_string(name) + ":" + cost_json(cost);
  }
  text += "},\"wholes\":{";
  for (const Whole& whole : report.wholes) {
    if (text.back() != '{') text += ',';
    text += json_string(whole.name) + ":" + cost_json(whole.cost);
    text.pop_back();
    append_member("parts_ns", whole.ideal_ns(report.parts), &text);
    append_member("allocations", whole.allocations, &text);
    text += ",\"uses\":{";
    for (const auto& [part, times] : whole.uses) append_member(part, times, &text);
    text += "}}";
  }
  text += "},\"threads\":" + std::to_string(options.threads) + ",\"speedups\":{";
  for (const auto& [candidates, speedup] : report.speedups) {
    if (text.back() != '{') text += ',';
    text += json_string(std::to_string(candidates)) + ":{";
    append_member("wall", speedup.wall, &text);
    append_member("cpu", speedup.cpu, &text);
    append_member("waits", speedup.waits, &text);
    text += '}';
  }
  return text + "}}\n";
}

}  // namespace freshet::bench
