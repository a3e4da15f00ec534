#include "pipeline/state/fingerprint.h"

#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace freshet::pipeline {
namespace {

using FingerprintLines = std::map<std::string, std::string, std::less<>>;

FingerprintLines split(std::string_view text) {
  FingerprintLines lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    const std::size_t equals = line.find('=');
    if (equals != std::string_view::npos) {
      lines.emplace(line.substr(0, equals), line.substr(equals + 1));
    }
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
  return lines;
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool is_limit(std::string_view name) {
  return name.ends_with(".length_max") || name.ends_with(".age_max_ms");
}

// Fewer clicks and younger clicks are a part of what is stored; more or older ones are not.
bool became_shorter(std::string_view name, std::string_view stored, std::string_view configured) {
  if (!is_limit(name)) return false;
  const std::optional<std::int64_t> before = number(stored);
  const std::optional<std::int64_t> now = number(configured);
  return before && now && *now < *before;
}

constexpr std::string_view kPartitions = "input.partitions";

}  // namespace

Status check_fingerprint(std::string_view stored, std::string_view configured) {
  const FingerprintLines before = split(stored);
  const FingerprintLines now = split(configured);
  const auto refuse = [](const std::string& name, const std::string& was, const std::string& is) {
    if (name == kPartitions) {
      return error(ErrorCode::kInvalidConfig,
                   "the state was made of " + was + " partitions of the input topic, which has " +
                       is +
                       " now, so users are in other partitions than their clicks were; move the "
                       "state directory away and feed the clicks into a new topic, or set "
                       "kafka.input back");
    }
    std::string message = "the state was made with " + name + " = " + was +
                          ", the configuration says " + is +
                          "; set it back, or make the state again with `freshet state rebuild`";
    // A state that came with a partition may be of a worker whose configuration was changed first.
    if (is_limit(name)) {
      message +=
          "; where it is being made shorter, another worker may run with that already: change "
          "it on this one too";
    }
    return error(ErrorCode::kInvalidConfig, std::move(message));
  };
  for (const auto& [name, value] : before) {
    const auto found = now.find(name);
    if (found == now.end()) return refuse(name, value, "nothing");
    if (found->second != value && !became_shorter(name, value, found->second)) {
      return refuse(name, value, found->second);
    }
  }
  for (const auto& [name, value] : now) {
    if (!before.contains(name)) return refuse(name, "nothing", value);
  }
  return {};
}

Status check_fingerprints(stateful::StateStore* store, const WorkerConfig& config,
                          std::optional<std::int32_t> partition_count) {
  const auto partitions = store->partitions();
  if (!partitions) return tl::unexpected(partitions.error());
  for (const Partition partition : *partitions) {
    const auto stored = store->read_marker(partition);
    if (!stored) return tl::unexpected(stored.error());
    if (!*stored) continue;
    const std::string& made = (*stored)->marker.fingerprint;
    const FingerprintLines lines = split(made);
    const auto count = lines.find(kPartitions);
    const auto as_stored = count == lines.end() ? std::nullopt : number(count->second);
    const std::string configured = fingerprint_of(
        config, config.kafka.input,
        partition_count.value_or(static_cast<std::int32_t>(as_stored.value_or(0))), partition);
    if (const Status fits = check_fingerprint(made, configured); !fits) {
      return error(fits.error().code,
                   "partition " + std::to_string(partition.value) + ": " + fits.error().message);
    }
  }
  return {};
}

}  // namespace freshet::pipeline
