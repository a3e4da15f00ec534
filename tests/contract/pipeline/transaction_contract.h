// The contract of Transport::commit with transactions: what appears, when, and what never does.
// A harness brings the broker; INSTANTIATE_TYPED_TEST_SUITE_P runs the suite on it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/contract/pipeline/transactional_contract.h"

namespace freshet::test {

template <class Harness>
using Transactions = TransactionalContract<Harness>;

TYPED_TEST_SUITE_P(Transactions);

TYPED_TEST_P(Transactions, OutputsPositionsAndChangelogAppearWithTheCommit) {
  const auto only = this->sole_worker(this->exactly_once());
  ASSERT_TRUE(this->publish(only.get(), "u1", "score"));
  EXPECT_TRUE(this->scores().empty());
  const auto committed = this->commit(only.get(), this->of(1, 5));
  ASSERT_TRUE(committed) << committed.error().message;
  EXPECT_TRUE(eventually([&] { return this->scores() == std::vector<std::string>{"score"}; }));
  const std::vector<std::string> entries = {"sequence", "marker"};
  EXPECT_TRUE(eventually([&] { return this->changelog() == entries; }));
  EXPECT_EQ(this->committed(only.get(), 1), Position{5});
  EXPECT_EQ(this->committed(only.get(), 0), std::nullopt);
}

TYPED_TEST_P(Transactions, OneCommitHoldsSeveralPartitions) {
  const auto only = this->sole_worker(this->exactly_once());
  const std::vector<pipeline::PartitionCommit> partitions = {
      {Partition{2}, {Position{7}, "two"}, {{"u2", "s2"}, {"", "m2"}}},
      {Partition{0}, {Position{3}, "zero"}, {{"", "m0"}}},
      {Partition{3}, {Position{9}, "three"}, {}}};
  const auto ends = this->commit(only.get(), partitions);
  ASSERT_TRUE(ends) << ends.error().message;
  EXPECT_EQ(*ends, (pipeline::ChangelogPositions{Position{2}, Position{1}, std::nullopt}));
  const std::vector<std::string> entries = {"m0", "s2", "m2"};
  EXPECT_TRUE(eventually([&] { return this->changelog() == entries; }));
  EXPECT_EQ(this->committed(only.get(), 2), Position{7});
  EXPECT_EQ(this->committed(only.get(), 0), Position{3});
  EXPECT_EQ(this->committed(only.get(), 3), Position{9});
}

TYPED_TEST_P(Transactions, ACommitTellsThePositionBehindItsOwnMarker) {
  const auto only = this->sole_worker(this->exactly_once());
  const auto first = this->commit(only.get(), this->of(1, 1));
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ((*first)[0], Position{2});
  // The control record lies at 2.
  const auto second = this->commit(only.get(), this->of(1, 2));
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_EQ((*second)[0], Position{5});
}

TYPED_TEST_P(Transactions, CommitsFollowOneAnotherAtOnce) {
  constexpr int kCommits = 20;
  const auto only = this->sole_worker(this->exactly_once());
  std::vector<std::string> expected;
  for (int i = 0; i < kCommits; ++i) {
    expected.push_back(std::to_string(i));
    ASSERT_TRUE(this->publish(only.get(), "u1", expected.back()));
    const auto committed = this->commit(only.get(), this->of(0, i));
    ASSERT_TRUE(committed) << committed.error().message;
    EXPECT_EQ((*committed)[0], Position{3 * i + 2});
  }
  EXPECT_TRUE(eventually([&] { return this->scores() == expected; }));
  EXPECT_EQ(this->committed(only.get(), 0), Position{kCommits - 1});
}

TYPED_TEST_P(Transactions, WithoutAChangelogOutputsAndPositionsAreOneTransaction) {
  pipeline::WorkerConfig config = this->exactly_once();
  config.changelog = false;
  const auto only = this->sole_worker(config);
  ASSERT_TRUE(this->publish(only.get(), "u1", "score"));
  EXPECT_TRUE(this->scores().empty());
  const auto committed = this->commit(only.get(), this->at(1, 5));
  ASSERT_TRUE(committed) << committed.error().message;
  EXPECT_EQ(*committed, pipeline::ChangelogPositions{std::nullopt});
  EXPECT_TRUE(eventually([&] { return this->scores().size() == 1; }));
  EXPECT_EQ(this->committed(only.get(), 1), Position{5});
}

TYPED_TEST_P(Transactions, DeliveredAtLeastOnceOutputsAreVisibleBeforeTheCommit) {
  const auto only = this->sole_worker(this->at_least_once());
  ASSERT_TRUE(this->publish(only.get(), "u1", "score"));
  EXPECT_TRUE(eventually([&] { return this->scores().size() == 1; }));
  EXPECT_TRUE(this->changelog().empty());
  const auto committed = this->commit(only.get(), this->of(1, 5));
  ASSERT_TRUE(committed) << committed.error().message;
  EXPECT_EQ((*committed)[0], Position{2});
  const std::vector<std::string> entries = {"sequence", "marker"};
  EXPECT_TRUE(eventually([&] { return this->changelog() == entries; }));
  EXPECT_EQ(this->committed(only.get(), 1), Position{5});
  EXPECT_EQ(this->scores().size(), 1U);
}

TYPED_TEST_P(Transactions, CloseAbortsWhatWasNotCommitted) {
  auto first = this->sole_worker(this->exactly_once());
  ASSERT_TRUE(this->publish(first.get(), "u1", "never"));
  ASSERT_TRUE(first->transport->close());
  first.reset();
  const auto second = this->sole_worker(this->exactly_once());
  ASSERT_TRUE(this->publish(second.get(), "u1", "score"));
  ASSERT_TRUE(this->commit(second.get(), this->of(1, 5)));
  ASSERT_TRUE(eventually([&] { return !this->scores().empty(); }));
  EXPECT_EQ(this->scores(), std::vector<std::string>{"score"});
  // The aborted record and its control record keep their offsets.
  EXPECT_EQ(this->harness_.records(this->harness_.config().kafka.output)[0].offset, Offset{2});
}

TYPED_TEST_P(Transactions, AWorkerMayCommitWhileItsPartitionsAreRevoked) {
  for (const pipeline::WorkerConfig& config : {this->exactly_once(), this->at_least_once()}) {
    const std::string name =
        config.delivery == pipeline::Delivery::kExactlyOnce ? "exactly" : "at-least";
    const auto first = this->sole_worker(config);
    ASSERT_TRUE(this->publish(first.get(), "u1", name));
    Status inside = error(ErrorCode::kFatal, "not called");
    first->listener.before_revoked = [&](std::span<const Partition>) {
      const auto committed = this->commit(first.get(), this->of(2, 9));
      inside = committed ? Status{} : tl::unexpected<Error>(committed.error());
      return Status{};
    };
    ASSERT_TRUE(first->transport->close());
    ASSERT_TRUE(inside) << inside.error().message;
    EXPECT_TRUE(eventually([&] { return this->scores().back() == name; }));
  }
  EXPECT_EQ(this->scores(), (std::vector<std::string>{"exactly", "at-least"}));
}

TYPED_TEST_P(Transactions, CommittedPositionsAreUnavailableWhileATransactionHoldsThem) {
  const auto only = this->sole_worker(this->exactly_once());
  const auto writer = this->harness_.open_writer();
  writer->begin();
  writer->send_offset(Partition{1}, Position{7});
  const std::vector<Partition> held = {{0}, {1}};
  const auto undecided = only->transport->committed(held);
  ASSERT_FALSE(undecided);
  EXPECT_EQ(undecided.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(this->committed(only.get(), 0), std::nullopt);
  writer->commit();
  EXPECT_EQ(this->committed(only.get(), 1), Position{7});
}

TYPED_TEST_P(Transactions, PositionsOfAnAbortedTransactionAreNeverCommitted) {
  const auto only = this->sole_worker(this->exactly_once());
  ASSERT_TRUE(this->commit(only.get(), this->of(1, 5)));
  EXPECT_EQ(this->committed(only.get(), 1), Position{5});
  const auto writer = this->harness_.open_writer();
  writer->begin();
  writer->send_offset(Partition{1}, Position{7});
  writer->abort();
  EXPECT_EQ(this->committed(only.get(), 1), Position{5});
}

TYPED_TEST_P(Transactions, AnInputTransactionIsReadOnceItIsCommitted) {
  const std::string& input = this->harness_.config().kafka.input;
  StoredRecord record;
  record.key = "k";
  const auto write = [&](ForeignWriter* writer, const std::string& value) {
    record.value = value;
    writer->write(input, Partition{0}, record);
  };
  const auto aborted = this->harness_.open_writer();
  aborted->begin();
  write(aborted.get(), "aborted");  // 0, and its control record at 1
  aborted->abort();
  const auto open = this->harness_.open_writer();
  open->begin();
  write(open.get(), "open");  // 2
  const auto behind = this->harness_.open_writer();
  behind->begin();
  write(behind.get(), "behind");  // 3, and its control record at 4
  behind->commit();

  const auto only = this->sole_worker(this->exactly_once());
  EXPECT_TRUE(eventually([&] { return only->transport->range(Partition{0})->end == Position{2}; }));
  ASSERT_TRUE(only->poll());
  EXPECT_TRUE(only->read.empty());
  open->commit();
  ASSERT_TRUE(poll_until({only.get()}, [&] { return only->read.size() == 2; }));
  EXPECT_EQ(only->read[0].value, "open");
  EXPECT_EQ(only->read[0].offset, Offset{2});
  EXPECT_EQ(only->read[1].value, "behind");
  EXPECT_EQ(only->read[1].offset, Offset{3});
  EXPECT_TRUE(eventually([&] { return only->transport->range(Partition{0})->end == Position{6}; }));
  // Nothing is left to read, although a control record follows.
  EXPECT_TRUE(poll_until({only.get()},
                         [&] { return only->transport->known_end(Partition{0}) == Position{4}; }));
}

TYPED_TEST_P(Transactions, AnInputThatForgotThePositionEndsTheTransportByName) {
  for (int i = 0; i < 3; ++i) this->append(0, "v");
  this->harness_.trim(this->harness_.config().kafka.input, Partition{0}, Position{2});
  const auto only = this->worker(this->exactly_once(), "first");
  EXPECT_TRUE(
      eventually([&] { return only->transport->range(Partition{0})->begin == Position{2}; }));
  only->listener.starts[Partition{0}] = Position{1};
  Status polled;
  EXPECT_TRUE(eventually([&] {
    polled = only->poll();
    return !polled;
  }));
  ASSERT_FALSE(polled);
  EXPECT_EQ(this->code_of(polled), ErrorCode::kFenced);
  EXPECT_NE(polled.error().message.find("partition 0"), std::string::npos);
  EXPECT_TRUE(only->read.empty());
}

REGISTER_TYPED_TEST_SUITE_P(
    Transactions, OutputsPositionsAndChangelogAppearWithTheCommit, OneCommitHoldsSeveralPartitions,
    ACommitTellsThePositionBehindItsOwnMarker, CommitsFollowOneAnotherAtOnce,
    WithoutAChangelogOutputsAndPositionsAreOneTransaction,
    DeliveredAtLeastOnceOutputsAreVisibleBeforeTheCommit, CloseAbortsWhatWasNotCommitted,
    AWorkerMayCommitWhileItsPartitionsAreRevoked,
    CommittedPositionsAreUnavailableWhileATransactionHoldsThem,
    PositionsOfAnAbortedTransactionAreNeverCommitted, AnInputTransactionIsReadOnceItIsCommitted,
    AnInputThatForgotThePositionEndsTheTransportByName);

}  // namespace freshet::test
