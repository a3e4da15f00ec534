#include "pipeline/scoring/served_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "scorer/float_mode.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"
#include "tests/support/temp_dir.h"

namespace freshet::pipeline::served_model_test {

using ::testing::HasSubstr;

class ServedModelTest : public ::testing::Test {
 protected:
  ServedModelTest() { scorer::set_float_mode(); }

  auto create(const scorer::ModelInitOptions& options) {
    return ServedModel::create(test::share(test::random_model(options)), config_);
  }

  void use_pool(const std::string& lines) {
    config_.candidates.source = CandidateSource::kPoolFile;
    config_.candidates.pool_path = dir_.path() / "pool.txt";
    std::ofstream(config_.candidates.pool_path) << lines;
  }

  std::string refusal(const scorer::ModelInitOptions& options, ErrorCode code) {
    const auto served = create(options);
    if (served) return "accepted";
    EXPECT_EQ(served.error().code, code);
    return served.error().message;
  }

  test::TempDir dir_;
  WorkerConfig config_ = test::config_of(
      "{behaviours: [{name: click, types: [click]}, {name: cart, types: [cart]}],"
      " events: {context: [tab]}}");
  scorer::ModelInitOptions options_ = test::small_model(config_);
};

TEST_F(ServedModelTest, AClickIsScoredAgainstTheWholeCatalogue) {
  const auto served = create(options_);
  ASSERT_TRUE(served) << served.error().message;
  ASSERT_EQ((*served)->candidate_rows.size(), 8U);
  for (std::uint32_t i = 0; i < 8; ++i) EXPECT_EQ((*served)->candidate_rows[i].value, i);
  EXPECT_EQ((*served)->label, "random@1");
}

TEST_F(ServedModelTest, PoolsFollowTheModelsOrderOfBehaviours) {
  options_.behaviours = {"cart", "click"};
  const auto served = create(options_);
  ASSERT_TRUE(served) << served.error().message;
  ASSERT_EQ((*served)->pools.size(), 2U);
  EXPECT_EQ((*served)->pools[0].behaviour, 1U);
  EXPECT_EQ((*served)->pools[1].behaviour, 0U);
}

TEST_F(ServedModelTest, WithCandidatesOfTheEventAClickHasNone) {
  config_.candidates.source = CandidateSource::kEvent;
  const auto served = create(options_);
  ASSERT_TRUE(served);
  EXPECT_TRUE((*served)->candidate_rows.empty());
}

TEST_F(ServedModelTest, APoolFileNamesTheRowsInItsOrder) {
  use_pool("v3\nv1\n");
  const auto served = create(options_);
  ASSERT_TRUE(served) << served.error().message;
  const std::vector<scorer::ItemRow> rows = {{3}, {1}};
  EXPECT_EQ((*served)->candidate_rows, rows);
}

TEST_F(ServedModelTest, AnUnknownItemInAPoolFileIsRefusedWithItsLine) {
  use_pool("v3\nnobody\n");
  EXPECT_THAT(refusal(options_, ErrorCode::kInvalidConfig),
              HasSubstr("pool.txt:2: the model random@1 has no such item"));
}

TEST_F(ServedModelTest, AnItemThatIsTwiceInAPoolFileIsRefusedWithItsLine) {
  use_pool("v3\nv1\nv3\n");
  EXPECT_THAT(refusal(options_, ErrorCode::kInvalidConfig),
              HasSubstr("pool.txt:3: \"v3\" is there twice"));
}

TEST_F(ServedModelTest, APoolPathThatIsADirectoryIsRefusedAsOne) {
  use_pool("v3\n");
  config_.candidates.pool_path = dir_.path();
  EXPECT_THAT(refusal(options_, ErrorCode::kInvalidConfig),
              HasSubstr("is a directory; candidates.pool_path names a file"));
}

TEST_F(ServedModelTest, AnEmptyOrMissingPoolFileIsRefused) {
  use_pool("");
  EXPECT_THAT(refusal(options_, ErrorCode::kInvalidConfig), HasSubstr("holds no item id"));
  config_.candidates.pool_path = dir_.path() / "nowhere";
  EXPECT_THAT(refusal(options_, ErrorCode::kInvalidConfig), HasSubstr("nowhere: cannot be read"));
}

TEST_F(ServedModelTest, ABehaviourThatIsNotConfiguredIsRefused) {
  options_.behaviours = {"click", "order"};
  EXPECT_THAT(refusal(options_, ErrorCode::kInvalidModel),
              HasSubstr("reads the behaviour \"order\", which the configuration does not have"));
}

TEST_F(ServedModelTest, AContextFieldThatIsNotConfiguredIsRefused) {
  options_.context_fields = {"page"};
  EXPECT_THAT(refusal(options_, ErrorCode::kInvalidModel), HasSubstr("page"));
}

}  // namespace freshet::pipeline::served_model_test
