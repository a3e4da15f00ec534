// What a worker does with the outputs of a record: sends them, and what becomes of those that their
// topic does not take.
#include <string>
#include <string_view>
#include <utility>

#include "common/crash_point.h"
#include "pipeline/input_place.h"
#include "pipeline/log/log.h"
#include "pipeline/worker/worker.h"

namespace freshet::pipeline {
namespace {

// How to have smaller records of a topic that stands beside the main output.
std::string_view remedy_of(OutputTopic topic) {
  return topic == OutputTopic::kExamples ? "lower length_max of the behaviours"
                                         : "lower candidates.publish";
}

void warn_left_out(const std::string& message) {
  log_warn(message + " (told once; freshet_outputs_dropped_total counts them all)");
}

std::size_t bytes_of(const OutputRecord& output) {
  return (output.key ? output.key->size() : 0) + (output.value ? output.value->size() : 0);
}

}  // namespace

// As messages say it.
std::string Worker::place_of(const InputRecord& record) const {
  return input_place(context_.config->kafka.input, record.partition, record.offset);
}

Status Worker::send(const OutputRecord& output) {
  return persist(Operation::kSend, [&] { return transport_->send(output); });
}

Status Worker::publish(const InputRecord& record, std::span<const OutputRecord> outputs,
                       Task* task) {
  if (outputs.empty()) return {};
  if (Status sent = publish_main(record, outputs.front(), task); !sent) return sent;
  for (const OutputRecord& output : outputs.subspan(1)) {
    if (Status sent = publish_beside(record, output); !sent) return sent;
  }
  if (const std::size_t count = task->examples_left_out(); count > 0) {
    context_.counters->dropped[static_cast<std::size_t>(OutputTopic::kExamples)] += count;
    if (std::exchange(told_long_event_, true)) return {};
    warn_left_out(std::to_string(count) + " of the examples of " + place_of(record) +
                  " are left out: the rows of one event take too many bytes together; request "
                  "fewer candidates, or " +
                  std::string(remedy_of(OutputTopic::kExamples)));
  }
  return {};
}

Status Worker::publish_main(const InputRecord& record, const OutputRecord& output, Task* task) {
  Status sent = send(output);
  if (sent) {
    task->note_output(record);
    crash_point("after_send");
  }
  if (sent || sent.error().code != ErrorCode::kBadRecord) return sent;
  if (output.topic == OutputTopic::kDeadLetters) {
    return error(ErrorCode::kFatal, "a dead letter is refused, nothing can be committed past it: " +
                                        sent.error().message);
  }
  --context_.counters->scores;  // counted when it was made, but not published
  sent = send(task->dead_letter(record, {DeadLetterReason::kTooLarge, sent.error().message}));
  if (sent) task->note_output(record);
  return sent;
}

// What stands beside the main output must never keep it back.
Status Worker::publish_beside(const InputRecord& record, const OutputRecord& output) {
  Status sent = send(output);
  if (sent) bytes_beside_ += bytes_of(output);
  if (sent || sent.error().code != ErrorCode::kBadRecord) return sent;
  const auto topic = static_cast<std::size_t>(output.topic);
  ++context_.counters->dropped[topic];
  if (std::exchange(told_refused_[topic], true)) return {};
  warn_left_out("the " + std::string(name_of(output.topic)) + " record of " + place_of(record) +
                " is left out: " + sent.error().message +
                "; raise the topic's max.message.bytes, or " +
                std::string(remedy_of(output.topic)));
  return {};
}

}  // namespace freshet::pipeline
