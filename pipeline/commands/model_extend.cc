#include "pipeline/commands/model_extend.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "pipeline/commands/option_checks.h"
#include "scorer/files/item_vectors.h"
#include "scorer/files/model_extend.h"
#include "scorer/files/model_folder.h"
#include "scorer/float_mode.h"
#include "scorer/model/model_limits.h"

namespace freshet::commands {
namespace {

struct ExtendArguments {
  std::string from;
  std::string items;
  std::string embeddings;
  std::string output;
  std::optional<std::uint64_t> version;
};

int extend(const ExtendArguments& arguments) {
  scorer::set_float_mode();
  const auto old = scorer::load_model(arguments.from);
  if (!old) return report(old.error());
  scorer::ItemVectors more;
  if (!arguments.items.empty()) {
    auto read = scorer::read_item_vectors(arguments.items, arguments.embeddings);
    if (!read) return report(read.error());
    more = std::move(*read);
  }
  const auto extended =
      scorer::extend_model(**old, arguments.version.value_or((*old)->version + 1), more);
  if (!extended) return report(extended.error());
  if (Status saved = scorer::save_model(extended->model, arguments.output); !saved) {
    return report(saved.error());
  }
  std::fprintf(stderr, "%s: model %s, %zu items: %zu new, %zu with another row\n",
               arguments.output.c_str(), extended->model.label().c_str(),
               extended->model.items.rows, extended->added, extended->replaced);
  return kOk;
}

}  // namespace

void add_extend(CLI::App& model, Run* run) {
  auto arguments = std::make_shared<ExtendArguments>();
  CLI::App* command = model.add_subcommand(
      "extend",
      "Makes a model's next version: more items, other vectors\n\n"
      "  freshet model extend --from models/shop/7 --items new-items.txt --embeddings new.npy \\\n"
      "      --output models/shop/8\n\n"
      "Items that the model knows get the row that is given, the others come behind its own; all\n"
      "else stays. Without items it is the same model under the next number.");
  command->add_option("--from", arguments->from, "model folder")->required();
  CLI::Option* items =
      command->add_option("--items", arguments->items, "file of item ids, one a line");
  CLI::Option* rows =
      command->add_option("--embeddings", arguments->embeddings,
                          "their rows: .npy or safetensors, float32 [items, dimensions]");
  items->needs(rows);
  rows->needs(items);
  command->add_option("--output", arguments->output, "new folder")->required();
  whole_number(command->add_option("--model-version", arguments->version,
                                   "model version (default: the old one's and 1)"),
               1, scorer::kModelVersionMax);
  command->callback([arguments, run] { *run = [arguments] { return extend(*arguments); }; });
}

}  // namespace freshet::commands
