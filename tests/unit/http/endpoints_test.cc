#include "pipeline/http/endpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "pipeline/events/partitioner.h"
#include "pipeline/http/health_report.h"
#include "tests/support/scorer_models.h"
#include "tests/support/worker_fixture.h"

namespace freshet::pipeline::endpoints_test {

using testing::HasSubstr;

constexpr std::int32_t kPartitions = 4;

class EndpointsTest : public testing::Test {
 protected:
  explicit EndpointsTest(bool users = true)
      : config_(test::config_of("application_id: a")),
        process_{"1",
                 &config_,
                 std::make_shared<const FixedModelSource>(
                     test::serve(test::random_model(test::small_model(config_)), config_)),
                 &clock_,
                 &stop_,
                 {{&board_, &users_}},
                 [] { return 0; }} {
    config_.http.users = users;
  }

  HttpResponse get(std::string_view target) const { return endpoints_.answer({"GET", target}); }

  // The worker holds the partitions given, each with what `change` makes of it.
  WorkerStatus holding(const std::vector<std::int32_t>& partitions) const {
    WorkerStatus status;
    status.partition_count = kPartitions;
    for (const std::int32_t number : partitions) {
      status.partitions.emplace_back();
      status.partitions.back().partition = Partition{number};
    }
    return status;
  }

  WorkerConfig config_;
  test::ManualClock clock_;
  StopSignal stop_;
  StatusBoard board_;
  UserMailbox users_;
  ProcessView process_;
  StallObserver stalls_{&clock_, DurationMs{5'000}};
  Endpoints endpoints_{&process_, &stalls_};
};

TEST_F(EndpointsTest, OnlyGetOfKnownPathsIsAnswered) {
  EXPECT_EQ(get("/metrics").status, 200);
  EXPECT_EQ(get("/metrics?x=1").status, 200);
  for (const char* method : {"POST", "PUT", "HEAD", "DELETE", "OPTIONS", "", "G\nET"}) {
    EXPECT_EQ(endpoints_.answer({method, "/metrics"}).status, 405) << method;
  }
  for (const char* target : {"", "/", "/metrics/", "//healthz", "/v1/users", "/%6detrics", "*"}) {
    EXPECT_EQ(get(target).status, 404) << target;
  }
}

TEST_F(EndpointsTest, AThreadThatBeatsNoMoreIsUnhealthy) {
  EXPECT_EQ(get("/healthz").status, 200) << "it is starting";
  board_.beat(clock_.monotonic_ms());
  clock_.advance(kBeatLimit.count());
  EXPECT_EQ(get("/healthz").status, 200);
  clock_.advance(1'000);
  EXPECT_EQ(get("/healthz").status, 503);
  EXPECT_THAT(get("/healthz").body, HasSubstr("has not beaten for 61 s"));
  board_.finish();
  EXPECT_EQ(get("/healthz").status, 200) << "nobody waits for a thread that is over";
}

TEST_F(EndpointsTest, ReadyMeansAssignedCaughtUpAndAnswered) {
  EXPECT_THAT(get("/readyz").body, HasSubstr(R"("assigned":{"ok":false)"));
  board_.publish(holding({1}));
  EXPECT_EQ(get("/readyz").status, 200);

  WorkerStatus again = holding({1});
  again.partitions[0].reading_again = true;
  again.partitions[0].publish_from = Position{500};
  board_.publish(again);
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_THAT(get("/readyz").body, HasSubstr("about 500 records"));

  WorkerStatus away = holding({1});
  away.trouble = Trouble{Operation::kFlush, "no \"broker\""};
  board_.publish(away);
  EXPECT_THAT(get("/readyz").body,
              HasSubstr(R"("brokers":{"ok":false,"why":"flushing outputs: no \"broker\""})"));
  EXPECT_THAT(get("/readyz").body, HasSubstr(R"("store":{"ok":true)"));
  away.trouble = Trouble{Operation::kSaveState, "disk full"};
  board_.publish(away);
  EXPECT_THAT(get("/readyz").body, HasSubstr(R"("store":{"ok":false)"));
}

TEST_F(EndpointsTest, AnOutageIsNotUnhealthy) {
  WorkerStatus away = holding({1});
  away.trouble = Trouble{Operation::kFlush, "no broker"};
  board_.publish(away);
  board_.beat(clock_.monotonic_ms());
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/readyz").status, 503);
}

TEST_F(EndpointsTest, AStoppingWorkerIsNotReady) {
  board_.publish(holding({1}));
  stop_.request();
  EXPECT_EQ(get("/readyz").status, 503);
  EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(EndpointsTest, AUserIsAnsweredByTheWorkerOfItsPartition) {
  board_.publish(holding({0, 1, 2, 3}));
  std::atomic<bool> over{false};
  std::thread worker([&] {
    while (!over) {
      users_.serve([](Partition partition, const UserId& user) -> UserMailbox::Answer {
        if (user.view() == "nobody") return std::nullopt;
        return user.str() + "@" + std::to_string(partition.value);
      });
    }
  });
  const HttpResponse known = get("/v1/users/a%2Fb");
  const HttpResponse unknown = get("/v1/users/nobody");
  over = true;
  worker.join();
  EXPECT_EQ(known.status, 200);
  EXPECT_EQ(known.body, "a/b@" + std::to_string(partition_of("a/b", kPartitions).value) + "\n");
  EXPECT_EQ(unknown.status, 404);
}

TEST_F(EndpointsTest, AnotherInstancesUserIsMisdirected) {
  const std::int32_t mine = partition_of("u1", kPartitions).value;
  board_.publish(holding({(mine + 1) % kPartitions}));
  const HttpResponse answer = get("/v1/users/u1");
  EXPECT_EQ(answer.status, 421);
  EXPECT_THAT(answer.body, HasSubstr("partition " + std::to_string(mine)));
}

TEST_F(EndpointsTest, AUserBeforeAnyAssignmentIsUnavailable) {
  EXPECT_EQ(get("/v1/users/u1").status, 503);
}

TEST_F(EndpointsTest, AWorkerThatIsBusyIsUnavailable) {
  board_.publish(holding({0, 1, 2, 3}));
  const HttpResponse answer = get("/v1/users/u1");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("ask again later"));
}

TEST_F(EndpointsTest, ABadIdIsABadRequest) {
  for (const char* id : {"", "%", "a/b", "%FF"}) {
    EXPECT_EQ(get("/v1/users/" + std::string(id)).status, 400) << id;
  }
}

class UsersOffTest : public EndpointsTest {
 protected:
  UsersOffTest() : EndpointsTest(false) {}
};

TEST_F(UsersOffTest, NobodyIsShownUnlessEnabled) {
  board_.publish(holding({0, 1, 2, 3}));
  const HttpResponse answer = get("/v1/users/u1");
  EXPECT_EQ(answer.status, 404);
  EXPECT_THAT(answer.body, HasSubstr("http.users: on"));
}

}  // namespace freshet::pipeline::endpoints_test
