// Observer: a read_committed reader of the output topics that looks now and then during a run.
//
// Oracles: `read_committed` (what was shown stays shown, in its place), `exactly_once` (each input
// offset one output or dead letter, and one record of each topic beside them, of examples one for
// each item; `at_least_once`: at least one, repeats byte-identical), `ascending` (in each output
// partition the sources of one input partition go up), `replay_bytes` (each is what the undisturbed
// replay gives with the model that it names).
// Threads: one
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "pipeline/events/output_decoder.h"
#include "tests/sim/env.h"
#include "tests/sim/expected.h"

namespace freshet::sim {

class Observer {
 public:
  // All outlive the observer.
  Observer(Env* env, const Scenario* scenario, const std::vector<Expected>* expected)
      : env_(env), scenario_(scenario), expected_(expected) {}

  // Reads on.
  void look();
  // Reads all anew, as a reader that comes later, which must see the same list; and whether
  // everything that must come has come. For the end of a run.
  void check_complete();

  // What was shown of each source that names a model; of repeats the last.
  struct Scored {
    std::string place;  // the partition of an output topic
    pipeline::OutputSource source;
  };
  const std::map<std::string, Scored>& scored() const { return scored_; }
  // Every line that was shown, by slot; of repeats the last.
  const std::map<std::string, std::string>& lines() const { return lines_; }

 private:
  // What was shown of one output partition.
  struct Shown {
    Position next;
    std::vector<std::pair<Offset, std::string>> lines;
  };
  using Place = std::pair<std::string, Partition>;

  void check_new(const Place& place, pipeline::OutputTopic topic, const test::StoredRecord& record,
                 const std::string& line);
  void check_again(const Place& place, const Shown& shown);

  Env* env_;
  const Scenario* scenario_;
  const std::vector<Expected>* expected_;  // of each version of the model
  std::map<Place, Shown> shown_;
  std::map<std::string, std::size_t> outputs_;  // by slot
  std::map<std::string, Scored> scored_;
  std::map<std::string, std::string> lines_;
  // By topic, output partition and input partition: the highest offset so far.
  std::map<std::string, std::int64_t> highest_;
  std::vector<test::StoredRecord> batch_;
};

}  // namespace freshet::sim
