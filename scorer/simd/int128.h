// The integers of sums on a wide grid (scorer/pooling/pool_grid.h).
#pragma once

namespace freshet::scorer {

__extension__ using Int128 = __int128;

}  // namespace freshet::scorer
