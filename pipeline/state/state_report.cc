#include "pipeline/state/state_report.h"

#include <algorithm>
#include <utility>

namespace freshet::pipeline {
namespace {

constexpr std::size_t kUnsoundMax = 10;

void note(PartitionReport* report, std::string problem) {
  if (report->problems.size() < kUnsoundMax) report->problems.push_back(std::move(problem));
}

void visit_user(std::span<const stateful::BehaviourLimits> limits, const UserId& user,
                std::string_view value, PartitionReport* report) {
  ++report->users;
  report->bytes += value.size();
  report->digest += stateful::digest_of_user(user, value);
  const Result<stateful::UserState> state = stateful::decode_user_state(limits, value);
  if (!state) {
    note(report, "user \"" + user.str() + "\": " + state.error().message);
    return;
  }
  for (const stateful::Sequence& sequence : state->sequences) report->clicks += sequence.size();
  const auto stream_time = report->stored.marker.stream_time;
  if (stream_time) {
    report->logical_digest += stateful::logical_digest_of_user(user, *state, limits, *stream_time);
  }
}

Result<PartitionReport> verify_partition(stateful::StateStore* store, Partition partition,
                                         std::span<const stateful::BehaviourLimits> limits) {
  const auto marker = store->read_marker(partition);
  if (!marker) return tl::unexpected(marker.error());
  PartitionReport report;
  report.partition = partition;
  if (*marker) report.stored = **marker;
  const Status scanned =
      store->scan(partition, std::nullopt, [&](std::string_view user, std::string_view value) {
        visit_user(limits, UserId(user), value, &report);
        return true;
      });
  if (!scanned) return tl::unexpected(scanned.error());
  // In the middle of a restore the users are those of no marker, and are counted by themselves.
  const stateful::RestoredSoFar said = report.stored.restored.value_or(
      stateful::RestoredSoFar{report.stored.marker.digest, report.stored.marker.user_count});
  if (report.digest != said.digest) {
    note(&report,
         "the stored digest is " + said.digest.hex() + ", the users give " + report.digest.hex());
  }
  if (report.users != said.user_count) {
    note(&report, "the marker counts " + std::to_string(said.user_count) + " users, the scan " +
                      std::to_string(report.users));
  }
  return report;
}

std::string stream_time_of(const PartitionReport& partition) {
  const auto stream_time = partition.stored.marker.stream_time;
  return stream_time ? std::to_string(stream_time->ms) : "none";
}

std::string model_of(const PartitionReport& partition) {
  const auto& model = partition.stored.marker.model;
  if (!model) return {};
  return ", model " + model->label + " since " + std::to_string(model->first_position.value);
}

template <class Line>
std::string lines_of(const StateReport& report, const Line& line) {
  std::string text;
  for (const PartitionReport& partition : report.partitions) {
    const std::string name = "partition " + std::to_string(partition.partition.value);
    text += name + ": " + line(partition) + "\n";
    for (const std::string& problem : partition.problems) {
      text += name + ": PROBLEM: " + problem + "\n";
    }
  }
  return text;
}

}  // namespace

bool StateReport::sound() const {
  return std::all_of(partitions.begin(), partitions.end(),
                     [](const PartitionReport& report) { return report.problems.empty(); });
}

Result<StateReport> verify_state(stateful::StateStore* store,
                                 std::span<const stateful::BehaviourLimits> limits) {
  const auto partitions = store->partitions();
  if (!partitions) return tl::unexpected(partitions.error());
  StateReport report;
  for (const Partition partition : *partitions) {
    Result<PartitionReport> verified = verify_partition(store, partition, limits);
    if (!verified) return tl::unexpected(verified.error());
    report.partitions.push_back(std::move(*verified));
  }
  return report;
}

std::string describe(const StateReport& report) {
  return lines_of(report, [](const PartitionReport& partition) {
    return "position " + std::to_string(partition.stored.marker.position.value) +
           model_of(partition) + ", stream time " + stream_time_of(partition) + ", " +
           std::to_string(partition.users) + " users, " + std::to_string(partition.clicks) +
           " clicks, " + std::to_string(partition.bytes) + " bytes, digest " +
           partition.digest.hex() + ", logical " + partition.logical_digest.hex() +
           (partition.stored.restored ? ", in the middle of a restore" : "");
  });
}

std::string describe_logical(const StateReport& report) {
  return lines_of(report, [](const PartitionReport& partition) {
    return "stream time " + stream_time_of(partition) + ", logical " +
           partition.logical_digest.hex();
  });
}

}  // namespace freshet::pipeline
