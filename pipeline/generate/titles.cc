#include "pipeline/generate/titles.h"

#include <array>

#include "common/check.h"

namespace freshet::pipeline {
namespace {

constexpr std::size_t kSubjects = 8;
constexpr std::size_t kPhrases = 9;

struct Category {
  std::string_view name;
  std::string_view verb;  // of the authors' names
  std::array<std::string_view, kSubjects> subjects;
};

constexpr std::array<Category, kCategories> kWords = {{
    {"cooking",
     "cooks",
     {"miso ramen", "garlic noodles", "sourdough", "one-pan lasagne", "crispy tofu", "shakshuka",
      "dumplings", "lemon pasta"}},
    {"cats",
     "purrs",
     {"my cat's door trick", "the cat and the printer", "kitten's first snow", "a cat in a box",
      "the cat that barks", "two cats, one chair", "cat versus cucumber", "the midnight zoomies"}},
    {"football",
     "scores",
     {"the free kick", "a last-minute goal", "the nutmeg", "the overhead kick", "a keeper's save",
      "the rabona", "the long throw", "a panenka"}},
    {"guitar",
     "strums",
     {"fingerpicking", "the F chord", "a blues turnaround", "slide guitar", "palm muting",
      "a flamenco riff", "drop D tuning", "the circle of fifths"}},
    {"travel",
     "roams",
     {"a night in Lisbon", "Kyoto by bike", "the Alps by train", "a ferry to Naxos",
      "Hanoi street food", "a hut in Norway", "the Sahara at dawn", "a canal boat"}},
    {"woodwork",
     "carves",
     {"a dovetail joint", "a walnut bowl", "a folding stool", "a hand-cut spoon", "a workbench",
      "a wooden hinge", "a cutting board", "a bent-wood lamp"}},
    {"running",
     "runs",
     {"your first 10k", "hill sprints", "a negative split", "trail shoes", "marathon pacing",
      "the long slow run", "breathing on the run", "a sub-20 five"}},
    {"gardening",
     "grows",
     {"tomatoes on a balcony", "a moss wall", "pruning roses", "a worm bin", "chillies from seed",
      "a pond in a bucket", "no-dig beds", "garlic in autumn"}},
    {"space",
     "orbits",
     {"Saturn's rings", "a rocket landing", "the far side of the Moon", "a neutron star",
      "the Mars rover", "an eclipse", "life on the station", "a comet's tail"}},
    {"chess",
     "mates",
     {"the Sicilian", "a queen sacrifice", "the rook endgame", "a smothered mate", "the London",
      "a blindfold game", "the fried liver", "a pawn storm"}},
    {"drawing",
     "sketches",
     {"hands", "a city in ink", "perspective", "watercolour skies", "a face in ten lines",
      "folded cloth", "trees in charcoal", "a moving horse"}},
    {"dance",
     "moves",
     {"the shuffle", "a salsa turn", "popping", "the moonwalk", "a swing-out", "waacking",
      "the floss, properly", "tap basics"}},
    {"repair",
     "mends",
     {"a squeaky hinge", "a cracked phone screen", "a dripping tap", "a flat tyre", "an old radio",
      "a torn jacket", "a wobbly table", "a slow laptop"}},
    {"camping",
     "camps",
     {"a fire in the rain", "the bowline knot", "a tarp shelter", "coffee over coals",
      "a hammock in winter", "packing light", "finding water", "a tent for one"}},
    {"history",
     "digs",
     {"the lost colony", "Roman concrete", "the Great Stink", "a Viking ship", "the first map",
      "the longest siege", "a bronze computer", "the salt roads"}},
    {"coding",
     "ships",
     {"a bug from 1998", "regex", "a tiny compiler", "the off-by-one", "git bisect", "a hash table",
      "a 4 KB game", "the race condition"}},
}};

constexpr std::array<std::string_view, 12> kNames = {"mia",  "leo",  "ada",  "noor", "kai",  "ines",
                                                     "theo", "yuki", "omar", "lena", "ravi", "zoe"};

std::string replace_subject(std::string_view text, std::string_view subject) {
  const std::size_t at = text.find('%');
  std::string title(text.substr(0, at));
  title += subject;
  title += text.substr(at + 1);
  if (title.front() >= 'a' && title.front() <= 'z') {
    title.front() = static_cast<char>(title.front() - 'a' + 'A');
  }
  return title;
}

constexpr std::array<std::string_view, kPhrases> kTitles = {
    "%, explained in a minute", "%: day 1 against day 100",
    "%, and what went wrong",   "The truth about %",
    "%, but slow motion",       "Nobody told me this about %",
    "%: five mistakes",         "POV: %",
    "How I learned %"};

}  // namespace

std::string_view category_name(std::size_t category) {
  FRESHET_CHECK(category < kCategories);
  return kWords[category].name;
}

std::string title_of(std::size_t category, std::size_t number) {
  FRESHET_CHECK(category < kCategories);
  // Subject and template move together, so that neighbours differ in both.
  const std::size_t subject = number % kSubjects;
  const std::size_t phrase = (number / kSubjects + subject) % kPhrases;
  const std::size_t part = number / (kSubjects * kPhrases);
  std::string title = replace_subject(kTitles[phrase], kWords[category].subjects[subject]);
  if (part > 0) title += " (part " + std::to_string(part + 1) + ")";
  return title;
}

std::string author_of(std::size_t category, std::size_t number) {
  FRESHET_CHECK(category < kCategories);
  std::string author = "@";
  author += kNames[number % kNames.size()];
  author += '.';
  author += kWords[category].verb;
  const std::size_t round = number / kNames.size();
  if (round > 0) author += std::to_string(round + 1);
  return author;
}

}  // namespace freshet::pipeline
