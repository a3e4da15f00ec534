// Transactions while the broker dies or answers nothing: whatever a commit says, after starting
// again each output is there once.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "pipeline/kafka/changelog_topic.h"
#include "tests/support/kafka_broker.h"
#include "tests/support/kafka_harness.h"
#include "tests/support/kafka_transactions.h"

namespace freshet::test {
namespace {

using pipeline::ChangelogPositions;
using pipeline::PartitionCommit;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{90};

class TransactionOutageTest : public testing::Test {
 protected:
  TransactionOutageTest() : harness_(broker_.bootstrap()), config_(harness_.config()) {
    config_.delivery = pipeline::Delivery::kExactlyOnce;
    config_.changelog = true;
    config_.kafka.client["transaction.timeout.ms"] = "6000";
  }

  // Repeats what may go through later, as a worker does.
  template <class Attempt>
  static auto persist(const Attempt& attempt) {
    const auto deadline = steady_clock::now() + kPatience;
    auto done = attempt();
    while (!done && done.error().code == ErrorCode::kUnavailable &&
           steady_clock::now() < deadline) {
      done = attempt();
    }
    return done;
  }

  std::unique_ptr<ContractMember> started() {
    auto member = std::make_unique<ContractMember>(harness_.open_as(config_, "worker"));
    const Status joined = persist([&] { return member->join(); });
    EXPECT_TRUE(joined) << joined.error().message;
    const auto deadline = steady_clock::now() + kPatience;
    while (member->listener.assigned.size() < std::size_t{kContractPartitions} &&
           steady_clock::now() < deadline) {
      static_cast<void>(member->poll());
    }
    return member;
  }

  static Status publish(ContractMember* member) {
    pipeline::OutputRecord score;
    score.key = "u";
    score.value = "score";
    Status sent = persist([&] { return member->transport->send(score); });
    return sent ? persist([&] { return member->transport->flush(milliseconds(500)); }) : sent;
  }

  static Status commit(ContractMember* member) {
    const std::vector<PartitionCommit> partitions = {
        {Partition{1}, {Position{5}, "text"}, {{"u", "sequence"}, {"", "marker"}}}};
    return persist([&] {
      return member->transport->commit(partitions).map([](const ChangelogPositions&) {});
    });
  }

  static std::optional<Position> committed(ContractMember* member) {
    const std::vector<Partition> asked = {{1}};
    const auto positions = persist([&] { return member->transport->committed(asked); });
    EXPECT_TRUE(positions) << positions.error().message;
    if (!positions || !(*positions)[0]) return std::nullopt;
    return (*positions)[0]->position;
  }

  // A worker after it: it does again what the group says did not happen.
  void start_again_and_finish() {
    const auto next = started();
    if (!committed(next.get())) {
      const Status sent = publish(next.get());
      ASSERT_TRUE(sent) << sent.error().message;
      const Status done = commit(next.get());
      ASSERT_TRUE(done) << done.error().message;
    }
    EXPECT_EQ(committed(next.get()), Position{5});
    EXPECT_TRUE(next->transport->close());
  }

  void expect_each_once() {
    EXPECT_EQ(values_of(config_.kafka.output), std::vector<std::string>{"score"});
    EXPECT_EQ(values_of(changelog_topic(config_)),
              (std::vector<std::string>{"sequence", "marker"}));
  }
  std::vector<std::string> values_of(const std::string& topic) {
    std::vector<std::string> values;
    for (const StoredRecord& record : harness_.records(topic)) {
      values.push_back(record.value.value_or("none"));
    }
    return values;
  }

  OwnKafkaBroker broker_;
  KafkaHarness harness_;
  pipeline::WorkerConfig config_;
};

TEST_F(TransactionOutageTest, ABrokerThatIsKilledWithAnOpenTransactionCostsNoOutputAndRepeatsNone) {
  auto member = started();
  ASSERT_TRUE(publish(member.get()));
  broker_.kill();
  const std::vector<PartitionCommit> partitions = {
      {Partition{1}, {Position{5}, "text"}, {{"u", "sequence"}, {"", "marker"}}}};
  const auto undecided = member->transport->commit(partitions);
  ASSERT_FALSE(undecided);
  EXPECT_EQ(undecided.error().code, ErrorCode::kUnavailable) << undecided.error().message;
  broker_.start();
  const Status done = commit(member.get());
  if (!done) {
    EXPECT_EQ(done.error().code, ErrorCode::kFenced) << done.error().message;
  }
  member.reset();
  start_again_and_finish();
  expect_each_once();
}

TEST_F(TransactionOutageTest,
       ACommitThatABrokerNeverAnswersIsFencedAndStartingAgainTellsItsOutcome) {
  auto member = started();
  ASSERT_TRUE(publish(member.get()));
  broker_.freeze();

  const Status done = commit(member.get());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kFenced) << done.error().message;

  // Leaving is bounded, whatever is open.
  static_cast<void>(member->transport->close());
  member.reset();
  broker_.thaw();
  start_again_and_finish();
  expect_each_once();
}

TEST_F(TransactionOutageTest, AWorkerThatPausedForLongerThanItsTransactionPublishesNothing) {
  auto paused = started();
  ASSERT_TRUE(publish(paused.get()));
  const auto deadline = steady_clock::now() + kPatience;
  // The brokers abort it by themselves: then what lies behind it is readable.
  TransactionalWriter writer(config_.kafka.bootstrap);
  writer.begin();
  for (std::int32_t p = 0; p < kContractPartitions; ++p) {
    writer.write(config_.kafka.output, Partition{p}, "behind");
  }
  writer.commit();
  while (values_of(config_.kafka.output).size() < std::size_t{kContractPartitions} &&
         steady_clock::now() < deadline) {
  }
  EXPECT_EQ(values_of(config_.kafka.output),
            std::vector<std::string>(std::size_t{kContractPartitions}, "behind"));
  const Status late = commit(paused.get());
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::kFenced) << late.error().message;
  EXPECT_TRUE(values_of(changelog_topic(config_)).empty());
}

}  // namespace
}  // namespace freshet::test
