#include "pipeline/commands/model_swaps.h"

#include <cstdio>

#include "pipeline/commands/command.h"
#include "pipeline/files/swap_finder.h"

namespace freshet::commands {

int model_swaps(const std::string& scores, const std::string& dead_letters) {
  pipeline::SwapFinder finder;
  do {
    if (const Status read = finder.add_scores(scores); !read) return report(read.error());
    if (const Status read = finder.add_dead_letters(dead_letters); !read) {
      return report(read.error());
    }
  } while (finder.found_more());
  for (const pipeline::ModelSwap& swap : finder.swaps()) {
    std::puts(pipeline::swap_line(swap).c_str());
  }
  std::fprintf(stderr, "models: %llu records name one\n",
               static_cast<unsigned long long>(finder.records()));
  if (finder.contradicted() == 0) return kOk;
  std::fprintf(stderr,
               "freshet: %llu of them were published with another model as well, as "
               "`delivery: at_least_once` may do; a replay repeats one of the two\n",
               static_cast<unsigned long long>(finder.contradicted()));
  return kFailed;
}

}  // namespace freshet::commands
