#include "tests/sim/faults.h"

#include <iterator>
#include <sstream>

namespace freshet::sim {
namespace {

constexpr std::size_t kBrokerCalls = static_cast<std::size_t>(Call::kReadMarker);
constexpr std::string_view kOtherCalls[] = {"ReadMarker", "ReadUser", "Apply",
                                            "Scan",       "SetAside", "Wait"};

struct Kind {
  std::string_view name;
  double usual;  // the middle of the drawn chances; 0 for what is only seen
};

constexpr Kind kKinds[] = {
    {"crash", 0.002},
    {"machine crash", 0.001},
    {"freeze", 0.001},
    {"slow call", 0.002},
    {"unavailable", 0.01},
    {"lost reply", 0.02},
    {"fenced", 0.003},
    {"disk full", 0.01},
    {"damage", 0.003},
    {"expired session", 0.01},
    {"transaction time-out", 0.01},
    {"late marker", 0.2},
    {"leave", 0.01},
    {"days", 0.005},
    {"compaction", 0.03},
    {"retention", 0.02},
    {"stale batch", 0},
    {"lost batch", 0},
    {"lost disk", 0},
    {"set aside", 0},
    {"gave up", 0},
    {"abandoned transaction", 0},
};
static_assert(std::size(kKinds) == kFaults);

void add_part(std::string* text, const std::string& part) {
  if (!text->empty()) *text += ", ";
  *text += part;
}

}  // namespace

std::string name_of(Call call) {
  const auto number = static_cast<std::size_t>(call);
  if (number >= kBrokerCalls) return std::string(kOtherCalls[number - kBrokerCalls]);
  std::ostringstream name;
  test::PrintTo(static_cast<test::BrokerCall>(number), &name);
  return name.str();
}

std::string_view name_of(Fault fault) { return kKinds[static_cast<std::size_t>(fault)].name; }

std::optional<Fault> fault_of(std::string_view name) {
  for (std::size_t i = 0; i < kFaults; ++i) {
    if (kKinds[i].name == name && kKinds[i].usual > 0) return static_cast<Fault>(i);
  }
  return std::nullopt;
}

FaultPlan FaultPlan::draw(Random* random) {
  FaultPlan plan;
  for (std::size_t i = 0; i < kFaults; ++i) {
    if (random->chance(0.5)) plan.chances[i] = kKinds[i].usual * random->uniform(0.2, 3.0);
  }
  return plan;
}

void FaultCounts::add(const FaultCounts& other) {
  for (std::size_t i = 0; i < kFaults; ++i) faults[i] += other.faults[i];
  for (std::size_t i = 0; i < kCalls; ++i) {
    for (std::size_t moment = 0; moment < 2; ++moment) {
      crashes[i][moment] += other.crashes[i][moment];
    }
  }
}

std::string FaultCounts::faults_text() const {
  std::string text;
  for (std::size_t i = 0; i < kFaults; ++i) {
    add_part(&text, std::string(kKinds[i].name) + " " + std::to_string(faults[i]));
  }
  return text;
}

std::string FaultCounts::crashes_text() const {
  std::string text;
  for (std::size_t i = 0; i < kCalls; ++i) {
    const auto& [before, after] = crashes[i];
    if (before + after == 0) continue;
    add_part(&text, name_of(static_cast<Call>(i)) + " " + std::to_string(before) + "+" +
                        std::to_string(after));
  }
  return text;
}

}  // namespace freshet::sim
