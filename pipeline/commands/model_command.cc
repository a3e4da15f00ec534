#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "pipeline/commands/command.h"
#include "scorer/float_mode.h"
#include "scorer/model_folder.h"
#include "scorer/model_init.h"

namespace freshet::commands {
namespace {

struct InitArguments {
  std::string items;
  std::size_t item_count = 0;
  std::string output;
  scorer::ModelInitOptions options;
};

Status read_items(const InitArguments& arguments, std::vector<ItemId>* items) {
  if (arguments.items.empty()) {
    for (std::size_t i = 0; i < arguments.item_count; ++i) items->emplace_back(std::to_string(i));
    return {};
  }
  std::ifstream file(arguments.items, std::ios::binary);
  if (!file) {
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
  if (Status read = read_items(arguments, &options.item_ids); !read) return report(read.error());
  const Result<scorer::Model> model = scorer::init_model(options);
  if (!model) return report(model.error());
  if (Status saved = scorer::save_model(*model, arguments.output); !saved) {
    return report(saved.error());
  }
  std::fprintf(stderr, "%s: model %s, %zu items of %zu dimensions\n", arguments.output.c_str(),
               model->label().c_str(), model->items.rows, model->embedding_dim);
  return kOk;
}

const char* text(scorer::Activation activation) {
  switch (activation) {
    case scorer::Activation::kNone:
      return "none";
    case scorer::Activation::kRelu:
      return "relu";
    case scorer::Activation::kTanh:
      return "tanh";
  }
  return "unknown";
}

int info(const std::string& folder) {
  scorer::set_float_mode();
  const auto loaded = scorer::load_model(folder);
  if (!loaded) return report(loaded.error());
  const scorer::Model& model = **loaded;
  std::printf("model: %s\nvariant: traditional\nitems: %zu\nembedding_dim: %zu\n",
              model.label().c_str(), model.items.rows, model.embedding_dim);
  for (const scorer::BehaviourModel& behaviour : model.behaviours) {
    const scorer::TraditionalAttention& attention = behaviour.attention;
    std::printf(
        "behaviour: %s, hidden %zu, activation %s, weight %s, softmax over %s, recency %g a day\n",
        behaviour.name.c_str(), attention.b1.size(), text(attention.activation),
        attention.weight == scorer::WeightKind::kScalar ? "scalar" : "per channel",
        attention.softmax == scorer::SoftmaxOver::kPositions ? "positions" : "channels",
        attention.recency_per_day);
  }
  std::printf("deep: %zu -> %zu -> %zu -> 1\n", model.hidden1.weight.cols,
              model.hidden1.weight.rows, model.hidden2.weight.rows);
  std::printf("wide: %zu crosses, %zu buckets, %zu recent clicks\n", model.wide.crosses.size(),
              model.wide.weights.size(), model.wide.recent_clicks);
  return kOk;
}

void add_init(CLI::App& model, Run* run) {
  auto arguments = std::make_shared<InitArguments>();
  CLI::App* command = model.add_subcommand(
      "init",
      "Makes a seeded random model\n\n"
      "  freshet model init --item-count 1000 --dim 64 --seed 7 --output models/random");
  const auto items = command->add_option_group("catalogue");
  items->add_option("--items", arguments->items, "file of item ids, one a line");
  items->add_option("--item-count", arguments->item_count, "items 0, 1, 2, ... of this count");
  items->require_option(1);
  scorer::ModelInitOptions& options = arguments->options;
  command->add_option("--output", arguments->output, "new folder")->required();
  command->add_option("--name", options.name, "model name");
  command->add_option("--model-version", options.version, "model version");
  command->add_option("--seed", options.seed, "seed; the same one gives the same bytes");
  command->add_option("--dim", options.embedding_dim, "embedding dimension d");
  command->add_option("--behaviours", options.behaviours, "behaviours it reads")->delimiter(',');
  command->add_option("--attention-hidden", options.attention_hidden, "attention's hidden width");
  command->add_option("--recency-per-day", options.recency_per_day, "lambda of the recency weight");
  command->add_option("--hidden1", options.hidden1, "width of the first dense layer");
  command->add_option("--hidden2", options.hidden2, "width of the second dense layer");
  command->add_option("--wide-buckets", options.wide_buckets, "buckets of the wide side");
  command->add_option("--context", options.context_fields, "context fields of the wide side")
      ->delimiter(',');
  const std::map<std::string, scorer::Activation> activations{{"none", scorer::Activation::kNone},
                                                              {"relu", scorer::Activation::kRelu},
                                                              {"tanh", scorer::Activation::kTanh}};
  command->add_option("--activation", options.activation, "of the attention: none, relu, tanh")
      ->transform(CLI::CheckedTransformer(activations));
  const std::map<std::string, scorer::WeightKind> weights{
      {"scalar", scorer::WeightKind::kScalar}, {"per_channel", scorer::WeightKind::kPerChannel}};
  command->add_option("--weight", options.weight, "attention weight: scalar, per_channel")
      ->transform(CLI::CheckedTransformer(weights));
  const std::map<std::string, scorer::SoftmaxOver> softmaxes{
      {"positions", scorer::SoftmaxOver::kPositions}, {"channels", scorer::SoftmaxOver::kChannels}};
  command->add_option("--softmax", options.softmax, "softmax over positions or channels")
      ->transform(CLI::CheckedTransformer(softmaxes));
  command->callback([arguments, run] { *run = [arguments] { return init(*arguments); }; });
}

}  // namespace

void add_model(CLI::App& app, Run* run) {
  CLI::App* model = app.add_subcommand("model", "Makes and shows model folders");
  model->require_subcommand(1);
  add_init(*model, run);
  auto folder = std::make_shared<std::string>();
  CLI::App* command = model->add_subcommand("info",
                                            "Loads a model folder and says what it holds\n\n"
                                            "  freshet model info models/demo");
  command->add_option("folder", *folder, "model folder")->required();
  command->callback([folder, run] { *run = [folder] { return info(*folder); }; });
}

}  // namespace freshet::commands
