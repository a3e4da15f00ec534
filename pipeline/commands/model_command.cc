#include <CLI/CLI.hpp>
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "pipeline/commands/command.h"
#include "pipeline/commands/model_extend.h"
#include "pipeline/commands/model_info.h"
#include "pipeline/commands/model_swaps.h"
#include "pipeline/commands/option_checks.h"
#include "scorer/files/item_vectors.h"
#include "scorer/files/model_folder.h"
#include "scorer/files/model_words.h"
#include "scorer/float_mode.h"
#include "scorer/model/model_init.h"
#include "scorer/model/model_limits.h"

namespace freshet::commands {
namespace {

struct InitArguments {
  std::string items;
  std::string embeddings;
  std::size_t item_count = 0;
  std::string output;
  std::string activation = "tanh";
  std::string weight = "scalar";
  std::string softmax = "positions";
  std::string variant = "traditional";
  std::string score = "scaled_dot";
  std::string pool = "mean";
  std::string self_activation = "relu";
  scorer::ModelInitOptions options;
};

// The words of the command line as the model's; the options admit no others.
template <class Option, std::size_t kCount>
Option option_of(const std::array<scorer::Word<Option>, kCount>& words, std::string_view given) {
  for (const auto& word : words) {
    if (word.text == given) return word.value;
  }
  return words[0].value;
}

void read_words(const InitArguments& arguments, scorer::ModelInitOptions* options) {
  options->variant = option_of(scorer::kVariantWords, arguments.variant);
  options->activation = option_of(scorer::kActivationWords, arguments.activation);
  options->weight = option_of(scorer::kWeightWords, arguments.weight);
  options->softmax = option_of(scorer::kSoftmaxWords, arguments.softmax);
  options->score = option_of(scorer::kScoreWords, arguments.score);
  options->pool = option_of(scorer::kPoolWords, arguments.pool);
  options->self_activation = option_of(scorer::kSelfActivationWords, arguments.self_activation);
}

Status read_items(const InitArguments& arguments, std::vector<ItemId>* items) {
  if (arguments.items.empty()) {
    for (std::size_t i = 0; i < arguments.item_count; ++i) items->emplace_back(std::to_string(i));
    return {};
  }
  std::error_code ignored;
  std::ifstream file(arguments.items, std::ios::binary);
  if (!file || std::filesystem::is_directory(arguments.items, ignored)) {
    return error(ErrorCode::kInvalidConfig, arguments.items +
                                                ": cannot be read; --items names a "
                                                "file of one item id a line");
  }
  for (std::string line; std::getline(file, line);) items->emplace_back(line);
  return {};
}

int init(const InitArguments& arguments) {
  scorer::set_float_mode();
  scorer::ModelInitOptions options = arguments.options;
  read_words(arguments, &options);
  scorer::ItemVectors vectors;
  if (!arguments.embeddings.empty()) {
    auto read = scorer::read_item_vectors(arguments.items, arguments.embeddings);
    if (!read) return report(read.error());
    vectors = std::move(*read);
    options.item_ids = vectors.ids;
    options.embedding_dim = vectors.rows.cols;
  } else if (Status read = read_items(arguments, &options.item_ids); !read) {
    return report(read.error());
  }
  Result<scorer::Model> model = scorer::init_model(options);
  if (!model) return report(model.error());
  if (!arguments.embeddings.empty()) model->items = std::move(vectors.rows);
  if (Status saved = scorer::save_model(*model, arguments.output); !saved) {
    return report(saved.error());
  }
  std::fprintf(stderr, "%s: model %s, %zu items of %zu dimensions\n", arguments.output.c_str(),
               model->label().c_str(), model->items.rows, model->embedding_dim);
  return kOk;
}

void add_sizes(CLI::App* command, scorer::ModelInitOptions* options) {
  using scorer::kLayerWidthMax;
  const auto number = [command](const char* name, auto& value, const char* text, std::uint64_t min,
                                std::uint64_t max) {
    whole_number(command->add_option(name, value, text)->capture_default_str(), min, max);
  };
  number("--model-version", options->version, "model version", 0, scorer::kModelVersionMax);
  number("--seed", options->seed, "the same one gives the same bytes", 0,
         std::numeric_limits<std::uint64_t>::max());
  number("--dim", options->embedding_dim, "embedding dimension d", 1, scorer::kEmbeddingDimMax);
  number("--attention-hidden", options->attention_hidden, "attention's hidden width", 1,
         kLayerWidthMax);
  number("--target-rows", options->target_rows, "rows that the target fields share", 1,
         scorer::kItemsMax);
  number("--hidden1", options->hidden1, "width of the first dense layer", 1, kLayerWidthMax);
  number("--hidden2", options->hidden2, "width of the second dense layer", 1, kLayerWidthMax);
  number("--wide-buckets", options->wide_buckets, "buckets of the wide side; 0 leaves it out", 0,
         scorer::kWideBucketsMax);
  number("--recent-clicks", options->recent_clicks,
         "newest clicks that the wide side crosses with the candidate", 0,
         scorer::kRecentClicksMax);
  finite_number(command
                    ->add_option("--recency-per-day", options->recency_per_day,
                                 "lambda of the recency weight")
                    ->capture_default_str(),
                0, scorer::kRecencyPerDayMax);
}

template <class Words>
void add_word(CLI::App* command, const char* name, std::string* value, const char* text,
              const Words& words) {
  std::vector<std::string> choices;
  for (const auto& word : words) choices.emplace_back(word.text);
  one_of(command->add_option(name, *value, text)->capture_default_str(), choices);
}

void add_words(CLI::App* command, InitArguments* arguments) {
  scorer::ModelInitOptions* options = &arguments->options;
  command->add_option("--name", options->name, "model name (default: random)");
  command
      ->add_option("--behaviours", options->behaviours,
                   "behaviours it reads, with commas between (default: click)")
      ->delimiter(',');
  command
      ->add_option("--context", options->context_fields,
                   "context fields of the wide side, with commas between")
      ->delimiter(',');
  command
      ->add_option("--target-fields", options->target_fields,
                   "fields of a candidate, item first where it is one, with commas between "
                   "(default: the item alone)")
      ->delimiter(',');
  add_word(command, "--variant", &arguments->variant, "kind of attention", scorer::kVariantWords);
  add_word(command, "--activation", &arguments->activation, "of traditional attention",
           scorer::kActivationWords);
  add_word(command, "--weight", &arguments->weight, "of traditional attention",
           scorer::kWeightWords);
  add_word(command, "--softmax", &arguments->softmax,
           "what traditional attention's softmax is over", scorer::kSoftmaxWords);
  add_word(command, "--score", &arguments->score, "of self, self_shared and target attention",
           scorer::kScoreWords);
  add_word(command, "--pool", &arguments->pool, "over the rows of self-attention",
           scorer::kPoolWords);
  add_word(command, "--self-activation", &arguments->self_activation,
           "of self_bilinear_activated and merged", scorer::kSelfActivationWords);
}

void add_init(CLI::App& model, Run* run) {
  auto arguments = std::make_shared<InitArguments>();
  CLI::App* command = model.add_subcommand(
      "init",
      "Makes a seeded random model\n\n"
      "  freshet model init --item-count 1000 --dim 64 --seed 7 --output models/random\n"
      "  freshet model init --item-count 1000 --variant merged --pool last --output models/merged\n"
      "  freshet model init --items my-items.txt --behaviours click,cart --context tab --output "
      "models/mine\n"
      "  freshet model init --items my-items.txt --embeddings mine.npy --output models/mine");
  const auto items = command->add_option_group("catalogue");
  CLI::Option* ids = items->add_option("--items", arguments->items, "file of item ids, one a line");
  whole_number(items->add_option("--item-count", arguments->item_count, "makes items 0, 1, 2, ..."),
               1, scorer::kItemsMax);
  items->require_option(1);
  command
      ->add_option("--embeddings", arguments->embeddings,
                   "their rows in place of random ones: .npy or safetensors, float32 [items, "
                   "dimensions]")
      ->needs(ids);
  command->add_option("--output", arguments->output, "new folder")->required();
  add_sizes(command, &arguments->options);
  command->get_option("--embeddings")->excludes("--dim");
  add_words(command, arguments.get());
  command->callback([arguments, run] { *run = [arguments] { return init(*arguments); }; });
}

}  // namespace

void add_model(CLI::App& app, Run* run) {
  CLI::App* model = app.add_subcommand("model", "Makes and shows model folders");
  model->require_subcommand(1);
  add_init(*model, run);
  add_extend(*model, run);
  auto folder = std::make_shared<std::string>();
  CLI::App* command = model->add_subcommand("info",
                                            "Loads a model folder and says what it holds\n\n"
                                            "  freshet model info models/demo");
  command->add_option("folder", *folder, "model folder")->required();
  auto length_max = std::make_shared<std::size_t>(50);
  whole_number(command
                   ->add_option("--length-max", *length_max,
                                "clicks of a full sequence, as the worker's configuration has it")
                   ->capture_default_str(),
               1, scorer::kPoolLengthMax);
  command->callback([folder, length_max, run] {
    *run = [folder, length_max] { return model_info(*folder, *length_max); };
  });
  auto scores = std::make_shared<std::string>();
  auto dead_letters = std::make_shared<std::string>();
  CLI::App* swaps = model->add_subcommand(
      "swaps",
      "Prints which model scored what, for `replay --swaps`\n\n"
      "  freshet model swaps --scores scores.dump --dead-letters dead.dump >swaps.jsonl\n\n"
      "The dumps are what `freshet dump` writes of the two topics:\n"
      "  freshet dump -c configs/worker.yaml --topic scores --output scores.dump");
  swaps->add_option("--scores", *scores, "dump of kafka.output")->required();
  swaps->add_option("--dead-letters", *dead_letters, "dump of kafka.dead_letter")->required();
  swaps->callback([scores, dead_letters, run] {
    *run = [scores, dead_letters] { return model_swaps(*scores, *dead_letters); };
  });
}

}  // namespace freshet::commands
