#include "scorer/candidates/target_table.h"

#include <gtest/gtest.h>

#include <cmath>

#include "scorer/files/model_words.h"
#include "scorer/reference/reference_attention.h"
#include "tests/support/scorer_models.h"

namespace freshet::scorer {
namespace target_table_test {

ModelInitOptions small_options(Variant variant) {
  ModelInitOptions options;
  options.variant = variant;
  options.embedding_dim = 5;
  options.attention_hidden = 3;
  options.item_ids = test::numbered_items(9);
  return options;
}

TargetTable table_of(const std::shared_ptr<const Model>& model) {
  Result<TargetTable> table = TargetTable::create(model);
  FRESHET_CHECK(table.has_value());
  return std::move(*table);
}

TEST(TargetTableTest, WithoutFieldsTheItemsRowIsTheTargetWhereThereIsNoWv) {
  for (const auto& variant : kVariantWords) {
    const auto model = test::share(test::random_model(small_options(variant.value)));
    const TargetTable table = table_of(model);
    EXPECT_EQ(table.width(), 5U) << variant.text;
    const bool own = variant.value == Variant::kSelf || variant.value == Variant::kSelfShared;
    EXPECT_EQ(table.row(ItemRow{4}) != model->items.row(4), own) << variant.text;
    EXPECT_EQ(table.heap_bytes() > 0, own) << variant.text;
  }
}

TEST(TargetTableTest, WithoutFieldsSelfAttentionLeavesWvTimesTheRow) {
  Model model = test::random_model(small_options(Variant::kSelfShared));
  SelfAttention& self = *model.behaviours[0].self();
  self.wv.data.assign(25, 0.0F);
  for (std::size_t c = 0; c < 5; ++c) self.wv.data[c * 5 + (4 - c)] = 2.0F;
  const auto shared = test::share(std::move(model));
  const TargetTable table = table_of(shared);
  const float* row = table.row(ItemRow{3});
  for (std::size_t c = 0; c < 5; ++c) EXPECT_EQ(row[c], 2.0F * shared->items.at(3, 4 - c));
}

TEST(TargetTableTest, AnItemWithoutAnyFieldIsZerosAndOneFieldIsItsOwnRow) {
  ModelInitOptions options = small_options(Variant::kTraditional);
  options.target_fields = {"author", "tag"};
  Model model = test::random_model(options);
  TargetFields& fields = *model.target_fields;
  fields.rows[0] = fields.rows[1] = std::nullopt;
  fields.rows[2] = std::nullopt;
  fields.rows[3] = 7;
  const auto shared = test::share(std::move(model));
  const TargetTable table = table_of(shared);
  for (std::size_t c = 0; c < 5; ++c) {
    EXPECT_EQ(table.row(ItemRow{0})[c], 0.0F);
    EXPECT_EQ(table.row(ItemRow{1})[c], shared->target_fields->embedding.at(7, c));
  }
}

TEST(TargetTableTest, WithFieldsEveryRepresentationHasItsOwnVector) {
  for (const auto& variant : kVariantWords) {
    for (const auto& pool : kPoolWords) {
      ModelInitOptions options = small_options(variant.value);
      options.pool = pool.value;
      options.target_fields = {"item", "author", "tag"};
      if (variant.value != Variant::kNone) options.behaviours = {"click", "cart"};
      const auto model = test::share(test::random_model(options));
      const TargetTable table = table_of(model);
      const std::size_t count = model->representations().size();
      const bool one = variant.value == Variant::kTarget || variant.value == Variant::kNone;
      ASSERT_EQ(table.width(), one ? 5U : 5U * count) << variant.text;
      for (std::uint32_t item = 0; item < 9; ++item) {
        for (std::size_t p = 0; p < count; ++p) {
          const std::vector<double> exact = reference_target(*model, p, ItemRow{item});
          for (std::size_t c = 0; c < 5; ++c) {
            EXPECT_NEAR(table.row(ItemRow{item})[(p * 5 + c) % table.width()], exact[c], 1e-6)
                << variant.text << ", p " << p;
          }
        }
      }
    }
  }
}

TEST(TargetTableTest, ATargetThatOverflowsIsRefusedByItsItem) {
  Model model = test::random_model(small_options(Variant::kSelfShared));
  for (std::size_t c = 0; c < 5; ++c) {
    model.items.data[2 * 5 + c] = 3e38F;
    for (std::size_t i = 0; i < 5; ++i) model.behaviours[0].self()->wv.data[c * 5 + i] = 1.0F;
  }
  const auto table = TargetTable::create(test::share(std::move(model)));
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().code, ErrorCode::kInvalidModel);
  EXPECT_NE(table.error().message.find("item \"v2\": its target vector does not fit float32"),
            std::string::npos)
      << table.error().message;
}

}  // namespace target_table_test
}  // namespace freshet::scorer
