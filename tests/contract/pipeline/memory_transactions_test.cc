// What the in-memory broker's hooks can do to transactions, and what of them nobody may see.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/config/changelog_name.h"
#include "tests/support/memory_changelog_reader.h"
#include "tests/support/memory_transport.h"
#include "tests/support/transport_harness.h"

namespace freshet::test {
namespace {

using pipeline::PartitionCommit;
using std::chrono::milliseconds;

class Faults final : public BrokerHooks {
 public:
  Status at(BrokerCall call, Moment moment, const std::string&) override {
    if (!next_ || next_->call != call || next_->moment != moment) return {};
    const ErrorCode code = next_->code;
    next_.reset();
    return error(code, "on purpose");
  }
  bool lands_at_once(const PendingMarker&) override { return !holds_markers; }

  // The next time that the call comes to this moment it says `code`.
  void fail_once(BrokerCall call, Moment moment, ErrorCode code) {
    next_ = Failure{call, moment, code};
  }

  bool holds_markers = false;

 private:
  struct Failure {
    BrokerCall call;
    Moment moment;
    ErrorCode code;
  };
  std::optional<Failure> next_;
};

class MemoryTransactionsTest : public testing::Test {
 protected:
  MemoryTransactionsTest() : broker_(&faults_) {
    config_.delivery = pipeline::Delivery::kExactlyOnce;
    config_.changelog = true;
    changelog_ = pipeline::changelog_topic(config_);
    for (const std::string& topic :
         {config_.kafka.input, config_.kafka.output, config_.kafka.dead_letter, changelog_}) {
      broker_.create_topic(topic, 1);
    }
  }

  std::unique_ptr<ContractMember> opened() {
    return std::make_unique<ContractMember>(
        std::make_unique<MemoryTransport>(&broker_, config_, "worker"));
  }
  // A worker that has the partition.
  std::unique_ptr<ContractMember> worker() {
    auto member = opened();
    EXPECT_TRUE(member->join());
    EXPECT_TRUE(member->poll(milliseconds(0)));
    EXPECT_EQ(member->listener.assigned.size(), 1U);
    return member;
  }
  std::string transactional_id() const { return config_.application_id + "-worker"; }

  static Status publish(ContractMember* member, const std::string& value) {
    pipeline::OutputRecord record;
    record.value = value;
    if (Status sent = member->transport->send(record); !sent) return sent;
    return member->transport->flush(milliseconds(0));
  }
  static Result<pipeline::ChangelogPositions> commit(ContractMember* member,
                                                     std::int64_t position) {
    const std::vector<PartitionCommit> one = {
        {Partition{0}, {Position{position}, "m"}, {{"u", "sequence"}, {"", "marker"}}}};
    return member->transport->commit(one);
  }
  static Result<std::optional<Position>> committed(ContractMember* member) {
    const std::vector<Partition> asked = {{0}};
    const auto positions = member->transport->committed(asked);
    if (!positions) return tl::unexpected<Error>(positions.error());
    if (!(*positions)[0]) return std::optional<Position>();
    return std::optional((*positions)[0]->position);
  }

  std::size_t scores() const { return broker_.records(config_.kafka.output).size(); }
  std::vector<std::string> entries() const {
    std::vector<std::string> lines;
    for (const StoredRecord& record : broker_.records(changelog_)) {
      lines.push_back(std::to_string(record.offset.value) + " " + *record.key + "=" +
                      record.value.value_or("(none)"));
    }
    return lines;
  }

  // Lets the marker of this topic land; without a topic the one of the group.
  void land(const std::string& topic) {
    for (const PendingMarker& marker : broker_.pending_markers()) {
      if (marker.place.topic == topic) return broker_.land_marker(marker.number);
    }
    FAIL() << "no marker is on its way to " << topic;
  }
  void land_all() {
    for (const PendingMarker& marker : broker_.pending_markers()) {
      broker_.land_marker(marker.number);
    }
  }

  pipeline::WorkerConfig config_;
  std::string changelog_;
  Faults faults_;
  MemoryBroker broker_;
};

TEST_F(MemoryTransactionsTest, TheMarkersOfOneTransactionLandAtDifferentMoments) {
  const auto member = worker();
  faults_.holds_markers = true;
  ASSERT_TRUE(publish(member.get(), "score"));
  ASSERT_TRUE(commit(member.get(), 5));
  ASSERT_EQ(broker_.pending_markers().size(), 3U);
  EXPECT_EQ(scores(), 0U);
  EXPECT_TRUE(entries().empty());
  EXPECT_EQ(committed(member.get()).error().code, ErrorCode::kUnavailable);
  land(changelog_);
  EXPECT_EQ(entries().size(), 2U);
  EXPECT_EQ(scores(), 0U);
  EXPECT_EQ(committed(member.get()).error().code, ErrorCode::kUnavailable);
  land("");
  EXPECT_EQ(committed(member.get()).value(), Position{5});
  EXPECT_EQ(scores(), 0U);
  land(config_.kafka.output);
  EXPECT_EQ(scores(), 1U);
}

TEST_F(MemoryTransactionsTest, TheNextTransactionWaitsUntilTheLastMarkerHasLanded) {
  const auto member = worker();
  faults_.holds_markers = true;
  ASSERT_TRUE(commit(member.get(), 5));
  const Status early = publish(member.get(), "score");
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, ErrorCode::kUnavailable);
  land_all();
  ASSERT_TRUE(member->transport->flush(milliseconds(0)));
  ASSERT_TRUE(commit(member.get(), 6));
  land_all();
  EXPECT_EQ(scores(), 1U);
}

TEST_F(MemoryTransactionsTest, ADecidedCommitIsFinishedAlthoughItsWorkerCrashed) {
  auto crashed = worker();
  faults_.holds_markers = true;
  ASSERT_TRUE(publish(crashed.get(), "score"));
  ASSERT_TRUE(commit(crashed.get(), 5));
  crashed.reset();
  const auto restarted = opened();
  const Status early = restarted->join();
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().code, ErrorCode::kUnavailable);
  land_all();
  ASSERT_TRUE(restarted->join());
  ASSERT_TRUE(restarted->poll(milliseconds(0)));
  EXPECT_EQ(committed(restarted.get()).value(), Position{5});
  EXPECT_EQ(scores(), 1U);
}

TEST_F(MemoryTransactionsTest, ARestartWaitsForTheAbortOfWhatWasOpen) {
  auto crashed = worker();
  faults_.holds_markers = true;
  ASSERT_TRUE(publish(crashed.get(), "never"));
  crashed.reset();
  const auto restarted = opened();
  EXPECT_EQ(restarted->join().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(restarted->join().error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(broker_.stable_end(config_.kafka.output, Partition{0}), Position{0});
  land_all();
  ASSERT_TRUE(restarted->join());
  EXPECT_EQ(broker_.stable_end(config_.kafka.output, Partition{0}), Position{2});
  EXPECT_EQ(scores(), 0U);
}

TEST_F(MemoryTransactionsTest, ATransactionWhoseTimeIsOverIsAbortedAndItsProducerFenced) {
  const auto member = worker();
  ASSERT_TRUE(publish(member.get(), "never"));
  ASSERT_EQ(broker_.ongoing_transactions().size(), 1U);
  EXPECT_EQ(broker_.ongoing_transactions()[0].transactional_id, transactional_id());
  broker_.time_out_transaction(transactional_id());
  EXPECT_TRUE(broker_.ongoing_transactions().empty());
  EXPECT_EQ(commit(member.get(), 5).error().code, ErrorCode::kFenced);
  EXPECT_EQ(publish(member.get(), "never").error().code, ErrorCode::kFenced);
  ASSERT_TRUE(member->transport->close());

  const auto next = worker();
  EXPECT_EQ(committed(next.get()).value(), std::nullopt);
  ASSERT_TRUE(publish(next.get(), "score"));
  ASSERT_TRUE(commit(next.get(), 5));
  EXPECT_EQ(scores(), 1U);
}

TEST_F(MemoryTransactionsTest, ADecidedTransactionHasNoTimeToBeOver) {
  const auto member = worker();
  faults_.holds_markers = true;
  ASSERT_TRUE(commit(member.get(), 5));
  broker_.time_out_transaction(transactional_id());
  land_all();
  EXPECT_EQ(committed(member.get()).value(), Position{5});
}

TEST_F(MemoryTransactionsTest, ACommitThatIsRepeatedFromAnyStepOnWritesNothingTwice) {
  const std::vector<BrokerCall> steps = {BrokerCall::kCommit, BrokerCall::kProduce,
                                         BrokerCall::kSendOffsets, BrokerCall::kEndTransaction};
  const auto member = worker();
  std::int64_t position = 0;
  for (const BrokerCall step : steps) {
    for (const Moment moment : {Moment::kBefore, Moment::kAfter}) {
      faults_.fail_once(step, moment, ErrorCode::kUnavailable);
      ++position;
      const auto failed = commit(member.get(), position);
      ASSERT_FALSE(failed);
      EXPECT_EQ(failed.error().code, ErrorCode::kUnavailable);
      const auto repeated = commit(member.get(), position);
      ASSERT_TRUE(repeated) << repeated.error().message;
      EXPECT_EQ((*repeated)[0], Position{3 * position - 1});
      EXPECT_EQ(committed(member.get()).value(), Position{position});
      EXPECT_EQ(entries().size(), static_cast<std::size_t>(2 * position));
    }
  }
}

TEST_F(MemoryTransactionsTest, ACommitWhoseAnswerIsFencedMayBeDoneOrNot) {
  auto member = worker();
  faults_.fail_once(BrokerCall::kEndTransaction, Moment::kAfter, ErrorCode::kFenced);
  EXPECT_EQ(commit(member.get(), 5).error().code, ErrorCode::kFenced);
  EXPECT_EQ(commit(member.get(), 5).error().code, ErrorCode::kFenced);
  ASSERT_TRUE(member->transport->close());
  member = worker();
  EXPECT_EQ(committed(member.get()).value(), Position{5});

  faults_.fail_once(BrokerCall::kEndTransaction, Moment::kBefore, ErrorCode::kFenced);
  EXPECT_EQ(commit(member.get(), 6).error().code, ErrorCode::kFenced);
  ASSERT_TRUE(member->transport->close());
  member = worker();
  EXPECT_EQ(committed(member.get()).value(), Position{5});
  EXPECT_EQ(entries().size(), 2U);
}

TEST_F(MemoryTransactionsTest, APollWhoseAnswerIsLostIsReadAgain) {
  const auto member = worker();
  for (const char* value : {"a", "b"}) {
    StoredRecord record;
    record.value = value;
    broker_.append(config_.kafka.input, Partition{0}, record);
  }
  faults_.fail_once(BrokerCall::kPoll, Moment::kAfter, ErrorCode::kUnavailable);
  EXPECT_FALSE(member->poll(milliseconds(0)));
  EXPECT_TRUE(member->read.empty());
  ASSERT_TRUE(member->poll(milliseconds(0)));
  ASSERT_EQ(member->read.size(), 2U);
  EXPECT_EQ(member->read[0].value, "a");
}

TEST_F(MemoryTransactionsTest, WhoUsesAnExpiredTransactionalIdIsFenced) {
  const auto member = worker();
  ASSERT_TRUE(commit(member.get(), 5));
  broker_.expire_transactional_id(transactional_id());
  EXPECT_EQ(commit(member.get(), 6).error().code, ErrorCode::kFenced);
  const auto next = worker();
  EXPECT_TRUE(commit(next.get(), 6));
  EXPECT_EQ(commit(member.get(), 7).error().code, ErrorCode::kFenced);
  EXPECT_EQ(committed(next.get()).value(), Position{6});
}

TEST_F(MemoryTransactionsTest, AnEmptyGroupsPositionsMayBeResetAndExpire) {
  auto member = worker();
  ASSERT_TRUE(commit(member.get(), 5));
  member.reset();
  broker_.expire(broker_.sessions()[0].member);
  broker_.reset_position(config_.application_id, Partition{0}, {Position{2}, "by hand"});
  EXPECT_EQ(broker_.committed(config_.application_id, Partition{0})->position, Position{2});
  broker_.expire_positions(config_.application_id);
  EXPECT_EQ(committed(worker().get()).value(), std::nullopt);
}

TEST_F(MemoryTransactionsTest, RecordsThatAreDeliveredAtOnceKeepTheirOrder) {
  const auto member = worker();
  pipeline::OutputRecord record;
  record.value = "first";
  ASSERT_TRUE(member->transport->send(record));
  broker_.deliver_at_once(true);
  record.value = "second";
  faults_.fail_once(BrokerCall::kProduce, Moment::kBefore, ErrorCode::kUnavailable);
  ASSERT_TRUE(member->transport->send(record));
  record.value = "third";
  ASSERT_TRUE(member->transport->send(record));
  EXPECT_EQ(broker_.end(config_.kafka.output, Partition{0}), Position{3});
  ASSERT_TRUE(commit(member.get(), 5));
  std::vector<std::string> values;
  for (const StoredRecord& score : broker_.records(config_.kafka.output)) {
    values.push_back(*score.value);
  }
  EXPECT_EQ(values, (std::vector<std::string>{"first", "second", "third"}));
}

TEST_F(MemoryTransactionsTest, SessionsAreToldByTheirInstance) {
  const auto member = worker();
  ASSERT_EQ(broker_.sessions().size(), 1U);
  EXPECT_EQ(broker_.sessions()[0].instance, "worker");
  EXPECT_EQ(broker_.sessions()[0].group, config_.application_id);
  ASSERT_TRUE(member->transport->close());
  ASSERT_EQ(broker_.sessions().size(), 1U);  // a static member keeps its place
  broker_.expire(broker_.sessions()[0].member);
  EXPECT_TRUE(broker_.sessions().empty());
}

}  // namespace
}  // namespace freshet::test
