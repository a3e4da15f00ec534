// The contract of Transport::try_commit: a commit that holds no outputs goes on beside what is read
// and sent. A harness brings the broker; INSTANTIATE_TYPED_TEST_SUITE_P runs the suite on it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/contract/pipeline/transactional_contract.h"

namespace freshet::test {

template <class Harness>
class CommitsBesideContract : public TransactionalContract<Harness> {
 protected:
  using Commits = std::vector<pipeline::PartitionCommit>;
  using Answer = Result<std::optional<pipeline::ChangelogPositions>>;

  static Answer try_commit(ContractMember* member, const Commits& partitions) {
    return member->transport->try_commit(partitions);
  }
  // Asks until there is an outcome, polling in between.
  static Result<pipeline::ChangelogPositions> outcome(ContractMember* member,
                                                      const Commits& partitions) {
    Answer answer;
    const Status told = persist([&]() -> Status {
      answer = try_commit(member, partitions);
      if (!answer) return tl::unexpected<Error>(answer.error());
      if (*answer) return {};
      if (Status polled = member->poll(); !polled) return polled;
      return error(ErrorCode::kUnavailable, "under way");
    });
    if (!told) return tl::unexpected<Error>(told.error());
    return std::move(**answer);
  }
};

template <class Harness>
using CommitsBeside = CommitsBesideContract<Harness>;

TYPED_TEST_SUITE_P(CommitsBeside);

TYPED_TEST_P(CommitsBeside, WhatIsSentMeanwhileIsNeitherPartOfItNorLost) {
  const auto only = this->sole_worker(this->at_least_once());
  std::vector<std::string> scores;
  std::vector<std::string> entries;
  for (int i = 1; i <= 10; ++i) {
    const std::string number = std::to_string(i);
    ASSERT_TRUE(this->publish(only.get(), "u1", "before " + number));
    const auto commit = this->of(1, i, "u1", number, "marker");
    const auto begun = this->try_commit(only.get(), commit);
    ASSERT_TRUE(begun) << begun.error().message;
    EXPECT_FALSE(*begun) << "it was over at once";
    ASSERT_TRUE(this->publish(only.get(), "u1", "during " + number));
    const auto behind = this->outcome(only.get(), commit);
    ASSERT_TRUE(behind) << behind.error().message;
    EXPECT_EQ((*behind)[0], Position{3 * i - 1});
    EXPECT_EQ(this->committed(only.get(), 1), Position{i});
    scores.insert(scores.end(), {"before " + number, "during " + number});
    entries.insert(entries.end(), {number, "marker"});
  }
  EXPECT_EQ(this->scores(), scores);
  EXPECT_TRUE(eventually([&] { return this->changelog() == entries; }));
}

TYPED_TEST_P(CommitsBeside, WithoutAChangelogPositionsGoOnBesideAsWell) {
  pipeline::WorkerConfig config = this->at_least_once();
  config.changelog = false;
  const auto only = this->sole_worker(config);
  for (int i = 1; i <= 10; ++i) {
    const auto commit = this->at(1, i);
    const auto begun = this->try_commit(only.get(), commit);
    ASSERT_TRUE(begun) << begun.error().message;
    EXPECT_FALSE(*begun) << "it was over at once";
    ASSERT_TRUE(this->publish(only.get(), "u1", "score"));
    const auto behind = this->outcome(only.get(), commit);
    ASSERT_TRUE(behind) << behind.error().message;
    EXPECT_EQ(*behind, pipeline::ChangelogPositions{std::nullopt});
    EXPECT_EQ(this->committed(only.get(), 1), Position{i});
  }
  EXPECT_EQ(this->scores().size(), 10U);
}

TYPED_TEST_P(CommitsBeside, InputIsReadMeanwhile) {
  const auto only = this->sole_worker(this->at_least_once());
  const auto commit = this->of(1, 5);
  ASSERT_TRUE(this->try_commit(only.get(), commit));
  this->append(0, "v");
  EXPECT_TRUE(poll_until({only.get()}, [&] { return only->read.size() == 1; }));
  EXPECT_TRUE(this->outcome(only.get(), commit));
}

TYPED_TEST_P(CommitsBeside, ACommitInItsPlaceWaitsAndHoldsTheSameOnce) {
  const auto only = this->sole_worker(this->at_least_once());
  for (int i = 1; i <= 3; ++i) {
    const auto commit = this->of(1, i);
    ASSERT_TRUE(this->try_commit(only.get(), commit));
    const auto behind = this->commit(only.get(), commit);
    ASSERT_TRUE(behind) << behind.error().message;
    EXPECT_EQ((*behind)[0], Position{3 * i - 1});
  }
  EXPECT_EQ(this->committed(only.get(), 1), Position{3});
  EXPECT_TRUE(eventually([&] { return this->changelog().size() == 6; }));
}

TYPED_TEST_P(CommitsBeside, AWorkerThatGivesBackWaitsForItAndMayCommitOnceMore) {
  const auto first = this->sole_worker(this->at_least_once());
  const auto under_way = this->of(1, 5);
  ASSERT_TRUE(this->try_commit(first.get(), under_way));
  Status inside = error(ErrorCode::kFatal, "not called");
  first->listener.before_revoked = [&](std::span<const Partition>) -> Status {
    const auto ended = this->commit(first.get(), under_way);
    const auto last = ended ? this->commit(first.get(), this->of(1, 6)) : ended;
    inside = last ? Status{} : tl::unexpected<Error>(last.error());
    return {};
  };
  ASSERT_TRUE(first->transport->close());
  ASSERT_TRUE(inside) << inside.error().message;
  const auto second = this->sole_worker(this->at_least_once());
  EXPECT_EQ(this->committed(second.get(), 1), Position{6});
}

TYPED_TEST_P(CommitsBeside, AfterATransportThatEndedMeanwhileAllOfItIsThereOrNothing) {
  auto first = this->sole_worker(this->at_least_once());
  ASSERT_TRUE(this->commit(first.get(), this->of(1, 5)));
  {
    const auto under_way = this->of(1, 9, "u1", "later", "later marker");
    ASSERT_TRUE(this->try_commit(first.get(), under_way));
    first.reset();
  }
  const auto second = this->sole_worker(this->at_least_once());
  std::vector<std::string> entries = {"sequence", "marker"};
  const auto position = this->committed(second.get(), 1);
  if (position == Position{9}) {
    entries.insert(entries.end(), {"later", "later marker"});
  } else {
    EXPECT_EQ(position, Position{5});
  }
  ASSERT_TRUE(this->commit(second.get(), this->of(1, 10, "u1", "last", "last marker")));
  entries.insert(entries.end(), {"last", "last marker"});
  EXPECT_TRUE(eventually([&] { return this->changelog() == entries; }));
}

TYPED_TEST_P(CommitsBeside, ASecondOfTheSameNameFencesIt) {
  const auto first = this->sole_worker(this->at_least_once());
  ASSERT_TRUE(this->commit(first.get(), this->of(1, 5)));
  const auto second = this->sole_worker(this->at_least_once());
  const auto commit = this->of(1, 9, "u1", "never", "never");
  std::optional<Error> refused;
  EXPECT_TRUE(eventually([&] {
    const auto answer = this->try_commit(first.get(), commit);
    if (!answer && answer.error().code != ErrorCode::kUnavailable) refused = answer.error();
    return refused || (answer && *answer);
  }));
  ASSERT_TRUE(refused) << "it was committed";
  EXPECT_EQ(refused->code, ErrorCode::kFenced);
  EXPECT_EQ(this->committed(second.get(), 1), Position{5});
}

TYPED_TEST_P(CommitsBeside, DeliveredExactlyOnceItIsOverWhenItReturns) {
  const auto only = this->sole_worker(this->exactly_once());
  ASSERT_TRUE(this->publish(only.get(), "u1", "score"));
  const auto commit = this->of(1, 5);
  typename TestFixture::Answer answer;
  ASSERT_TRUE(persist([&]() -> Status {
    answer = this->try_commit(only.get(), commit);
    if (!answer) return tl::unexpected<Error>(answer.error());
    return {};
  }));
  ASSERT_TRUE(*answer);
  EXPECT_TRUE(eventually([&] { return this->scores() == std::vector<std::string>{"score"}; }));
}

REGISTER_TYPED_TEST_SUITE_P(CommitsBeside, WhatIsSentMeanwhileIsNeitherPartOfItNorLost,
                            WithoutAChangelogPositionsGoOnBesideAsWell, InputIsReadMeanwhile,
                            ACommitInItsPlaceWaitsAndHoldsTheSameOnce,
                            AWorkerThatGivesBackWaitsForItAndMayCommitOnceMore,
                            AfterATransportThatEndedMeanwhileAllOfItIsThereOrNothing,
                            ASecondOfTheSameNameFencesIt,
                            DeliveredExactlyOnceItIsOverWhenItReturns);

}  // namespace freshet::test
