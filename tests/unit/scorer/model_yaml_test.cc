#include <gtest/gtest.h>

#include "common/random.h"
#include "scorer/files/model_parsers.h"
#include "tests/support/seed.h"
#include "tests/unit/scorer/folder_fixture.h"

namespace freshet::scorer {
namespace model_yaml_test {

const std::string kSha(64, 'a');

const std::string kYaml =
    "format: 1\n"
    "name: demo\n"
    "version: 3\n"
    "variant: traditional\n"
    "embedding_dim: 8\n"
    "behaviours:\n"
    "  - name: click\n"
    "    attention: {hidden: 4, activation: tanh, weight: scalar, softmax: positions}\n"
    "deep: {layers: [6, 5]}\n"
    "wide: {buckets: 100, recent_clicks: 2, crosses: [item, 'context:tab x item']}\n"
    "checksum:\n"
    "  weights: " +
    kSha +
    "\n"
    "  items: " +
    kSha + "\n";

// The message of the refusal of kYaml with `from` replaced by `to`.
std::string refusal(const std::string& from, const std::string& to) {
  const auto parsed = parse_model_yaml(folder_fixture::replaced(kYaml, from, to), "m/model.yaml");
  EXPECT_FALSE(parsed) << "accepted: " << to;
  if (parsed) return {};
  EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidModel);
  return parsed.error().message;
}

TEST(ModelYamlTest, ReadsEveryKey) {
  const auto parsed = parse_model_yaml(kYaml, "model.yaml");
  ASSERT_TRUE(parsed) << parsed.error().message;
  const Model& model = parsed->model;
  EXPECT_EQ(model.label(), "demo@3");
  EXPECT_EQ(model.embedding_dim, 8U);
  ASSERT_EQ(model.behaviours.size(), 1U);
  EXPECT_EQ(model.variant, Variant::kTraditional);
  ASSERT_NE(model.behaviours[0].traditional(), nullptr);
  EXPECT_EQ(model.behaviours[0].traditional()->w1.rows, 4U);
  EXPECT_EQ(model.behaviours[0].traditional()->recency_per_day, 0.0);
  EXPECT_EQ(model.hidden1.weight.rows, 6U);
  EXPECT_EQ(model.hidden1.weight.cols, 24U);
  EXPECT_EQ(model.hidden2.weight.rows, 5U);
  EXPECT_EQ(model.wide.buckets, 100U);
  EXPECT_EQ(model.wide.crosses.size(), 2U);
  EXPECT_EQ(parsed->weights_sha256, kSha);
}

TEST(ModelYamlTest, EachMistakeIsRefusedWithItsPlaceAndRemedy) {
  const struct {
    const char* from;
    const char* to;
    const char* message;
  } cases[] = {
      {"format: 1", "format: 2",
       "m/model.yaml:1:9: format: format 2 is not served by this version; it serves 1"},
      {"format: 1\n", "", "key \"format\" is missing; add it"},
      {"traditional", "self_unshared",
       "m/model.yaml:4:10: variant: \"self_unshared\" is not served by this version; it serves "
       "traditional, self, self_shared, self_bilinear"},
      {"name: demo", "name: [demo]", "m/model.yaml:2:7: name: must be a word"},
      {"name: demo", "name: a b", "name \"a b\" must be 1 to 64 characters"},
      {"name: demo", "name:", "name: must be a word"},
      {"version: 3", "version: -3", "version: must be a whole number from 0"},
      {"version: 3", "version: 3.5", "version: must be a whole number"},
      {"version: 3", "version: \"3\"", "version: must be a whole number"},
      {"version: 3", "version: 99999999999999999999", "version: must be a whole number"},
      {"embedding_dim: 8", "embedding_dim: 0", "embedding_dim: must be a whole number from 1"},
      {"embedding_dim: 8", "embedding_dim: 5000", "from 1 to 4096"},
      {"version: 3", "version: 3\nversion: 4", "m/model.yaml:4:1: key \"version\" is given twice"},
      {"version: 3", "versoin: 3", "unknown key \"versoin\"; remove it or check its spelling"},
      {"version: 3\n", "", "key \"version\" is missing"},
      {"hidden: 4,", "hidden: 4, hidden: 5,", "key \"hidden\" is given twice"},
      {"hidden: 4,", "hidden: 4, heads: 5,", "behaviours[0].attention: unknown key \"heads\""},
      {"hidden: 4,", "", "behaviours[0].attention: key \"hidden\" is missing"},
      {"hidden: 4,", "hidden: 100000,", "behaviours[0].attention.hidden: must be a whole number"},
      {"activation: tanh", "activation: gelu",
       "\"gelu\" is not served by this version; it serves none, relu, tanh"},
      {"weight: scalar", "weight: 1", "it serves scalar, per_channel"},
      {"positions", "channels", "softmax: channels needs weight: per_channel"},
      {"positions}", "positions, recency_per_day: -1}", "must be a number from 0"},
      {"positions}", "positions, recency_per_day: .nan}", "must be a number from 0"},
      {"positions}", "positions, recency_per_day: soon}", "must be a number from 0"},
      {"weight: scalar, softmax: positions}",
       "weight: per_channel, softmax: channels, recency_per_day: 1}",
       "recency_per_day has no effect with softmax: channels"},
      {"  - name: click\n    attention", "  attention", "behaviours: must be a list"},
      {"[6, 5]", "[6]", "deep.layers: must be the two widths"},
      {"[6, 5]", "[6, 5, 4]", "deep.layers: must be a list of at most 2 entries"},
      {"[6, 5]", "[6, 0]", "deep.layers[1]: must be a whole number from 1"},
      {"deep: {layers: [6, 5]}", "deep: 3", "deep: must be a map"},
      {"buckets: 100", "buckets: 0", "wide.buckets: must be a whole number from 1"},
      {"buckets: 100, ", "", "wide: key \"buckets\" is missing"},
      {"crosses: [item,", "crosses: [items,",
       "wide.crosses[0]: \"items\" is not a cross; use item"},
      {"crosses: [item,", "crosses: [item, item,", "names the same cross twice"},
      {"'context:tab x item'", "'context: x item'",
       "context field \"\" must be 1 to 64 characters"},
      {"recent_clicks: 2, crosses: [item,", "crosses: ['recent x item',",
       "wide.recent_clicks must be at least 1"},
      {"crosses: [item, 'context:tab x item']", "crosses: []", "need each other"},
      {"weights: aa", "weights: AA", "checksum.weights: must be a SHA-256"},
      {"weights: aa", "weights: a", "checksum.weights: must be a SHA-256"},
      {"checksum:", "checksums:", "unknown key \"checksums\""},
      {"format: 1", "format: [1", "m/model.yaml: not readable as YAML"},
      {"format: 1", "? [a]\n: b\nformat: 1", "unknown key \"\""},
      {"checksum:", "---\nchecksum:", "must hold one YAML document"},
  };
  for (const auto& c : cases) {
    const std::string message = refusal(c.from, c.to);
    EXPECT_NE(message.find(c.message), std::string::npos) << c.to << "\n  gave " << message;
    EXPECT_TRUE(message.starts_with("m/model.yaml")) << message;
  }
}

// kYaml with another variant and attention, and with `fields` before the behaviours.
std::string yaml_of(const std::string& variant, const std::string& attention,
                    const std::string& fields = "") {
  std::string yaml = folder_fixture::replaced(kYaml, "traditional", variant);
  yaml = folder_fixture::replaced(
      yaml, "    attention: {hidden: 4, activation: tanh, weight: scalar, softmax: positions}\n",
      attention.empty() ? "" : "    attention: " + attention + "\n");
  if (fields.empty()) return yaml;
  yaml =
      folder_fixture::replaced(yaml, "behaviours:", "target_fields: " + fields + "\nbehaviours:");
  return yaml + "  target_fields: " + kSha + "\n";
}

TEST(ModelYamlTest, ReadsTheSelfKinds) {
  auto parsed = parse_model_yaml(
      yaml_of("self", "{hidden: 5, score: additive, pool: last}", "[item, author]"), "m");
  ASSERT_TRUE(parsed) << parsed.error().message;
  const SelfAttention* self = parsed->model.behaviours[0].self();
  ASSERT_NE(self, nullptr);
  EXPECT_EQ(self->score.kind, ScoreKind::kAdditive);
  EXPECT_EQ(self->pool, RowPool::kLast);
  EXPECT_EQ(self->score.wq.rows, 5U);
  EXPECT_EQ(self->wv.rows, 8U);
  ASSERT_TRUE(self->target.has_value());
  EXPECT_EQ(self->target->score.wk.rows, 5U);
  EXPECT_EQ(parsed->model.target_fields->columns(), 1U);
  EXPECT_EQ(parsed->target_fields_sha256, kSha);

  parsed = parse_model_yaml(
      yaml_of("self_shared", "{hidden: 5, score: dot, pool: sum, recency_per_day: 0.5}"), "m");
  ASSERT_TRUE(parsed) << parsed.error().message;
  self = parsed->model.behaviours[0].self();
  EXPECT_EQ(self->wv.rows, 8U);
  EXPECT_EQ(self->recency_per_day, 0.5);
  EXPECT_FALSE(self->target.has_value());

  parsed = parse_model_yaml(
      yaml_of("self_bilinear_activated", "{hidden: 5, activation: tanh, pool: mean}"), "m");
  ASSERT_TRUE(parsed) << parsed.error().message;
  self = parsed->model.behaviours[0].self();
  EXPECT_EQ(self->score.kind, ScoreKind::kBilinear);
  EXPECT_EQ(self->score.activation, Activation::kTanh);
  EXPECT_EQ(self->wv.rows, 0U);
}

TEST(ModelYamlTest, ReadsMergedTargetAndNone) {
  auto parsed = parse_model_yaml(
      yaml_of("merged",
              "{traditional: {hidden: 4, activation: tanh, weight: scalar, softmax: positions}, "
              "self: {hidden: 5, activation: relu, pool: mean}}"),
      "m");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->model.behaviours[0].traditional()->w1.rows, 4U);
  EXPECT_EQ(parsed->model.behaviours[0].self()->score.wq.rows, 5U);
  EXPECT_EQ(parsed->model.hidden1.weight.cols, 48U);
  const std::vector<Representation> both = {{0, RepresentationKind::kTraditional},
                                            {0, RepresentationKind::kSelf}};
  EXPECT_EQ(parsed->model.representations(), both);

  parsed = parse_model_yaml(yaml_of("target", "{score: bilinear, hidden: 5}"), "m");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->model.behaviours[0].target()->score.wq.rows, 5U);
  parsed = parse_model_yaml(yaml_of("target", "{score: dot}"), "m");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_FALSE(parsed->model.behaviours[0].target()->score.has_matrices());
  parsed = parse_model_yaml(yaml_of("none", ""), "m");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->model.representations()[0].kind, RepresentationKind::kNone);
}

TEST(ModelYamlTest, AKeyOfAnotherVariantIsRefusedWithItsPlaceAndRemedy) {
  const struct {
    std::string yaml;
    const char* message;
  } cases[] = {
      {yaml_of("self", "{hidden: 4, score: bilinear, pool: mean}"),
       "behaviours[0].attention.score: \"bilinear\" is not served by this version; it serves "
       "additive, dot, scaled_dot"},
      {yaml_of("self", "{hidden: 4, score: dot, pool: max}"),
       "attention.pool: \"max\" is not served by this version; it serves mean, sum, last"},
      {yaml_of("self_shared", "{hidden: 4, score: dot, pool: mean, activation: relu}"),
       "behaviours[0].attention: unknown key \"activation\""},
      {yaml_of("self", "{hidden: 4, pool: mean}"), "key \"score\" is missing; add it"},
      {yaml_of("self_bilinear", "{hidden: 4, pool: mean, score: dot}"), "unknown key \"score\""},
      {yaml_of("self_bilinear_activated", "{hidden: 4, pool: mean}"),
       "key \"activation\" is missing"},
      {yaml_of("self_bilinear_activated", "{hidden: 4, pool: mean, activation: none}"),
       "\"none\" is not served by this version; it serves relu, tanh"},
      {yaml_of("merged", "{traditional: {hidden: 4}, self: {hidden: 4}}"),
       "behaviours[0].attention.traditional: key \"activation\" is missing"},
      {yaml_of("merged", "{hidden: 4}"), "behaviours[0].attention: unknown key \"hidden\""},
      {yaml_of("target", "{score: dot, hidden: 4}"), "unknown key \"hidden\""},
      {yaml_of("target", "{score: additive}"), "key \"hidden\" is missing"},
      {yaml_of("none", "{score: dot}"), "behaviours[0]: unknown key \"attention\""},
      {yaml_of("self", "{hidden: 4, score: dot, pool: mean, recency_per_day: -1}"),
       "attention.recency_per_day: must be a number from 0"},
      {yaml_of("none", "", "[author, item]"), "target_fields: item must stand first"},
      {yaml_of("none", "", "[item]"), "target_fields has no field beside item"},
      {yaml_of("none", "", "[]"), "the number of target_fields is 0"},
      {yaml_of("none", "", "[tag, tag]"), "target_fields names \"tag\" twice"},
      {yaml_of("none", "", "['a b']"), "target_fields: field \"a b\" must be 1 to 64 characters"},
      {folder_fixture::replaced(yaml_of("none", "", "[tag]"), "  target_fields: aa",
                                "  fields: aa"),
       "checksum: unknown key \"fields\""},
      {folder_fixture::replaced(yaml_of("none", ""), "  - name: click\n",
                                "  - name: click\n  - name: cart\n"),
       "name exactly one behaviour"},
      {kYaml + "  target_fields: " + kSha + "\n", "checksum: unknown key \"target_fields\""},
  };
  for (const auto& c : cases) {
    const auto parsed = parse_model_yaml(c.yaml, "m/model.yaml");
    ASSERT_FALSE(parsed) << c.message;
    EXPECT_NE(parsed.error().message.find(c.message), std::string::npos)
        << parsed.error().message << "\n  for " << c.message;
    EXPECT_TRUE(parsed.error().message.starts_with("m/model.yaml")) << parsed.error().message;
  }
}

TEST(ModelYamlTest, TwoBehavioursOfOneNameAreRefused) {
  const std::string message =
      refusal("behaviours:\n",
              "behaviours:\n  - name: click\n    attention: {hidden: 1, activation: none, weight: "
              "scalar, softmax: positions}\n");
  EXPECT_NE(message.find("behaviour \"click\" is named twice"), std::string::npos) << message;
}

TEST(ModelYamlTest, WhatIsNoMapIsRefused) {
  for (const char* text :
       {"", "3", "[1, 2]", "null", "\xff\xfe", "&a [*a]", "a: *b", ",format: 1"}) {
    const auto parsed = parse_model_yaml(text, "model.yaml");
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::kInvalidModel);
  }
}

TEST(ModelYamlTest, ADocumentMarkerAfterCommentsIsNoSecondDocument) {
  const auto parsed = parse_model_yaml("# made by hand\n\n---\n" + kYaml, "model.yaml");
  EXPECT_TRUE(parsed) << parsed.error().message;
}

TEST(ModelYamlTest, DeepNestingIsRefused) {
  for (const char bracket : {'[', '{'}) {
    EXPECT_FALSE(parse_model_yaml(std::string(100'000, bracket), "model.yaml"));
  }
}

TEST(ModelYamlTest, RandomDamageIsAValueOrARefusalNeverACrash) {
  Random random(test::test_seed());
  const std::string alphabet = "{}[]:,-&*!|>'\"#%@`? \n\tab1.x";
  for (int k = 0; k < test::case_count(4'000); ++k) {
    std::string damaged = kYaml;
    for (std::uint64_t n = 1 + random.below(4); n > 0; --n) {
      damaged[random.below(damaged.size())] = alphabet[random.below(alphabet.size())];
    }
    const auto parsed = parse_model_yaml(damaged, "model.yaml");
    if (!parsed) {
      ASSERT_EQ(parsed.error().code, ErrorCode::kInvalidModel);
    }
  }
}

}  // namespace model_yaml_test
}  // namespace freshet::scorer
