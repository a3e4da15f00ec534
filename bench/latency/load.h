// One load on a worker: a thread sends the clicks, and this one reads their scores.
//
//   run_backlog   the worker always has clicks before it: how many it scores a second at most
//   run_schedule  clicks at their times, whatever the worker does: how long each takes
//
// The reader sees committed records alone. Both return once every click has its score.
// Errors:  a click without a score after a minute of silence, with a second one, or with one that
//          was not sent; what the brokers say
// Threads: as said
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "bench/latency/click_sender.h"
#include "bench/latency/quantiles.h"
#include "common/status.h"
#include "pipeline/kafka/topic_tail.h"

namespace freshet::bench {

struct LoadClients {
  ClickSender sender;
  pipeline::TopicTail scores;
  std::uint64_t next_click = 0;  // its number
};

struct Backlog {
  std::size_t clicks = 0;
  std::size_t waiting_max = 0;  // sent and not scored yet
};

// Scores a second between the first fifth of the clicks and the last twentieth.
Result<double> run_backlog(const Backlog& backlog, LoadClients* clients);

struct Schedule {
  double clicks_per_s = 0;
  std::chrono::nanoseconds duration{0};
  std::chrono::nanoseconds warm_up{0};  // clicks that are due before do not count
  std::uint64_t seed = 1;
};

struct ScheduledLoad {
  Quantiles latency;  // due -> score read
  Quantiles late;     // due -> handed to the producer: what the sender itself is late by
};

Result<ScheduledLoad> run_schedule(const Schedule& schedule, LoadClients* clients);

}  // namespace freshet::bench
