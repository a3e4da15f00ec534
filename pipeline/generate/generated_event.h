// GeneratedEvent: one line of a generated log, with what its maker knows of it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace freshet::pipeline {

enum class GeneratedKind { kImpression, kClick, kCart, kOrder, kRequest, kBad };
inline constexpr std::size_t kGeneratedKinds = static_cast<std::size_t>(GeneratedKind::kBad) + 1;

constexpr std::string_view name_of(GeneratedKind kind) {
  constexpr std::array<std::string_view, kGeneratedKinds> kNames = {"impression", "click",   "cart",
                                                                    "order",      "request", "bad"};
  return kNames[static_cast<std::size_t>(kind)];
}

struct GeneratedEvent {
  GeneratedKind kind = GeneratedKind::kImpression;
  std::string line;  // without a line end
  std::int64_t ts_ms = 0;
  std::size_t user = 0;
  std::size_t item = 0;      // index in the catalogue; no meaning for requests and bad events
  bool label = false;        // kImpression: it was clicked
  std::size_t tab = 0;       // kImpression: the scene
  double probability = 0;    // kImpression: the planted truth that the label was drawn from
  bool resent = false;       // the same bytes as an earlier event's
  bool late = false;         // a worker counts it as late
  bool duplicate = false;    // a worker counts it as a duplicate
  std::string_view refusal;  // kBad: the reason of its dead letter

  // Whether a worker inserts it into a sequence.
  bool is_click() const {
    return kind == GeneratedKind::kClick || kind == GeneratedKind::kCart ||
           kind == GeneratedKind::kOrder || (kind == GeneratedKind::kImpression && label);
  }
};

}  // namespace freshet::pipeline
