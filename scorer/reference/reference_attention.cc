#include "scorer/reference/reference_attention.h"

#include <algorithm>
#include <cmath>

#include "scorer/reference/reference_math.h"

namespace freshet::scorer {
namespace {

using reference::Vector;

// What a layer attends: the known clicks of a user, or the fields of a candidate.
struct Rows {
  std::vector<Vector> x;  // [n][d]
  Vector recency;         // [n]; added to the score of row j
  std::size_t last = 0;   // the newest click, the first field
};

Vector widened(const Matrix& table, std::size_t row) {
  return {table.row(row), table.row(row) + table.cols};
}

// exp(-lambda * age) with the age counted from 2020; the origin cancels in the softmax.
double recency_of(double per_day, EventTime ts) {
  return per_day * (static_cast<double>(ts.ms - 1577836800000) / 86400000.0);
}

Rows rows_of(const Model& model, double recency_per_day, std::span<const ReferenceClick> clicks) {
  Rows rows;
  const ReferenceClick* newest = nullptr;
  for (const ReferenceClick& click : clicks) {
    if (!click.row) continue;
    const auto id = [&](const ReferenceClick& c) { return model.item_ids[c.row->value].view(); };
    const bool newer = newest == nullptr || newest->ts < click.ts ||
                       (newest->ts == click.ts && id(*newest) < id(click));
    if (newer) {
      newest = &click;
      rows.last = rows.x.size();
    }
    rows.x.push_back(widened(model.items, click.row->value));
    rows.recency.push_back(recency_of(recency_per_day, click.ts));
  }
  return rows;
}

Rows fields_of(const Model& model, ItemRow item) {
  Rows rows;
  if (!model.target_fields) {
    rows.x.push_back(widened(model.items, item.value));
  } else {
    const TargetFields& fields = *model.target_fields;
    if (fields.has_item()) rows.x.push_back(widened(model.items, item.value));
    for (std::size_t k = 0; k < fields.columns(); ++k) {
      const auto row = fields.rows[item.value * fields.columns() + k];
      if (row) rows.x.push_back(widened(fields.embedding, *row));
    }
  }
  rows.recency.assign(rows.x.size(), 0.0);
  return rows;
}

Vector scores_of(const TraditionalAttention& attention, const Vector& x, double recency) {
  const Vector h =
      reference::activated(attention.activation, reference::affine(attention.w1, attention.b1, x));
  Vector s = reference::affine(attention.w2, attention.b2, h);
  for (double& value : s) value += recency;
  return s;
}

Vector pool_traditional(const TraditionalAttention& attention, SoftmaxOver over, const Rows& rows,
                        std::size_t dim) {
  const std::size_t width = attention.w2.rows;
  const std::size_t count = rows.x.size();
  Vector alpha;
  for (std::size_t i = 0; i < count; ++i) {
    for (const double s : scores_of(attention, rows.x[i], rows.recency[i])) alpha.push_back(s);
  }
  if (over == SoftmaxOver::kPositions) {
    for (std::size_t k = 0; k < width; ++k) reference::softmax(k, width, count, &alpha);
  } else {
    for (std::size_t i = 0; i < count; ++i) reference::softmax(i * width, 1, width, &alpha);
  }
  Vector u(dim, 0.0);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t c = 0; c < dim; ++c) u[c] += alpha[i * width + c % width] * rows.x[i][c];
  }
  return u;
}

double score_of(const PairScore& score, const Vector& query, const Vector& key) {
  Vector q = query;
  Vector k = key;
  if (score.has_matrices()) {
    q = reference::activated(score.activation, reference::product(score.wq, query));
    k = reference::activated(score.activation, reference::product(score.wk, key));
  }
  switch (score.kind) {
    case ScoreKind::kAdditive: {
      double sum = 0.0;
      for (std::size_t h = 0; h < q.size(); ++h) sum += double{score.v[h]} * std::tanh(q[h] + k[h]);
      return sum;
    }
    case ScoreKind::kScaledDot:
      return reference::dot(q, k) / std::sqrt(static_cast<double>(q.size()));
    case ScoreKind::kDot:
    case ScoreKind::kBilinear:
      return reference::dot(q, k);
  }
  return 0.0;
}

// sum_j softmax_j(score(query, x_j)) x_j.
Vector attend(const PairScore& score, const Vector& query, const Rows& rows) {
  Vector alpha;
  for (std::size_t j = 0; j < rows.x.size(); ++j) {
    alpha.push_back(score_of(score, query, rows.x[j]) + rows.recency[j]);
  }
  reference::softmax(0, 1, alpha.size(), &alpha);
  Vector y(query.size(), 0.0);
  for (std::size_t j = 0; j < rows.x.size(); ++j) reference::add(alpha[j], rows.x[j], &y);
  return y;
}

Vector pool_self(const PairScore& score, RowPool pool, const Matrix& wv, const Rows& rows,
                 std::size_t dim) {
  const std::size_t count = rows.x.size();
  Vector pooled(dim, 0.0);
  for (std::size_t i = 0; i < count; ++i) {
    if (pool == RowPool::kLast && i != rows.last) continue;
    const double factor = pool == RowPool::kMean ? 1.0 / static_cast<double>(count) : 1.0;
    // A single row attends itself with weight 1, whatever the score; there may be no matrices.
    reference::add(factor, count == 1 ? rows.x[0] : attend(score, rows.x[i], rows), &pooled);
  }
  return wv.rows == 0 ? pooled : reference::product(wv, pooled);
}

Vector mean(const Rows& rows, std::size_t dim) {
  Vector sum(dim, 0.0);
  for (const Vector& x : rows.x) reference::add(1.0 / static_cast<double>(rows.x.size()), x, &sum);
  return sum;
}

}  // namespace

std::vector<double> reference_weights(const Model& model, std::size_t behaviour,
                                      std::span<const ReferenceClick> clicks) {
  const TraditionalAttention& attention = *model.behaviours[behaviour].traditional();
  const std::size_t width = attention.w2.rows;
  const std::size_t count = clicks.size();
  Vector alpha(count * width, -INFINITY);
  for (std::size_t i = 0; i < count; ++i) {
    if (!clicks[i].row) continue;
    const Vector s = scores_of(attention, widened(model.items, clicks[i].row->value),
                               recency_of(attention.recency_per_day, clicks[i].ts));
    std::copy(s.begin(), s.end(), alpha.begin() + static_cast<std::ptrdiff_t>(i * width));
  }
  if (attention.softmax == SoftmaxOver::kPositions) {
    for (std::size_t k = 0; k < width; ++k) reference::softmax(k, width, count, &alpha);
  } else {
    for (std::size_t i = 0; i < count; ++i) reference::softmax(i * width, 1, width, &alpha);
  }
  return alpha;
}

std::vector<double> reference_representation(const Model& model, std::size_t p,
                                             std::span<const ReferenceClick> clicks) {
  const Representation which = model.representations()[p];
  const BehaviourModel& behaviour = model.behaviours[which.behaviour];
  if (which.kind == RepresentationKind::kTraditional) {
    const TraditionalAttention& attention = *behaviour.traditional();
    return pool_traditional(attention, attention.softmax,
                            rows_of(model, attention.recency_per_day, clicks), model.embedding_dim);
  }
  if (which.kind == RepresentationKind::kSelf) {
    const SelfAttention& self = *behaviour.self();
    return pool_self(self.score, self.pool, self.wv, rows_of(model, self.recency_per_day, clicks),
                     model.embedding_dim);
  }
  return Vector(model.embedding_dim, 0.0);
}

std::vector<double> reference_target(const Model& model, std::size_t p, ItemRow item) {
  const Representation which = model.representations()[p];
  const BehaviourModel& behaviour = model.behaviours[which.behaviour];
  const std::size_t dim = model.embedding_dim;
  const Rows rows = fields_of(model, item);
  if (which.kind == RepresentationKind::kTraditional) {
    return pool_traditional(*behaviour.traditional(), SoftmaxOver::kPositions, rows, dim);
  }
  if (which.kind == RepresentationKind::kSelf) {
    const SelfAttention& self = *behaviour.self();
    const PairScore& score = self.target ? self.target->score : self.score;
    const Matrix& wv = self.target ? self.target->wv : self.wv;
    return pool_self(score, self.pool, wv, rows, dim);
  }
  return mean(rows, dim);
}

std::vector<double> reference_attended(const Model& model, std::size_t p,
                                       std::span<const ReferenceClick> clicks, ItemRow candidate) {
  const TargetAttention& target = *model.behaviours[model.representations()[p].behaviour].target();
  return attend(target.score, reference_target(model, p, candidate),
                rows_of(model, target.recency_per_day, clicks));
}

}  // namespace freshet::scorer
