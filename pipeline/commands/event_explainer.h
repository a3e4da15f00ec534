// EventExplainer: what each event of one user was scored on, for `replay --explain USER`.
//
// Writes: to a file or a pipe one JSON object a line (docs/formats.md, "Explanation"); to a
//         terminal the same for people: the clicks with their attention weights as bars, the top
//         scores
// Errors:  none; whether stdout took it all is the command's to find out at its end
// Threads: one. Cost: a rebuild for each event of that user, nothing for the others
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/commands/terminal.h"
#include "pipeline/scoring/score_observer.h"
#include "pipeline/scoring/user_explanation.h"

namespace freshet::commands {

class EventExplainer final : public pipeline::ScoreObserver {
 public:
  using Write = std::function<void(std::string_view)>;

  EventExplainer(UserId user, const pipeline::WorkerConfig& config,
                 std::shared_ptr<const pipeline::ServedModel> model, const Terminal& terminal,
                 Write write);

  void on_scored(const pipeline::ScoredOn& scored) override;
  void on_output(const pipeline::InputRecord& record,
                 const pipeline::OutputRecord& output) override;

  std::uint64_t events() const { return events_; }

 private:
  struct Explained {
    pipeline::EventKind kind;
    EventTime ts;
    EventTime stream_time;
    pipeline::UserExplanation why;
  };
  std::string line_of(const pipeline::InputRecord& record, const pipeline::OutputRecord& output);
  std::string text_of(const pipeline::InputRecord& record, const pipeline::OutputRecord& output);
  std::string bars() const;

  UserId user_;
  std::string topic_;
  std::vector<stateful::BehaviourLimits> limits_;
  std::shared_ptr<const pipeline::ServedModel> model_;
  Terminal terminal_;
  Write write_;
  std::optional<Explained> explained_;  // until the event's output comes
  std::uint64_t events_ = 0;
};

}  // namespace freshet::commands
