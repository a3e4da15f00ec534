// The promised bits of representations and scores, against tests/data/scorer_golden.txt.
//
// tests/data/make_scorer_golden.py makes that file from docs/formats.md alone. It
// changes only together with the arithmetic there, which is a new model format. On a difference the
// test leaves its own output among the temporary files and prints the path, to compare.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "common/random.h"
#include "scorer/pooling/traditional_pool.h"
#include "tests/support/scorer_models.h"
#include "tests/unit/scorer/golden_lines.h"

namespace freshet::scorer {
namespace golden_test {

constexpr const char* kGoldenFile = "tests/data/scorer_golden.txt";

// The lines of one model: u, then the logits and scores of a few candidates.
std::string golden_lines(const std::string& name, Model model) {
  for (float& value : model.behaviours[1].traditional()->w2.data) value *= 20.0F;
  const auto shared = test::share(std::move(model));
  const std::size_t dim = shared->embedding_dim;
  Random random(7);
  std::vector<float> u(dim * shared->behaviours.size());
  std::vector<ItemRow> recent;
  for (std::size_t b = 0; b < shared->behaviours.size(); ++b) {
    std::vector<PooledClick> clicks;
    for (int k = 0; k < 12; ++k) {
      const auto row = static_cast<std::uint32_t>(random.below(kGoldenItems));
      const auto ts = static_cast<std::int64_t>(random.below(2'000'000'000));
      clicks.push_back({EventTime{1'600'000'000'000 + ts}, ItemRow{row}});
      if (b == 0) recent.push_back({row});
    }
    const auto pool = TraditionalPool::create(shared, b, 50);
    EXPECT_TRUE(pool);
    TraditionalSums sums = pool->empty();
    pool->rebuild(clicks, &sums);
    pool->representation(sums, std::span(u).subspan(b * dim, dim));
  }
  return representation_line(name, u) + candidate_lines(name, shared, {u, {}}, recent);
}

std::string golden_text() {
  ModelInitOptions options = golden_options();
  std::string text = golden_lines("scalar_tanh", test::random_model(options));
  options.activation = Activation::kRelu;
  options.recency_per_day = 0.25;
  text += golden_lines("scalar_relu_recency", test::random_model(options));
  options.activation = Activation::kNone;
  options.weight = WeightKind::kPerChannel;
  text += golden_lines("channel_none_recency", test::random_model(options));
  options.recency_per_day = 0.0;
  options.softmax = SoftmaxOver::kChannels;
  text += golden_lines("over_channels", test::random_model(options));
  options = golden_options();
  Model wide = test::random_model(options);
  for (std::size_t c = 0; c < wide.embedding_dim; ++c) wide.items.data[c] *= 1e-12F;
  return text + golden_lines("int128_grid", std::move(wide));
}

TEST(ScorerGoldenTest, BitsAreThoseOfTheGoldenFile) {
  std::ifstream file(kGoldenFile);
  const std::string golden{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const std::string present = golden_text();
  if (present == golden) return;
  const std::string path = ::testing::TempDir() + "scorer_golden.txt";
  std::ofstream(path) << present;
  ADD_FAILURE() << kGoldenFile << " differs from the present bits, now in " << path;
}

}  // namespace golden_test
}  // namespace freshet::scorer
