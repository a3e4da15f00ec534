// A user under the models that come and go: its views are always those of the models it is touched
// with, whatever happened while another one served.
#include "pipeline/scoring/hot_user.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "scorer/float_mode.h"
#include "tests/support/pipeline_fixture.h"
#include "tests/support/scorer_models.h"

namespace freshet::pipeline::hot_user_test {

constexpr EventTime kNow{test::kBaseMs + 100};

class HotUserTest : public ::testing::Test {
 protected:
  HotUserTest() { scorer::set_float_mode(); }

  std::shared_ptr<const ServedModel> model_of(std::uint64_t seed, std::size_t items) {
    scorer::ModelInitOptions options = test::small_model(config_, items);
    options.seed = seed;
    return test::serve(test::random_model(options), config_);
  }

  void click(const ServedModels& models, HotUser* user, std::int64_t ms, const char* item) {
    user->insert(models, 0, {EventTime{test::kBaseMs + ms}, ItemId(item)});
  }

  std::vector<float> representation(const ServedModels& models, std::size_t m, HotUser* user) {
    Windows windows;
    user->refresh(models, config_.limits(), kNow, &windows);
    std::vector<float> u(models[m]->representation_size());
    std::vector<scorer::PoolSums> scratch;
    user->view(m).representation(*models[m], windows, &scratch, u);
    return u;
  }

  WorkerConfig config_ =
      test::config_of("behaviours: [{name: click, types: [click], length_max: 3, age_max: 7d}]");
  std::shared_ptr<const ServedModel> first_ = model_of(1, 8);
  std::shared_ptr<const ServedModel> second_ = model_of(2, 6);
  HotUser user_{{first_}, stateful::UserState(config_.limits()), std::nullopt};
};

TEST_F(HotUserTest, NoTwoServedModelsShareASerial) {
  EXPECT_NE(first_->serial, second_->serial);
  EXPECT_NE(first_->serial, model_of(1, 8)->serial);
  EXPECT_NE(first_->serial, 0U);
}

TEST_F(HotUserTest, AViewOfAnotherModelIsMadeAnewOnTouch) {
  click({first_}, &user_, 1, "v7");
  representation({first_}, 0, &user_);
  user_.touch({second_});
  EXPECT_EQ(user_.view(0).serial(), second_->serial);
  EXPECT_FALSE(user_.view(0).clicks(0)[0].row.has_value());  // the second knows six items
  EXPECT_EQ(user_.view(0).summed(0), 0U);
}

TEST_F(HotUserTest, AModelThatComesBackSeesWhatCameMeanwhile) {
  click({first_}, &user_, 1, "v1");
  representation({first_}, 0, &user_);
  user_.touch({second_});
  click({second_}, &user_, 2, "v2");
  user_.touch({first_});
  HotUser always({first_}, stateful::UserState(config_.limits()), std::nullopt);
  click({first_}, &always, 1, "v1");
  click({first_}, &always, 2, "v2");
  EXPECT_EQ(representation({first_}, 0, &user_), representation({first_}, 0, &always));
}

TEST_F(HotUserTest, AModelBesideThePrimaryHasAViewOfItsOwn) {
  const ServedModels both{first_, second_};
  user_.touch(both);
  HotUser alone({second_}, stateful::UserState(config_.limits()), std::nullopt);
  for (const char* item : {"v1", "v7", "v3", "v1", "v5"}) {
    const std::int64_t ms = item[1] - '0';
    click(both, &user_, ms, item);
    click({second_}, &alone, ms, item);
    EXPECT_EQ(representation(both, 1, &user_), representation({second_}, 0, &alone));
  }
  const std::size_t with_both = user_.bytes();
  user_.touch({first_});
  EXPECT_GT(with_both, user_.bytes());
}

TEST_F(HotUserTest, AnUntouchedViewIsNotTakenForAnotherModels) {
  EXPECT_DEATH(click({second_}, &user_, 1, "v1"), "serial");
}

}  // namespace freshet::pipeline::hot_user_test
