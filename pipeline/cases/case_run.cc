#include "pipeline/cases/case_run.h"

#include <algorithm>
#include <utility>

#include "pipeline/events/output_decoder.h"
#include "pipeline/state/fingerprint.h"
#include "pipeline/task/task.h"
#include "stateful/memory_state_store.h"

namespace freshet::pipeline {
namespace {

constexpr Partition kPartition{0};
constexpr std::size_t kCacheBytes = std::size_t{16} << 20;

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : " ") + item;
  return text.empty() ? "nothing" : text;
}

std::string text_of(bool value) { return value ? "true" : "false"; }

// One partition's task over a store of its own.
class CaseTask {
 public:
  CaseTask(const WorkerConfig& config, const std::shared_ptr<const ServedModel>& model)
      : limits_(config.limits()),
        decoder_(config),
        task_({&config, model, &store_, &clock_, &counters_}, kPartition, first_start(),
              store_.take_ownership(kPartition), std::nullopt,
              fingerprint_of(config, config.kafka.input, 1, kPartition), kCacheBytes) {}

  static TaskStart first_start() {
    TaskStart start;
    start.first_start = true;
    return start;
  }

  Result<OutputRecord> process(const std::string& value) {
    InputRecord record{kPartition, next_, std::nullopt, std::nullopt, value};
    next_ = Offset{next_.value + 1};
    const std::optional<UserId> user = decoder_.peek_user(value);
    if (user) record.key = user->view();
    const auto outputs = task_.process(record);
    if (!outputs) return tl::unexpected(outputs.error());
    return outputs->front();  // a record with a value always gives one
  }

  Status save() {
    const auto commit = task_.prepare_commit(Task::Save::kEverything);
    return commit ? task_.post_commit(*commit) : Status{};
  }

  // The visible items of a saved user, newest first.
  Result<std::vector<std::string>> sequence(const std::string& user, std::size_t behaviour) {
    std::vector<std::string> items;
    const auto value = store_.read_user(kPartition, UserId(user));
    if (!value) return tl::unexpected(value.error());
    if (!*value || !task_.stream_time()) return items;
    const auto state = stateful::decode_user_state(limits_, **value);
    if (!state) return tl::unexpected(state.error());
    const stateful::Sequence& clicks = state->sequences[behaviour];
    const auto window = clicks.visible(*task_.stream_time(), limits_[behaviour].age_max);
    for (std::size_t i = 0; i < window.count; ++i) items.push_back(clicks[i].item.str());
    return items;
  }

  const std::vector<stateful::BehaviourLimits>& limits() const { return limits_; }

 private:
  std::vector<stateful::BehaviourLimits> limits_;
  EventDecoder decoder_;
  stateful::MemoryStateStore store_;
  SystemClock clock_;
  Counters counters_;
  Task task_;
  Offset next_{0};
};

// What one output was, in the words of the file.
struct FoundOutput {
  std::string dead_letter;  // its reason and message; empty for scores
  std::string reason;
  ReadOutput scores;
};

Result<FoundOutput> found_output(const OutputRecord& output) {
  FoundOutput found;
  if (output.topic == OutputTopic::kScores) {
    Result<ReadOutput> read = decode_score_event(output.value.value_or(""));
    if (!read) return tl::unexpected(read.error());
    found.scores = std::move(*read);
    return found;
  }
  for (const Header& header : output.headers) {
    if (header.name == "freshet.reason") found.reason = header.value;
    if (header.name == "freshet.message") found.dead_letter = header.value;
  }
  found.dead_letter = "dead letter " + found.reason + ": " + found.dead_letter;
  return found;
}

void compare(const ExpectedOutput& expected, const FoundOutput& found, const std::string& place,
             std::vector<CaseDifference>* differences) {
  const auto differs = [&](const std::string& field, std::string wanted, std::string given) {
    differences->push_back({place + field, std::move(wanted), std::move(given)});
  };
  if (expected.dead_letter || !found.reason.empty()) {
    if (expected.dead_letter == found.reason) return;
    return differs("", expected.dead_letter ? "dead letter " + *expected.dead_letter : "scores",
                   found.reason.empty() ? "scores" : found.dead_letter);
  }
  const ReadOutput& output = found.scores;
  if (expected.sequence_length && *expected.sequence_length != output.sequence_length) {
    differs(": sequence_length", std::to_string(*expected.sequence_length),
            std::to_string(output.sequence_length));
  }
  if (expected.late && *expected.late != output.late) {
    differs(": late", text_of(*expected.late), text_of(output.late));
  }
  if (expected.duplicate && *expected.duplicate != output.duplicate) {
    differs(": duplicate", text_of(*expected.duplicate), text_of(output.duplicate));
  }
  if (!expected.top) return;
  std::vector<std::string> top;
  for (const ReadScore& score : output.scores) {
    if (top.size() < expected.top->size()) top.push_back(score.item_id);
  }
  if (top != *expected.top) differs(": top", joined(*expected.top), joined(top));
}

}  // namespace

Result<std::vector<CaseDifference>> run_case(const Case& one, const WorkerConfig& config,
                                             const std::shared_ptr<const ServedModel>& model) {
  CaseTask task(config, model);
  std::vector<CaseDifference> differences;
  for (std::size_t i = 0; i < one.events.size(); ++i) {
    const Result<OutputRecord> output = task.process(one.events[i]);
    if (!output) return tl::unexpected(output.error());
    if (one.outputs.empty() || !one.outputs[i]) continue;
    const Result<FoundOutput> found = found_output(*output);
    if (!found) return tl::unexpected(found.error());
    compare(*one.outputs[i], *found, "output of event " + std::to_string(i + 1), &differences);
  }
  if (Status saved = task.save(); !saved) return tl::unexpected(saved.error());
  for (const auto& [user, behaviours] : one.sequences) {
    for (std::size_t b = 0; b < task.limits().size(); ++b) {
      const auto expected = behaviours.find(task.limits()[b].name);
      if (expected == behaviours.end()) continue;
      const auto found = task.sequence(user, b);
      if (!found) return tl::unexpected(found.error());
      if (*found == expected->second) continue;
      differences.push_back({"sequence " + expected->first + " of " + user,
                             joined(expected->second), joined(*found)});
    }
  }
  return differences;
}

}  // namespace freshet::pipeline
