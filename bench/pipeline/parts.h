// The parts of a click's way, each alone: what a whole would cost if nothing came between them.
//
// Each works on the clicks, users and items of the point's own log, so its data lies as far away
// in memory as it does in the whole; each checks once what it makes.
#pragma once

#include <cstddef>
#include <memory>

#include "bench/pipeline/point.h"
#include "bench/pipeline/stage.h"

namespace freshet::bench {

// JSON bytes -> event, checked against its record. "parse"
std::unique_ptr<Stage> parse_part(const Point& point);
// The user found in the cache, flags judged, the click inserted, the change noted. "sequence"
std::unique_ptr<Stage> sequence_part(const Point& point);
// The row of the clicked item, found by its id. "item"
std::unique_ptr<Stage> item_part(const Point& point);
// The sums moved by a click that comes and one that leaves. "pool"
std::unique_ptr<Stage> pool_part(const Point& point);
// u read off a user's sums, and its part folded; "score C" has it as well. "fold"
std::unique_ptr<Stage> fold_part(const Point& point);
// The same, and candidates scored, the best of them ranked and named. "score C"
std::unique_ptr<Stage> score_part(const Point& point, std::size_t candidates);
// A score event encoded, key and value copied. "output C"
std::unique_ptr<Stage> output_part(const Point& point, std::size_t candidates);
// A user that is not in the cache: read, decoded, pooled anew. "cold user"
std::unique_ptr<Stage> cold_user_part(Point* point);
// A changed user encoded, digested and written, in batches as commits have them. "saved user"
std::unique_ptr<Stage> saved_user_part(Point* point);
// What a commit does whatever has changed: users looked through for collection. "commit"
std::unique_ptr<Stage> commit_part(Point* point);

}  // namespace freshet::bench
