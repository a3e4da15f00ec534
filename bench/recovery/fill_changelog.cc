// fill_changelog: writes users into an application's changelog, as a worker that has saved them.
//
//   fill_changelog CONFIG USERS CLICKS
//
// The topics are there and nothing of the group is. Afterwards the group stands at position 0 of
// every partition, with a marker over USERS users of CLICKS clicks each, so that a worker with an
// empty state directory restores them all. For recovery.py.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "common/check.h"
#include "pipeline/config/config_parser.h"
#include "pipeline/events/partitioner.h"
#include "pipeline/kafka/kafka_transport.h"
#include "pipeline/position_metadata.h"
#include "pipeline/state/fingerprint.h"
#include "pipeline/task/task.h"
#include "stateful/user_state.h"

namespace {

using namespace freshet;
using namespace freshet::pipeline;

constexpr EventTime kNewest{1'700'000'000'000};
constexpr std::size_t kUsersPerCommit = 4'000;

class AllPartitions final : public RebalanceListener {
 public:
  Status on_assigned(std::span<const Partition> partitions) override {
    assigned = partitions.size();
    return {};
  }
  Status on_revoked(std::span<const Partition>) override { return {}; }
  Status on_lost(std::span<const Partition>) override { return {}; }

  std::size_t assigned = 0;
};

template <class T>
T must(Result<T> result) {
  if (!result) std::fprintf(stderr, "fill_changelog: %s\n", result.error().message.c_str());
  FRESHET_CHECK(result.has_value());
  return std::move(*result);
}

void must(const Status& status) {
  if (!status) std::fprintf(stderr, "fill_changelog: %s\n", status.error().message.c_str());
  FRESHET_CHECK(status.has_value());
}

// One partition's history: what its markers say of it so far.
struct History {
  std::vector<UserId> users;
  std::size_t next = 0;
  stateful::Marker marker;
};

std::string value_of(const WorkerConfig& config, std::size_t user, int clicks) {
  stateful::UserState state(config.limits());
  for (int i = 0; i < clicks; ++i) {
    const std::size_t item = (user * 31 + static_cast<std::size_t>(i) * 7) % 1'000;
    const EventTime ts = kNewest - DurationMs{static_cast<std::int64_t>(clicks - i) * 60'000};
    state.sequences[0].insert({ts, ItemId("item-" + std::to_string(item))});
  }
  return stateful::encode_user_state(state);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: fill_changelog CONFIG USERS CLICKS\n");
    return 2;
  }
  const WorkerConfig config = must(load_config({argv[1], {}}));
  const std::size_t users = std::strtoull(argv[2], nullptr, 10);
  const int clicks = std::atoi(argv[3]);
  FRESHET_CHECK(config.changelog);

  AllPartitions listener;
  KafkaTransportOptions options;
  options.client_id = "fill";
  options.instance_id = config.application_id + "-fill";
  const auto transport = must(KafkaTransport::create(config, options));
  must(transport->subscribe(&listener));
  const std::int32_t partitions = must(transport->partition_count());
  while (listener.assigned != static_cast<std::size_t>(partitions)) {
    must(transport->poll(std::chrono::milliseconds(50), 1));
  }

  std::vector<History> histories(static_cast<std::size_t>(partitions));
  for (std::int32_t p = 0; p < partitions; ++p) {
    stateful::Marker& marker = histories[static_cast<std::size_t>(p)].marker;
    marker.lineage = random_lineage();
    marker.fingerprint = fingerprint_of(config, config.kafka.input, partitions, Partition{p});
    marker.stream_time = kNewest;
  }
  for (std::size_t i = 0; i < users; ++i) {
    const std::string name = "user-" + std::to_string(i);
    const Partition partition = partition_of(name, partitions);
    histories[static_cast<std::size_t>(partition.value)].users.emplace_back(name);
  }

  std::size_t written = 0;
  while (written < users) {
    std::vector<std::vector<std::string>> values(histories.size());
    std::vector<std::string> markers(histories.size());
    std::vector<PartitionCommit> commits;
    for (std::size_t p = 0; p < histories.size(); ++p) {
      History& history = histories[p];
      const std::size_t end = std::min(history.next + kUsersPerCommit, history.users.size());
      PartitionCommit commit{Partition{static_cast<std::int32_t>(p)}, {}, {}};
      values[p].reserve(end - history.next);
      for (; history.next < end; ++history.next, ++written) {
        const UserId& user = history.users[history.next];
        values[p].push_back(value_of(config, history.next, clicks));
        history.marker.digest += stateful::digest_of_user(user, values[p].back());
        ++history.marker.user_count;
        commit.changelog.push_back({user.view(), values[p].back()});
      }
      commit.committed = {Position{0},
                          encode_position_metadata(
                              {{history.marker.lineage, history.marker.number}, std::nullopt})};
      markers[p] = stateful::encode_marker(history.marker);
      commit.changelog.push_back({"", markers[p]});
      ++history.marker.number;
      commits.push_back(std::move(commit));
    }
    while (true) {
      const auto committed = transport->commit(commits);
      if (committed) break;
      if (committed.error().code != ErrorCode::kUnavailable)
        must(Status(tl::unexpected(committed.error())));
      must(transport->poll(std::chrono::milliseconds(0), 1));
    }
    must(transport->poll(std::chrono::milliseconds(0), 1));
  }
  must(transport->close());
  std::printf("users: %zu\nclicks of each: %d\nbytes of one: %zu\n", users, clicks,
              value_of(config, 0, clicks).size());
  return 0;
}
