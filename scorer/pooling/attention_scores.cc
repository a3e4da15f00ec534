#include "scorer/pooling/attention_scores.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>

#include "scorer/exp64.h"
#include "scorer/kernels.h"
#include "scorer/model/model_limits.h"
#include "scorer/model/refuse_model.h"

namespace freshet::scorer {

Result<AttentionScores> attention_scores(const Model& model, std::size_t behaviour) {
  const TraditionalAttention& attention = *model.behaviours[behaviour].traditional();
  const AlignedVector<double> w1 = transposed<double>(attention.w1);
  const AlignedVector<double> w2 = transposed<double>(attention.w2);
  const std::vector<double> b1(attention.b1.begin(), attention.b1.end());
  const std::vector<double> b2(attention.b2.begin(), attention.b2.end());
  std::vector<double> x(model.embedding_dim);
  std::vector<double> h(attention.w1.rows);
  AttentionScores scores;
  scores.width = attention.w2.rows;
  scores.data.resize(model.items.rows * scores.width);
  for (std::size_t item = 0; item < model.items.rows; ++item) {
    std::copy_n(model.items.row(item), x.size(), x.begin());
    dense(x, w1, b1, h);
    activate(attention.activation, h);
    const std::span<double> s(&scores.data[item * scores.width], scores.width);
    dense(h, w2, b2, s);
    for (const double value : s) {
      if (std::fabs(value) <= kAttentionScoreMax) continue;
      return refuse_model("item \"" + model.item_ids[item].str() +
                          "\": the attention score of behaviour \"" +
                          model.behaviours[behaviour].name + "\" is " + std::to_string(value) +
                          ", beyond 2^30; the model has diverged, train it with smaller steps or "
                          "weight decay");
    }
  }
  return scores;
}

void softmax_over_channels(AttentionScores* scores) {
  for (std::size_t first = 0; first < scores->data.size(); first += scores->width) {
    const std::span<double> row(&scores->data[first], scores->width);
    const double max = *std::max_element(row.begin(), row.end());
    double sum = 0.0;
    for (double& value : row) {
      value = exp64(value - max);
      sum += value;
    }
    for (double& value : row) value = static_cast<float>(value / sum);
  }
}

}  // namespace freshet::scorer
