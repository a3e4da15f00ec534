// What the suites of transactions and of the changelog share: the ways of delivery, workers that
// come back under their name, commits with their changelog, and waiting for what becomes visible.
//
// The answer to a commit says that the decision fell; it becomes visible in each partition a moment
// later. So these tests wait for what must come, and look for what must never come once something
// behind it has.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/contract/pipeline/transport_contract.h"
#include "tests/support/transaction_harness.h"

namespace freshet::test {

// Whether it became true; false after 30 s.
inline bool eventually(const std::function<bool()>& is_true) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!is_true()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
  }
  return true;
}

// Repeats what says kUnavailable, for 30 s.
inline Status persist(const std::function<Status()>& attempt) {
  Status done;
  static_cast<void>(eventually([&] {
    done = attempt();
    return done || done.error().code != ErrorCode::kUnavailable;
  }));
  return done;
}

template <class Harness>
class TransactionalContract : public TransportContract<Harness> {
 protected:
  using Commits = std::vector<pipeline::PartitionCommit>;

  pipeline::WorkerConfig exactly_once() const {
    pipeline::WorkerConfig config = this->harness_.config();
    config.delivery = pipeline::Delivery::kExactlyOnce;
    config.changelog = true;
    return config;
  }
  pipeline::WorkerConfig at_least_once() const {
    pipeline::WorkerConfig config = exactly_once();
    config.delivery = pipeline::Delivery::kAtLeastOnce;
    return config;
  }

  // The worker of this name, which has joined.
  std::unique_ptr<ContractMember> worker(const pipeline::WorkerConfig& config,
                                         const std::string& instance) {
    auto opened = std::make_unique<ContractMember>(this->harness_.open_as(config, instance));
    const Status joined = persist([&] { return opened->join(); });
    EXPECT_TRUE(joined) << joined.error().message;
    return opened;
  }
  // The same, and it has all partitions.
  std::unique_ptr<ContractMember> sole_worker(const pipeline::WorkerConfig& config,
                                              const std::string& instance = "first") {
    auto only = worker(config, instance);
    EXPECT_TRUE(poll_until({only.get()}, [&] { return this->has_all(*only); }));
    return only;
  }

  static Status flush(ContractMember* member) {
    return persist(
        [&] { return member->transport->flush(TransportContract<Harness>::kFlushTimeout); });
  }
  // Hands over a score of user `key` and waits until the broker has it.
  static Status publish(ContractMember* member, const std::string& key, const std::string& value) {
    pipeline::OutputRecord record;
    record.key = key;
    record.value = value;
    Status sent = persist([&] { return member->transport->send(record); });
    return sent ? flush(member) : sent;
  }
  static Result<pipeline::ChangelogPositions> commit(ContractMember* member,
                                                     const Commits& partitions) {
    Result<pipeline::ChangelogPositions> positions;
    const Status done = persist([&]() -> Status {
      positions = member->transport->commit(partitions);
      if (!positions) return tl::unexpected<Error>(positions.error());
      return {};
    });
    if (!done) return tl::unexpected<Error>(done.error());
    return positions;
  }
  // A commit of one partition: its position, one user's value, the marker.
  static Commits of(std::int32_t partition, std::int64_t position, std::string_view user = "u1",
                    std::optional<std::string_view> value = "sequence",
                    std::string_view marker = "marker") {
    return {{Partition{partition}, {Position{position}, "m"}, {{user, value}, {"", marker}}}};
  }

  // Values that a topic shows, by partition, then offset.
  std::vector<std::string> values(const std::string& topic) {
    std::vector<std::string> all;
    for (const StoredRecord& record : this->harness_.records(topic)) {
      all.push_back(record.value.value_or("(none)"));
    }
    return all;
  }
  std::vector<std::string> scores() { return values(this->harness_.config().kafka.output); }
  std::vector<std::string> changelog() { return values(this->harness_.changelog_topic()); }

  // The group's position, once it is decided.
  static std::optional<Position> committed(ContractMember* member, std::int32_t partition) {
    std::optional<Position> position;
    const std::vector<Partition> asked = {{partition}};
    const Status told = persist([&]() -> Status {
      const auto positions = member->transport->committed(asked);
      if (!positions) return tl::unexpected<Error>(positions.error());
      position.reset();
      if ((*positions)[0]) position = (*positions)[0]->position;
      return {};
    });
    EXPECT_TRUE(told) << told.error().message;
    return position;
  }
};

}  // namespace freshet::test
