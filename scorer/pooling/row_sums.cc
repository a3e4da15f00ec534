#include "scorer/pooling/row_sums.h"

#include <algorithm>
#include <numeric>

#include "common/heap_bytes.h"

namespace freshet::scorer {

namespace {

// As rows come and go in blocks of many sizes, gaps stay between them: a part of what is held,
// measured by bench_sizing, BM_Sizing_Resident.
constexpr std::size_t with_gaps(std::size_t bytes) { return bytes + bytes / 32; }

}  // namespace

std::size_t RowSums::heap_bytes() const {
  const std::size_t sums = std::visit(
      [](const auto& of) {
        return vector_heap_bytes(of.weights) + vector_heap_bytes(of.values) +
               vector_heap_bytes(of.total);
      },
      sums_);
  return with_gaps(vector_heap_bytes(clicks_) + vector_heap_bytes(peaks_) +
                   vector_heap_bytes(scratch_) + sums);
}

std::vector<std::size_t> RowSums::sorted() const {
  std::vector<std::size_t> places(clicks_.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::sort(places.begin(), places.end(),
            [&](std::size_t left, std::size_t right) { return clicks_[left] < clicks_[right]; });
  return places;
}

bool RowSums::operator==(const RowSums& other) const {
  if (sums_.index() != other.sums_.index() || clicks_.size() != other.clicks_.size() ||
      peaks_.size() != other.peaks_.size()) {
    return false;
  }
  const std::vector<std::size_t> mine = sorted();
  const std::vector<std::size_t> others = other.sorted();
  return std::visit(
      [&]<class Int>(const Sums<Int>& left) {
        const Sums<Int>& right = std::get<Sums<Int>>(other.sums_);
        if (left.total != right.total) return false;
        const std::size_t dim = left.total.size();
        for (std::size_t i = 0; i < mine.size(); ++i) {
          const std::size_t a = mine[i];
          const std::size_t b = others[i];
          if (clicks_[a] != other.clicks_[b]) return false;
          const bool has_row = a < peaks_.size();
          if (has_row != (b < peaks_.size())) return false;
          if (!has_row) continue;
          const auto row = [&](const Sums<Int>& sums, std::size_t place) {
            return sums.values.begin() + static_cast<std::ptrdiff_t>(place * dim);
          };
          if (peaks_[a] != other.peaks_[b] || left.weights[a] != right.weights[b] ||
              !std::equal(row(left, a), row(left, a + 1), row(right, b))) {
            return false;
          }
        }
        return true;
      },
      sums_);
}

}  // namespace freshet::scorer
