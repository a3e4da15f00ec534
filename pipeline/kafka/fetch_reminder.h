// FetchReminder: keeps a consumer fetching that takes records out as fast as they come.
//
// librdkafka 2.0 stops fetching while its queue is full, and looks whether there is room again only
// once a second, or when its connection to the broker has anything else to do. A question each time
// that half a queue was taken out makes it look: with a queue of 6 MiB, records of 900 bytes came
// at 320,000 a second, without it at 10,000.
//
// Errors:  none; that nobody answers is met where records are asked for
// Threads: one
// Cost:    one question for half a queue; half a second where nobody answers
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "pipeline/events/record.h"
#include "pipeline/kafka/kafka_handle.h"

namespace freshet::pipeline {

class FetchReminder {
 public:
  FetchReminder(std::shared_ptr<KafkaHandle> consumer, std::string topic);

  // These records have been taken out of the queue.
  void note_taken(const RecordBatch& batch);

 private:
  std::shared_ptr<KafkaHandle> consumer_;
  std::string topic_;
  std::size_t records_max_;  // half of what the queue holds
  std::size_t bytes_max_;
  std::size_t records_ = 0;  // taken since the last question
  std::size_t bytes_ = 0;
};

}  // namespace freshet::pipeline
