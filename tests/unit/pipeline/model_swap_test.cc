// A newer model: when a worker's tasks go over to it, and what the markers say of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "pipeline/models/model_source.h"
#include "tests/support/scorer_models.h"
#include "tests/support/worker_fixture.h"

namespace freshet::pipeline::model_swap_test {

using test::BrokerCall;
using test::Moment;
using test::WorkerWorld;
using ::testing::HasSubstr;

constexpr std::string_view kConfig =
    "{application_id: app, changelog: off, commit: {records_max: 5},"
    " behaviours: [{name: click, types: [click], length_max: 3, age_max: 1d}]}";

// What the test says is the newest.
class SetModels final : public ModelSource {
 public:
  std::shared_ptr<const ServedModel> newest() const override { return model; }
  std::shared_ptr<const ServedModel> model;
};

class ModelSwapTest : public ::testing::Test {
 protected:
  ModelSwapTest() {
    models_.model = world_.model;
    world_.models = &models_;
  }

  std::shared_ptr<const ServedModel> version(std::uint64_t number) {
    scorer::ModelInitOptions options = test::small_model(world_.config);
    options.version = options.seed = number;
    scorer::Model model = test::random_model(options);
    model.checksum = "checksum of " + std::to_string(number);
    return test::serve(std::move(model), world_.config);
  }

  void append(int clicks) {
    for (int i = 0; i < clicks; ++i) world_.append("u", test::click_json("u", "v1", next_ms_++));
  }

  stateful::MarkedModel marked() {
    return *(*world_.store->read_marker(Partition{0}))->marker.model;
  }

  // How many outputs name the model.
  std::size_t outputs_of(const std::string& label) {
    std::size_t count = 0;
    for (const test::StoredRecord& output : world_.outputs()) {
      if (output.value->find("\"model\":\"" + label + "\"") != std::string::npos) ++count;
    }
    return count;
  }

  // Publishes the version before the send with this number.
  void publish_at_send(int number, std::uint64_t of_version) {
    world_.watch.fault = [this, number, of_version, sends = 0](BrokerCall call,
                                                               Moment at) mutable -> Status {
      if (call == BrokerCall::kSend && at == Moment::kBefore && ++sends == number) {
        models_.model = version(of_version);
      }
      return {};
    };
  }

  WorkerWorld world_{test::config_of(kConfig)};
  SetModels models_;
  std::int64_t next_ms_ = 0;
};

TEST_F(ModelSwapTest, TasksGoOverBehindTheNextCommitAndTheMarkerSaysSo) {
  append(200);
  publish_at_send(3, 2);
  ASSERT_TRUE(world_.run());
  EXPECT_EQ(world_.outputs().size(), 200U);
  EXPECT_EQ(marked().label, "random@2");
  EXPECT_EQ(marked().checksum, "checksum of 2");
  const auto first = static_cast<std::size_t>(marked().first_position.value);
  EXPECT_GE(first, 3U);
  EXPECT_LT(first, 200U);
  EXPECT_EQ(outputs_of("random@1"), first);
  EXPECT_EQ(outputs_of("random@2"), 200 - first);
  EXPECT_EQ(world_.counters.model_swaps, 1U);
}

TEST_F(ModelSwapTest, AStartTakesTheNewestAndGoesOnWithTheSame) {
  append(10);
  ASSERT_TRUE(world_.run());
  EXPECT_EQ(marked(), (stateful::MarkedModel{{0}, "random@1", "", ""}));
  models_.model = version(2);
  append(10);
  ASSERT_TRUE(world_.run());
  EXPECT_EQ(marked(), (stateful::MarkedModel{{10}, "random@2", "checksum of 2", ""}));
  append(10);
  ASSERT_TRUE(world_.run());
  EXPECT_EQ(marked().first_position, Position{10}) << "the same model serves since then";
  EXPECT_EQ(outputs_of("random@1"), 10U);
  EXPECT_EQ(outputs_of("random@2"), 20U);
  EXPECT_EQ(world_.counters.model_swaps, 0U) << "no task saw it change";
}

TEST_F(ModelSwapTest, TheSameNameWithOtherBytesIsAnotherModel) {
  append(10);
  ASSERT_TRUE(world_.run());
  models_.model = version(1);
  append(10);
  ASSERT_TRUE(world_.run());
  EXPECT_EQ(marked(), (stateful::MarkedModel{{10}, "random@1", "checksum of 1", ""}));
}

TEST_F(ModelSwapTest, WhatACrashMadeInvisibleIsOfTheNewModel) {
  append(200);
  ASSERT_TRUE(world_.run());
  append(7);
  int commits = 0;
  world_.watch.fault = [&](BrokerCall call, Moment at) -> Status {
    if (call != BrokerCall::kCommit || at != Moment::kBefore || ++commits > 1) return {};
    models_.model = version(2);
    return error(ErrorCode::kFenced, "as the test asked");
  };
  ASSERT_TRUE(world_.run());
  EXPECT_EQ(world_.outputs().size(), 207U);
  EXPECT_EQ(outputs_of("random@2"), 7U);
  EXPECT_EQ(marked().first_position, Position{200});
}

TEST_F(ModelSwapTest, ADeadLetterOfAModelNamesIt) {
  world_.append("u", test::request_json("u", 1, {"nothing"}));
  world_.append("u", "{");
  ASSERT_TRUE(world_.run());
  ASSERT_EQ(world_.dead_letters().size(), 2U);
  EXPECT_EQ(world_.dead_letters()[0].headers.back(), (Header{"freshet.model", "random@1"}));
  EXPECT_NE(world_.dead_letters()[1].headers.back().name, "freshet.model");
}

}  // namespace freshet::pipeline::model_swap_test
