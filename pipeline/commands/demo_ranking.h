// DemoRanking: how well the demo's model ranked what was shown, beside the truth that clicks were
// drawn from.
//
// Computes: the AUC of the published scores and that of the planted probabilities, over the same
//           impressions: each once, the first time it was scored
// Errors:   none; an output that it cannot place counts nothing
// Threads:  shown() before, scored() of one thread, areas() after; Cost: 16 B an event of the log
// Oracle:   tests/e2e/demo_test.py, by the log and `freshet replay`
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "pipeline/generate/generated_event.h"

namespace freshet::commands {

struct DemoAreas {
  std::size_t impressions = 0;
  double model = 0;
  double truth = 0;
};

class DemoRanking {
 public:
  // A line of the log; only impressions count.
  void shown(const pipeline::GeneratedEvent& event);
  // An output, as it was published.
  void scored(std::string_view output);

  // None where nothing was scored, or all of it or none of it was clicked.
  std::optional<DemoAreas> areas() const;

 private:
  struct Shown {
    float truth = -1;  // below 0: not shown
    float score = -1;  // below 0: not scored
    bool clicked = false;
  };
  std::vector<Shown> shown_;  // by the event's number
};

}  // namespace freshet::commands
