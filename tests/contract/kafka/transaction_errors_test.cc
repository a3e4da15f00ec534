// Every answer that a broker may give to each call of the transactional protocol, on librdkafka's
// mock: once, several times in a row, late. What follows is one of the recoveries of
// kafka_error_table.h, and nothing hangs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "common/check.h"
#include "pipeline/kafka/kafka_consumer.h"
#include "pipeline/kafka/kafka_positions.h"
#include "pipeline/kafka/kafka_transaction.h"

namespace freshet::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The calls, as Kafka's protocol numbers them.
constexpr std::int16_t kProduce = 0;
constexpr std::int16_t kOffsetFetch = 9;
constexpr std::int16_t kFindCoordinator = 10;
constexpr std::int16_t kInitProducerId = 22;
constexpr std::int16_t kAddPartitionsToTxn = 24;
constexpr std::int16_t kAddOffsetsToTxn = 25;
constexpr std::int16_t kEndTxn = 26;
constexpr std::int16_t kTxnOffsetCommit = 28;

constexpr std::size_t kTopicBytes = 1'000'000;
constexpr int kSeveral = 5;
constexpr std::chrono::seconds kPatience{60};

class MockCluster {
 public:
  MockCluster() {
    std::array<char, 512> reason{};
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), reason.data(), reason.size());
    FRESHET_CHECK(client_ != nullptr);
    cluster_ = rd_kafka_mock_cluster_new(client_, 1);
    FRESHET_CHECK(cluster_ != nullptr);
    for (const char* topic : {"clicks", "scores", "changelog"}) {
      FRESHET_CHECK(rd_kafka_mock_topic_create(cluster_, topic, 1, 1) ==
                    RD_KAFKA_RESP_ERR_NO_ERROR);
    }
  }
  ~MockCluster() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(client_);
  }
  MockCluster(const MockCluster&) = delete;
  MockCluster& operator=(const MockCluster&) = delete;

  std::string bootstrap() const { return rd_kafka_mock_cluster_bootstraps(cluster_); }

  // The next `times` answers to this call are `error`, each after `delay`.
  void answer(std::int16_t call, int times, int error, milliseconds delay) {
    for (int i = 0; i < times; ++i) {
      rd_kafka_mock_broker_push_request_error_rtts(cluster_, 1, call, 1,
                                                   static_cast<rd_kafka_resp_err_t>(error),
                                                   static_cast<int>(delay.count()));
    }
  }
  // How many of them are still to be given.
  std::size_t answers_left(std::int16_t call) const {
    std::size_t count = 0;
    rd_kafka_mock_broker_error_stack_cnt(cluster_, 1, call, &count);
    return count;
  }

 private:
  rd_kafka_t* client_ = nullptr;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
};

WorkerConfig config_of(const MockCluster& cluster) {
  WorkerConfig config;
  config.application_id = "errors";
  config.kafka.bootstrap = cluster.bootstrap();
  config.kafka.input = "clicks";
  return config;
}

KafkaTransportOptions mock_options() {
  KafkaTransportOptions options;
  options.topic_bytes_max = kTopicBytes;
  return options;
}

// Repeats as a worker does: as long as the answer is that it may go through later.
Status persist(const std::function<Status()>& attempt) {
  const auto deadline = steady_clock::now() + kPatience;
  while (true) {
    Status done = attempt();
    if (done || done.error().code != ErrorCode::kUnavailable || steady_clock::now() > deadline) {
      return done;
    }
  }
}

// Takes its partition and starts nothing.
class TakingListener final : public RebalanceListener {
 public:
  Status on_assigned(std::span<const Partition>) override {
    assigned = true;
    return {};
  }
  Status on_revoked(std::span<const Partition>) override { return {}; }
  Status on_lost(std::span<const Partition>) override { return {}; }
  bool assigned = false;
};

// What the brokers answer to one call, and what becomes of a commit.
struct Case {
  std::int16_t call;
  int error;  // as Kafka numbers it; negative ones are the library's, which breaks the connection
  std::optional<ErrorCode> expected;  // none: it commits
  int times = 1;
  milliseconds delay{0};
};

std::string describe(const Case& c) {
  return "call " + std::to_string(c.call) + " error " + std::to_string(c.error) + " (" +
         rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(c.error)) + ") " +
         std::to_string(c.times) + " times after " + std::to_string(c.delay.count()) + " ms";
}

class TransactionErrorsTest : public testing::Test {
 protected:
  // One member serves all cases: joining takes the mock three seconds.
  static void SetUpTestSuite() {
    home_ = new MockCluster;
    auto consumer = KafkaConsumer::create(config_of(*home_), mock_options());
    ASSERT_TRUE(consumer);
    listener_ = new TakingListener;
    ASSERT_TRUE((*consumer)->subscribe(listener_));
    while (!listener_->assigned) ASSERT_TRUE((*consumer)->poll(milliseconds(100), 1));
    consumer_ = consumer->release();
  }
  static void TearDownTestSuite() {
    delete consumer_;
    delete listener_;
    delete home_;
  }

  // A transaction of one output, one user and the marker.
  static Status live(const Case& c) {
    MockCluster cluster;
    auto made = KafkaTransaction::create(config_of(cluster), mock_options());
    if (!made) return tl::unexpected<Error>(made.error());
    KafkaTransaction& transaction = **made;
    const auto scores = transaction.open_topic("scores", kTopicBytes);
    const auto changelog = transaction.open_topic("changelog", kTopicBytes);
    FRESHET_CHECK(scores && changelog);
    cluster.answer(c.call, c.times, c.error, c.delay);
    Status done = persist([&] { return transaction.init(); });
    KafkaMessage output;
    output.topic = *scores;
    output.value = "score";
    if (done) done = persist([&] { return transaction.send(output); });
    if (done) done = persist([&] { return transaction.flush(milliseconds(1'000)); });
    const std::vector<PartitionCommit> partitions = {
        {Partition{0}, {Position{1}, "text"}, {{"user", "value"}, {"", "marker"}}}};
    if (done) {
      done = persist([&] {
        return transaction.commit({"clicks", *changelog, partitions, &*consumer_->group_member()})
            .map([](const ChangelogPositions& behind) { FRESHET_CHECK(behind[0].has_value()); });
      });
    }
    if (!done && transaction.is_open()) {
      // Nothing more is taken, and the reason is the same.
      const Status again = transaction.send(output);
      FRESHET_CHECK(!again && again.error().code == done.error().code);
    }
    transaction.close();
    EXPECT_EQ(cluster.answers_left(c.call), 0U) << describe(c);
    return done;
  }

  static void expect_all(const std::vector<Case>& cases) {
    std::vector<std::future<Status>> running;
    for (const Case& c : cases) {
      running.push_back(std::async(std::launch::async, [&c] { return live(c); }));
    }
    for (std::size_t i = 0; i < cases.size(); ++i) {
      const Status done = running[i].get();
      const std::string what = describe(cases[i]);
      if (!cases[i].expected) {
        EXPECT_TRUE(done) << what << ": " << done.error().message;
        continue;
      }
      EXPECT_FALSE(done) << what << ": it committed";
      if (done) continue;
      EXPECT_EQ(done.error().code, *cases[i].expected) << what << ": " << done.error().message;
      EXPECT_GT(done.error().message.size(), 20U) << what;
    }
  }

  // The errors that are repeated until they are over, once and several times, and a late answer.
  static std::vector<Case> repeated(std::int16_t call, const std::vector<int>& errors) {
    std::vector<Case> cases;
    for (const int error : errors) {
      cases.push_back({call, error, std::nullopt});
      cases.push_back({call, error, std::nullopt, kSeveral});
    }
    cases.push_back({call, 0, std::nullopt, 1, milliseconds(2'500)});
    return cases;
  }
  static void add(std::int16_t call, const std::vector<int>& errors, ErrorCode expected,
                  std::vector<Case>* cases) {
    for (const int error : errors) cases->push_back({call, error, expected});
  }

  static MockCluster* home_;
  static TakingListener* listener_;
  static KafkaConsumer* consumer_;
};

MockCluster* TransactionErrorsTest::home_ = nullptr;
TakingListener* TransactionErrorsTest::listener_ = nullptr;
KafkaConsumer* TransactionErrorsTest::consumer_ = nullptr;

TEST_F(TransactionErrorsTest, EachAnswerToFindCoordinatorHasItsRecovery) {
  std::vector<Case> cases =
      repeated(kFindCoordinator, {-195 /*_TRANSPORT*/, 15 /*COORDINATOR_NOT_AVAILABLE*/});
  add(kFindCoordinator, {53 /*TRANSACTIONAL_ID_AUTHORIZATION_FAILED*/}, ErrorCode::kInvalidConfig,
      &cases);
  expect_all(cases);
}

TEST_F(TransactionErrorsTest, EachAnswerToInitProducerIdHasItsRecovery) {
  std::vector<Case> cases =
      repeated(kInitProducerId, {-195 /*_TRANSPORT*/, 14 /*COORDINATOR_LOAD_IN_PROGRESS*/,
                                 15 /*COORDINATOR_NOT_AVAILABLE*/, 16 /*NOT_COORDINATOR*/,
                                 51 /*CONCURRENT_TRANSACTIONS*/});
  add(kInitProducerId, {47 /*INVALID_PRODUCER_EPOCH*/, 90 /*PRODUCER_FENCED*/}, ErrorCode::kFenced,
      &cases);
  add(kInitProducerId,
      {31 /*CLUSTER_AUTHORIZATION_FAILED*/, 50 /*INVALID_TRANSACTION_TIMEOUT*/,
       53 /*TRANSACTIONAL_ID_AUTHORIZATION_FAILED*/},
      ErrorCode::kInvalidConfig, &cases);
  expect_all(cases);
}

TEST_F(TransactionErrorsTest, EachAnswerToAddPartitionsToTxnHasItsRecovery) {
  std::vector<Case> cases = repeated(
      kAddPartitionsToTxn,
      {-195 /*_TRANSPORT*/, 3 /*UNKNOWN_TOPIC_OR_PART*/, 14 /*COORDINATOR_LOAD_IN_PROGRESS*/,
       15 /*COORDINATOR_NOT_AVAILABLE*/, 16 /*NOT_COORDINATOR*/, 51 /*CONCURRENT_TRANSACTIONS*/});
  add(kAddPartitionsToTxn,
      {47 /*INVALID_PRODUCER_EPOCH*/, 48 /*INVALID_TXN_STATE*/, 49 /*INVALID_PRODUCER_ID_MAPPING*/,
       90 /*PRODUCER_FENCED*/},
      ErrorCode::kFenced, &cases);
  add(kAddPartitionsToTxn,
      {29 /*TOPIC_AUTHORIZATION_FAILED*/, 53 /*TRANSACTIONAL_ID_AUTHORIZATION_FAILED*/},
      ErrorCode::kInvalidConfig, &cases);
  expect_all(cases);
}

TEST_F(TransactionErrorsTest, EachAnswerToProduceHasItsRecovery) {
  std::vector<Case> cases =
      repeated(kProduce, {-195 /*_TRANSPORT*/, 5 /*LEADER_NOT_AVAILABLE*/,
                          6 /*NOT_LEADER_FOR_PARTITION*/, 7 /*REQUEST_TIMED_OUT*/,
                          19 /*NOT_ENOUGH_REPLICAS*/, 20 /*NOT_ENOUGH_REPLICAS_AFTER_APPEND*/});
  add(kProduce,
      {45 /*OUT_OF_ORDER_SEQUENCE_NUMBER*/, 47 /*INVALID_PRODUCER_EPOCH*/,
       59 /*UNKNOWN_PRODUCER_ID*/, 90 /*PRODUCER_FENCED*/},
      ErrorCode::kFenced, &cases);
  add(kProduce, {29 /*TOPIC_AUTHORIZATION_FAILED*/}, ErrorCode::kInvalidConfig, &cases);
  add(kProduce, {10 /*MSG_SIZE_TOO_LARGE*/, 87 /*INVALID_RECORD*/}, ErrorCode::kFatal, &cases);
  expect_all(cases);
}

TEST_F(TransactionErrorsTest, EachAnswerToAddOffsetsToTxnHasItsRecovery) {
  std::vector<Case> cases =
      repeated(kAddOffsetsToTxn, {-195 /*_TRANSPORT*/, 14 /*COORDINATOR_LOAD_IN_PROGRESS*/,
                                  15 /*COORDINATOR_NOT_AVAILABLE*/, 16 /*NOT_COORDINATOR*/,
                                  51 /*CONCURRENT_TRANSACTIONS*/});
  add(kAddOffsetsToTxn,
      {47 /*INVALID_PRODUCER_EPOCH*/, 48 /*INVALID_TXN_STATE*/, 49 /*INVALID_PRODUCER_ID_MAPPING*/,
       90 /*PRODUCER_FENCED*/},
      ErrorCode::kFenced, &cases);
  add(kAddOffsetsToTxn,
      {30 /*GROUP_AUTHORIZATION_FAILED*/, 53 /*TRANSACTIONAL_ID_AUTHORIZATION_FAILED*/},
      ErrorCode::kInvalidConfig, &cases);
  expect_all(cases);
}

TEST_F(TransactionErrorsTest, EachAnswerToTxnOffsetCommitHasItsRecovery) {
  std::vector<Case> cases =
      repeated(kTxnOffsetCommit, {-195 /*_TRANSPORT*/, 14 /*COORDINATOR_LOAD_IN_PROGRESS*/,
                                  15 /*COORDINATOR_NOT_AVAILABLE*/, 16 /*NOT_COORDINATOR*/});
  add(kTxnOffsetCommit,
      {22 /*ILLEGAL_GENERATION*/, 25 /*UNKNOWN_MEMBER_ID*/, 47 /*INVALID_PRODUCER_EPOCH*/,
       48 /*INVALID_TXN_STATE*/, 90 /*PRODUCER_FENCED*/},
      ErrorCode::kFenced, &cases);
  add(kTxnOffsetCommit,
      {12 /*OFFSET_METADATA_TOO_LARGE*/, 29 /*TOPIC_AUTHORIZATION_FAILED*/,
       30 /*GROUP_AUTHORIZATION_FAILED*/, 82 /*FENCED_INSTANCE_ID*/},
      ErrorCode::kInvalidConfig, &cases);
  expect_all(cases);
}

TEST_F(TransactionErrorsTest, EachAnswerToEndTxnHasItsRecovery) {
  std::vector<Case> cases =
      repeated(kEndTxn, {-195 /*_TRANSPORT*/, 14 /*COORDINATOR_LOAD_IN_PROGRESS*/,
                         15 /*COORDINATOR_NOT_AVAILABLE*/, 16 /*NOT_COORDINATOR*/,
                         51 /*CONCURRENT_TRANSACTIONS*/});
  add(kEndTxn,
      {47 /*INVALID_PRODUCER_EPOCH*/, 48 /*INVALID_TXN_STATE*/, 49 /*INVALID_PRODUCER_ID_MAPPING*/,
       59 /*UNKNOWN_PRODUCER_ID*/, 90 /*PRODUCER_FENCED*/},
      ErrorCode::kFenced, &cases);
  add(kEndTxn, {53 /*TRANSACTIONAL_ID_AUTHORIZATION_FAILED*/}, ErrorCode::kInvalidConfig, &cases);
  expect_all(cases);
}

// The brokers may have committed it: nobody can say, and the producer is not used again.
TEST_F(TransactionErrorsTest, AnEndThatIsNotAnsweredWithinTheTransactionsTimeIsFenced) {
  MockCluster cluster;
  WorkerConfig config = config_of(cluster);
  config.kafka.client = {{"transaction.timeout.ms", "2000"}};
  auto made = KafkaTransaction::create(config, mock_options());
  ASSERT_TRUE(made);
  ASSERT_TRUE(persist([&] { return (*made)->init(); }));
  cluster.answer(kEndTxn, 1, 0, milliseconds(30'000));
  const std::vector<PartitionCommit> partitions = {{Partition{0}, {Position{1}, ""}, {}}};
  const Status done = persist([&] {
    return (*made)
        ->commit({"clicks", std::nullopt, partitions, &*consumer_->group_member()})
        .map([](const ChangelogPositions&) {});
  });
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kFenced) << done.error().message;
  EXPECT_THAT(done.error().message, testing::HasSubstr("whether it happened is not known"));
  (*made)->close();
}

TEST_F(TransactionErrorsTest, CommittedPositionsAreAskedForAgainOrRefusedByName) {
  const auto ask = [](int error, int times, milliseconds delay) {
    MockCluster cluster;
    auto client =
        KafkaHandle::create(KafkaHandle::Role::kConsumer,
                            consumer_options(config_of(cluster), mock_options()), nullptr, nullptr);
    FRESHET_CHECK(client);
    cluster.answer(kOffsetFetch, times, error, delay);
    const std::vector<Partition> asked = {{0}};
    return persist([&] {
      return committed_positions((*client)->get(), "clicks", asked)
          .map([](const std::vector<std::optional<CommittedPosition>>&) {});
    });
  };
  for (const int error : {-195 /*_TRANSPORT*/, 14 /*COORDINATOR_LOAD_IN_PROGRESS*/,
                          16 /*NOT_COORDINATOR*/, 88 /*UNSTABLE_OFFSET_COMMIT*/}) {
    for (const int times : {1, kSeveral}) {
      const Status done = ask(error, times, milliseconds(0));
      EXPECT_TRUE(done) << error << ", " << times << " times: " << done.error().message;
    }
  }
  EXPECT_TRUE(ask(0, 1, milliseconds(2'000)));
  const Status refused = ask(30 /*GROUP_AUTHORIZATION_FAILED*/, 1, milliseconds(0));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalidConfig);
}

}  // namespace
}  // namespace freshet::pipeline
