// LogGenerator: a click log of any length, line by line, the same bytes for the same options.
//
// Computes: users in sessions who are shown items, click, put into carts and order, by the planted
//           model of docs/generator.md; then events that come late, twice or broken, at given rates
// Units:    times in ms since the epoch, UTC
// Errors:   none; options outside their ranges are programmer errors (the command checks them)
// Threads:  one
// Cost:     under a microsecond an event; memory is 350 B a user
// Oracle:   tests/unit/generate: rates, calibration, drift, slopes; what a replay counts
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "common/random.h"
#include "pipeline/generate/audience.h"
#include "pipeline/generate/catalogue.h"
#include "pipeline/generate/generated_event.h"

namespace freshet::pipeline {

struct GenerateOptions {
  std::uint64_t seed = 1;
  std::uint64_t events = 100'000;
  std::size_t users = 1'000;
  std::size_t items = 500;
  std::int64_t start_ms = 1'704'067'200'000;  // 2024-01-01T00:00:00Z
  AudienceLaw law;
  bool truth = false;  // impressions carry their probability as "p"
  double late = 0.02;
  double duplicates = 0.01;
  double bad = 0.002;
  double requests = 0.02;
  bool impressions = true;  // which kinds are written; without impressions a click in the feed is
  bool clicks = true;       // a click event of its own
  bool carts = false;
  bool orders = false;
};

class LogGenerator {
 public:
  // Requires: events, users and items > 0; rates from 0 to 1 whose sum is at most 1; impressions or
  // clicks.
  explicit LogGenerator(const GenerateOptions& options);

  // The next event, valid until the next call; null after the last.
  const GeneratedEvent* next();

  const Catalogue& catalogue() const { return catalogue_; }
  const Audience& audience() const { return audience_; }

 private:
  // Something that a user is going to do.
  struct Plan {
    std::int64_t ts_ms = 0;
    std::uint64_t order = 0;  // breaks ties
    std::uint32_t user = 0;
    std::uint32_t item = 0;
    GeneratedKind kind = GeneratedKind::kImpression;  // kCart, kOrder: of `item`
    bool operator>(const Plan& other) const {
      return ts_ms != other.ts_ms ? ts_ms > other.ts_ms : order > other.order;
    }
  };
  // The newest click that was written of a user, per kind of sequence.
  struct Newest {
    std::int64_t ts_ms = -1;
    std::uint32_t item = 0;
  };
  static constexpr std::size_t kSequences = 3;  // clicks, carts, orders

  void plan(std::int64_t ts_ms, std::size_t user, GeneratedKind kind, std::size_t item = 0);
  // Carries out plans until one of them writes an event.
  GeneratedEvent act();
  std::optional<GeneratedEvent> act_in_feed(const Plan& next);
  void follow_click(std::int64_t ts_ms, std::size_t user, std::size_t item);
  void plan_next(const Plan& done);
  GeneratedEvent request();
  GeneratedEvent bad();
  std::optional<GeneratedEvent> resend();
  void encode(GeneratedEvent* event);
  // Judges the event as a worker would when it comes, and remembers it.
  const GeneratedEvent* write(GeneratedEvent event);
  bool hold_back(const GeneratedEvent& event);
  void release_held(std::size_t user);

  GenerateOptions options_;
  Catalogue catalogue_;
  Audience audience_;
  Random random_;
  std::priority_queue<Plan, std::vector<Plan>, std::greater<>> plans_;
  std::uint64_t plans_made_ = 0;
  std::uint64_t events_made_ = 0;
  std::int64_t now_ms_;
  std::size_t last_user_ = 0;
  std::uint64_t written_ = 0;
  std::vector<std::array<Newest, kSequences>> newest_;  // [users]
  std::vector<std::vector<GeneratedEvent>> held_;       // [users]
  std::uint64_t held_count_ = 0;
  std::deque<GeneratedEvent> released_;  // due at once
  std::deque<GeneratedEvent> recent_;    // what may be sent again
  GeneratedEvent current_;
};

}  // namespace freshet::pipeline
