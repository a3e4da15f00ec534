// The contract of transactions about who may still commit: workers that were replaced, that crashed
// or whose generation is over. A harness brings the broker; INSTANTIATE_TYPED_TEST_SUITE_P runs the
// suite on it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "pipeline/events/partitioner.h"
#include "tests/contract/pipeline/transactional_contract.h"

namespace freshet::test {

template <class Harness>
using Fencing = TransactionalContract<Harness>;

TYPED_TEST_SUITE_P(Fencing);

TYPED_TEST_P(Fencing, ASecondOfTheSameNameFencesTheFirstAndAbortsItsTransaction) {
  const auto config = this->exactly_once();
  const auto first = this->sole_worker(config);
  ASSERT_TRUE(this->publish(first.get(), "u1", "never"));
  const auto second = this->sole_worker(config);

  const auto refused = this->commit(first.get(), this->of(1, 5));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kFenced);
  const Status sent = this->publish(first.get(), "u1", "never either");
  ASSERT_FALSE(sent);
  EXPECT_EQ(this->code_of(sent), ErrorCode::kFenced);

  EXPECT_EQ(this->committed(second.get(), 1), std::nullopt);
  ASSERT_TRUE(this->publish(second.get(), "u1", "score"));
  ASSERT_TRUE(this->commit(second.get(), this->of(1, 6)));
  ASSERT_TRUE(eventually([&] { return !this->scores().empty(); }));
  EXPECT_EQ(this->scores(), std::vector<std::string>{"score"});
  ASSERT_TRUE(eventually([&] { return !this->changelog().empty(); }));
  EXPECT_EQ(this->changelog(), (std::vector<std::string>{"sequence", "marker"}));
  EXPECT_EQ(this->committed(second.get(), 1), Position{6});
}

TYPED_TEST_P(Fencing, DeliveredAtLeastOnceASecondOfTheSameNameFencesTheFirstsCommit) {
  const auto config = this->at_least_once();
  const auto first = this->sole_worker(config);
  ASSERT_TRUE(this->commit(first.get(), this->of(1, 5)));
  const auto second = this->sole_worker(config);
  const auto refused = this->commit(first.get(), this->of(1, 9, "u1", "never", "never"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kFenced);
  EXPECT_EQ(this->committed(second.get(), 1), Position{5});
  ASSERT_TRUE(this->commit(second.get(), this->of(1, 6)));
  ASSERT_TRUE(eventually([&] { return this->changelog().size() >= 4; }));
  const std::vector<std::string> entries = {"sequence", "marker", "sequence", "marker"};
  EXPECT_EQ(this->changelog(), entries);
}

TYPED_TEST_P(Fencing, AWorkerThatCrashedHasItsPartitionsBackAndItsTransactionAborted) {
  const auto config = this->exactly_once();
  auto crashed = this->sole_worker(config);
  ASSERT_TRUE(this->commit(crashed.get(), this->of(1, 5)));
  ASSERT_TRUE(this->publish(crashed.get(), "u1", "never"));
  crashed.reset();

  const auto restarted = this->sole_worker(config);
  EXPECT_EQ(restarted->listener.events, std::vector<std::string>{"assigned"});
  EXPECT_EQ(this->committed(restarted.get(), 1), Position{5});
  ASSERT_TRUE(this->publish(restarted.get(), "u1", "score"));
  ASSERT_TRUE(this->commit(restarted.get(), this->of(1, 6)));
  ASSERT_TRUE(eventually([&] { return !this->scores().empty(); }));
  EXPECT_EQ(this->scores(), std::vector<std::string>{"score"});
  EXPECT_EQ(this->harness_.records(config.kafka.output)[0].offset, Offset{2});
}

TYPED_TEST_P(Fencing, AWorkerThatComesBackDisturbsNobody) {
  const auto config = this->exactly_once();
  const auto first = this->sole_worker(config);
  auto second = this->worker(config, "second");
  ASSERT_TRUE(
      poll_until({first.get(), second.get()}, [&] { return this->share_all(*first, *second); }));
  const auto events = first->listener.events;
  const auto had = second->listener.assigned;
  ASSERT_TRUE(second->transport->close());
  second.reset();

  const auto back = this->worker(config, "second");
  ASSERT_TRUE(
      poll_until({first.get(), back.get()}, [&] { return !back->listener.assigned.empty(); }));
  EXPECT_EQ(back->listener.assigned, had);
  EXPECT_EQ(first->listener.events, events);
  const std::int32_t still_first = first->listener.assigned.begin()->value;
  EXPECT_TRUE(this->commit(first.get(), this->of(still_first, 5)));
}

TYPED_TEST_P(Fencing, AWorkerThatWasReplacedIsToldSoAtAPoll) {
  const auto config = this->exactly_once();
  const auto first = this->sole_worker(config);
  const auto second = this->sole_worker(config);
  Status polled;
  EXPECT_TRUE(eventually([&] {
    polled = first->poll();
    return !polled;
  }));
  ASSERT_FALSE(polled);
  EXPECT_EQ(this->code_of(polled), ErrorCode::kInvalidConfig) << polled.error().message;
  ASSERT_TRUE(second->poll());
  EXPECT_TRUE(this->has_all(*second));
}

TYPED_TEST_P(Fencing, ATransactionDoesNotOutliveTheAssignmentUnderWhichItBegan) {
  const auto config = this->exactly_once();
  const auto first = this->sole_worker(config);
  ASSERT_TRUE(this->publish(first.get(), "u1", "never"));
  const auto second = this->worker(config, "second");
  ASSERT_TRUE(
      poll_until({first.get(), second.get()}, [&] { return this->share_all(*first, *second); }));
  const std::int32_t still_first = first->listener.assigned.begin()->value;
  ASSERT_TRUE(this->publish(first.get(), "u1", "score"));
  ASSERT_TRUE(this->commit(first.get(), this->of(still_first, 5)));
  ASSERT_TRUE(eventually([&] { return !this->scores().empty(); }));
  EXPECT_EQ(this->scores(), std::vector<std::string>{"score"});
}

TYPED_TEST_P(Fencing, APartitionThatMovedIsNotCommittedByWhoHadIt) {
  const auto config = this->exactly_once();
  const auto first = this->sole_worker(config);
  const auto second = this->worker(config, "second");
  ASSERT_TRUE(
      poll_until({first.get(), second.get()}, [&] { return this->share_all(*first, *second); }));
  const std::int32_t moved = second->listener.assigned.begin()->value;
  const auto refused = this->commit(first.get(), this->of(moved, 99));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kFenced);
  EXPECT_EQ(this->committed(second.get(), moved), std::nullopt);
}

TYPED_TEST_P(Fencing, ATransactionWhoseTimeIsOverIsAbortedAndItsWorkerFenced) {
  const auto config = this->harness_.hasty(this->exactly_once());
  const auto slow = this->sole_worker(config);
  ASSERT_TRUE(this->publish(slow.get(), "u1", "never"));
  // Behind it, in the same partition: it shows itself once the transaction is over.
  const auto writer = this->harness_.open_writer();
  writer->begin();
  StoredRecord behind;
  behind.key = "u1";
  behind.value = "behind";
  writer->write(config.kafka.output, pipeline::partition_of("u1", kContractPartitions), behind);
  writer->commit();
  EXPECT_TRUE(this->scores().empty());
  this->harness_.time_out(slow->transport.get());
  ASSERT_TRUE(eventually([&] { return !this->scores().empty(); }));
  EXPECT_EQ(this->scores(), std::vector<std::string>{"behind"});

  const auto refused = this->commit(slow.get(), this->of(1, 5));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kFenced);
  EXPECT_EQ(this->code_of(this->publish(slow.get(), "u1", "never")), ErrorCode::kFenced);
  ASSERT_TRUE(slow->transport->close());
  const auto again = this->sole_worker(config);
  EXPECT_EQ(this->committed(again.get(), 1), std::nullopt);
  EXPECT_TRUE(this->commit(again.get(), this->of(1, 5)));
}

TYPED_TEST_P(Fencing, AnExpiredWorkerPublishesNothing) {
  pipeline::WorkerConfig config = this->harness_.impatient_config();
  config.delivery = pipeline::Delivery::kExactlyOnce;
  config.changelog = true;
  const auto first = this->sole_worker(config);
  ASSERT_TRUE(this->publish(first.get(), "u1", "never"));
  const auto second = this->worker(config, "second");
  this->harness_.expire(first->transport.get());
  ASSERT_TRUE(poll_until({second.get()}, [&] { return this->has_all(*second); }));
  const auto refused = this->commit(first.get(), this->of(0, 50));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kFenced);
  EXPECT_EQ(this->committed(second.get(), 0), std::nullopt);
  ASSERT_TRUE(
      poll_until({first.get(), second.get()}, [&] { return first->listener.events.size() >= 2; }));
  EXPECT_EQ(first->listener.events[1], "lost");
  EXPECT_TRUE(this->scores().empty());
}

REGISTER_TYPED_TEST_SUITE_P(Fencing, AWorkerThatWasReplacedIsToldSoAtAPoll,
                            ASecondOfTheSameNameFencesTheFirstAndAbortsItsTransaction,
                            DeliveredAtLeastOnceASecondOfTheSameNameFencesTheFirstsCommit,
                            AWorkerThatCrashedHasItsPartitionsBackAndItsTransactionAborted,
                            AWorkerThatComesBackDisturbsNobody,
                            ATransactionDoesNotOutliveTheAssignmentUnderWhichItBegan,
                            APartitionThatMovedIsNotCommittedByWhoHadIt,
                            ATransactionWhoseTimeIsOverIsAbortedAndItsWorkerFenced,
                            AnExpiredWorkerPublishesNothing);

}  // namespace freshet::test
