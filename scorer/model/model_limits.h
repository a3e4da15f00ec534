// The largest sizes that a model may have: wide of anything in use, small enough that a damaged
// file cannot make the loader allocate without bound. docs/formats.md lists them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace freshet::scorer {

inline constexpr std::size_t kEmbeddingDimMax = 4096;
inline constexpr std::size_t kLayerWidthMax = 8192;  // attention hidden, both dense layers
inline constexpr std::size_t kBehavioursMax = 16;
inline constexpr std::size_t kTargetFieldsMax = 16;
inline constexpr std::size_t kCrossesMax = 64;
inline constexpr std::size_t kRecentClicksMax = 1024;
inline constexpr std::size_t kWideBucketsMax = std::size_t{1} << 28;
inline constexpr std::size_t kItemsMax = std::size_t{1} << 30;
inline constexpr std::size_t kNameBytesMax = 64;
inline constexpr double kRecencyPerDayMax = 1000.0;
inline constexpr std::uint64_t kModelVersionMax = 9'223'372'036'854'775'807;  // 2^63 - 1

// Of TraditionalPool: more clicks would leave the int64 grid fewer than 46 bits a weight.
inline constexpr std::size_t kPoolLengthMax = 65536;
// Scores beyond this are a diverged training run, and their shifts would not fit the grid.
inline constexpr double kAttentionScoreMax = 1073741824.0;  // 2^30

}  // namespace freshet::scorer
