#include "scorer/model/model_init.h"

#include <gtest/gtest.h>

#include "scorer/model/model_check.h"
#include "tests/support/scorer_models.h"

namespace freshet::scorer {
namespace model_init_test {

ModelInitOptions tiny_options() {
  ModelInitOptions options;
  options.embedding_dim = 3;
  options.item_ids = test::numbered_items(4);
  options.wide_buckets = 11;
  return options;
}

// Gives the message of the refusal, which must be kInvalidModel.
std::string refusal(const ModelInitOptions& options) {
  const Result<Model> model = init_model(options);
  EXPECT_FALSE(model);
  if (model) return {};
  EXPECT_EQ(model.error().code, ErrorCode::kInvalidModel);
  return model.error().message;
}

TEST(ModelInitTest, TheSameSeedGivesTheSameModelAndAnotherDoesNot) {
  const Model first = test::random_model(tiny_options());
  const Model again = test::random_model(tiny_options());
  ModelInitOptions other = tiny_options();
  other.seed = 2;
  EXPECT_EQ(first.items.data, again.items.data);
  EXPECT_EQ(first.hidden1.weight.data, again.hidden1.weight.data);
  EXPECT_NE(first.items.data, test::random_model(other).items.data);
}

TEST(ModelInitTest, RowsAreFoundByIdAndRankedByBytes) {
  ModelInitOptions options = tiny_options();
  options.item_ids = {ItemId("b"), ItemId("a"), ItemId("\xc3\xa4"), ItemId("B")};
  const Model model = test::random_model(options);
  EXPECT_EQ(model.row_of(ItemId("a")), ItemRow{1});
  EXPECT_EQ(model.row_of(ItemId("c")), std::nullopt);
  EXPECT_EQ(model.item_id_rank, (std::vector<std::uint32_t>{2, 1, 3, 0}));
  EXPECT_EQ(model.label(), "random@1");
}

TEST(ModelInitTest, EachBadOptionIsRefusedByName) {
  ModelInitOptions options = tiny_options();
  options.name = "two words";
  EXPECT_NE(refusal(options).find("name \"two words\""), std::string::npos);

  options = tiny_options();
  options.version = std::uint64_t{1} << 63;
  EXPECT_NE(refusal(options).find("version is 9223372036854775808; it must be at most"),
            std::string::npos);

  options = tiny_options();
  options.embedding_dim = 0;
  EXPECT_NE(refusal(options).find("embedding_dim is 0"), std::string::npos);

  options = tiny_options();
  options.item_ids = {};
  EXPECT_NE(refusal(options).find("number of items"), std::string::npos);

  options = tiny_options();
  options.item_ids[3] = ItemId("v1");
  EXPECT_NE(refusal(options).find("items.txt:4: item \"v1\" stands in line 2"), std::string::npos);

  options = tiny_options();
  options.item_ids[0] = ItemId("");
  EXPECT_NE(refusal(options).find("items.txt:1"), std::string::npos);

  options = tiny_options();
  options.item_ids[0] = ItemId("a\nb");
  EXPECT_NE(refusal(options).find("line break"), std::string::npos);

  options = tiny_options();
  options.behaviours = {"click", "click"};
  EXPECT_NE(refusal(options).find("\"click\" is named twice"), std::string::npos);

  options = tiny_options();
  options.softmax = SoftmaxOver::kChannels;
  EXPECT_NE(refusal(options).find("softmax: channels needs weight: per_channel"),
            std::string::npos);

  options.weight = WeightKind::kPerChannel;
  options.recency_per_day = 1.0;
  EXPECT_NE(refusal(options).find("recency_per_day has no effect"), std::string::npos);

  options = tiny_options();
  options.recency_per_day = -1.0;
  EXPECT_NE(refusal(options).find("recency_per_day"), std::string::npos);

  options = tiny_options();
  options.context_fields = {"tab", "tab"};
  EXPECT_NE(refusal(options).find("same cross twice"), std::string::npos);

  options = tiny_options();
  options.variant = Variant::kSelf;
  options.score = ScoreKind::kBilinear;
  EXPECT_NE(refusal(options).find("score must be additive, dot or scaled_dot"), std::string::npos);

  options = tiny_options();
  options.variant = Variant::kMerged;
  options.self_activation = Activation::kNone;
  EXPECT_NE(refusal(options).find("activation must be relu or tanh"), std::string::npos);

  options = tiny_options();
  options.variant = Variant::kTarget;
  options.score = ScoreKind::kBilinear;
  options.attention_hidden = 10'000;
  EXPECT_NE(refusal(options).find("attention.hidden is 10000"), std::string::npos);

  options = tiny_options();
  options.variant = Variant::kNone;
  options.behaviours = {"click", "cart"};
  EXPECT_NE(refusal(options).find("name exactly one behaviour"), std::string::npos);

  options = tiny_options();
  options.target_fields = {"author", "item"};
  EXPECT_NE(refusal(options).find("target_fields: item must stand first"), std::string::npos);

  options.target_fields = {"author"};
  options.target_rows = 0;
  EXPECT_NE(refusal(options).find("the number of rows of target.embedding is 0"),
            std::string::npos);

  options = tiny_options();
  options.hidden2 = 1'000'000;
  EXPECT_NE(refusal(options).find("deep.layers[1]"), std::string::npos);
}

TEST(ModelInitTest, AnAttentionOfAnotherVariantIsRefused) {
  Model model = test::random_model(tiny_options());
  model.variant = Variant::kSelfShared;
  Status status = check_model(model);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("attention is not of the model's variant"),
            std::string::npos);
  ModelInitOptions options = tiny_options();
  options.variant = Variant::kSelf;
  model = test::random_model(options);
  model.behaviours[0].self()->target.reset();
  status = check_model(model);
  ASSERT_FALSE(status);
  EXPECT_NE(status.error().message.find("weights are not those of the model's variant"),
            std::string::npos);
}

TEST(ModelInitTest, TheVectorOfAnAdditiveScoreIsNoBias) {
  ModelInitOptions options = tiny_options();
  options.variant = Variant::kSelfShared;
  options.score = ScoreKind::kAdditive;
  const Model model = test::random_model(options);
  const std::vector<float>& v = model.behaviours[0].self()->score.v;
  EXPECT_EQ(v.size(), 32U);
  EXPECT_NE(v[0], 0.0F);
}

}  // namespace model_init_test
}  // namespace freshet::scorer
