// tests/data/model_parity.txt: small models of every variant with the logits that PyTorch gives
// them in double. Its grammar stands in tests/data/make_model_parity.py, which prints it.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "common/coding.h"
#include "common/hash.h"
#include "common/random.h"
#include "common/time.h"
#include "scorer/files/sha256.h"
#include "scorer/model/model.h"

namespace freshet::scorer::parity {

constexpr const char* kFile = "tests/data/model_parity.txt";
constexpr std::size_t kItems = 20;
constexpr std::uint64_t kSeed = 1;

struct Click {
  std::optional<ItemRow> row;
  EventTime ts;
};

struct Logit {
  ItemRow candidate;
  double deep = 0;
  double wide = 0;
  double total = 0;
};

struct Case {
  std::string user;
  std::optional<std::string> tab;
  EventTime now;
  std::vector<std::vector<Click>> clicks;  // one sequence per behaviour, newest first
  std::vector<Logit> logits;
};

struct Tensor {
  std::string name;
  double bound = 0;
  std::vector<std::size_t> shape;
};

struct ParityModel {
  std::string name;
  std::string yaml;           // without its checksums
  std::string target_fields;  // the whole file; empty where there is none
  std::vector<Tensor> tensors;
  std::vector<Case> cases;
};

inline Case read_case(std::istringstream* line) {
  Case read;
  std::string tab;
  std::int64_t now = 0;
  *line >> read.user >> tab >> now;
  if (tab != "-") read.tab = tab;
  read.now = EventTime{now};
  return read;
}

inline std::vector<Click> read_clicks(std::istringstream* line) {
  std::string behaviour;
  *line >> behaviour;
  std::vector<Click> clicks;
  for (std::string word; *line >> word;) {
    const std::size_t colon = word.find(':');
    Click click{std::nullopt, EventTime{std::stoll(word.substr(colon + 1))}};
    if (word[0] != '-') click.row = ItemRow{static_cast<std::uint32_t>(std::stoul(word))};
    clicks.push_back(click);
  }
  return clicks;
}

inline Tensor read_tensor(std::istringstream* line) {
  Tensor tensor;
  *line >> tensor.name >> tensor.bound;
  for (std::size_t width = 0; *line >> width;) tensor.shape.push_back(width);
  return tensor;
}

inline std::vector<ParityModel> read_models() {
  std::ifstream file(kFile);
  EXPECT_TRUE(file.is_open()) << kFile;
  std::vector<ParityModel> models;
  for (std::string text; std::getline(file, text);) {
    const std::size_t space = text.find(' ');
    const std::string word = text.substr(0, space);
    const std::string rest = text.substr(space + 1);
    std::istringstream line(rest);
    if (word == "model") models.emplace_back().name = rest;
    if (word == "yaml") models.back().yaml += rest + "\n";
    if (word == "fields") models.back().target_fields += rest + "\n";
    if (word == "tensor") models.back().tensors.push_back(read_tensor(&line));
    if (word == "case") models.back().cases.push_back(read_case(&line));
    if (word == "clicks") models.back().cases.back().clicks.push_back(read_clicks(&line));
    if (word == "logit") {
      Logit logit;
      line >> logit.candidate.value >> logit.deep >> logit.wide >> logit.total;
      models.back().cases.back().logits.push_back(logit);
    }
  }
  return models;
}

// weights.safetensors with each tensor's stream in it.
inline std::string weights_file(const ParityModel& model) {
  std::string header = "{";
  std::string data;
  for (const Tensor& tensor : model.tensors) {
    std::size_t count = 1;
    std::string shape;
    for (const std::size_t width : tensor.shape) {
      count *= width;
      shape += (shape.empty() ? "" : ",") + std::to_string(width);
    }
    const std::size_t begin = data.size();
    Random random(mix64(kSeed ^ fnv1a64(tensor.name)));
    for (std::size_t i = 0; i < count; ++i) {
      const auto value = static_cast<float>(random.uniform(-tensor.bound, tensor.bound));
      data.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    header += (header.size() > 1 ? ",\"" : "\"") + tensor.name +
              "\":{\"dtype\":\"F32\",\"shape\":[" + shape + "],\"data_offsets\":[" +
              std::to_string(begin) + "," + std::to_string(data.size()) + "]}";
  }
  header += "}";
  std::string bytes;
  put_u64_le(&bytes, header.size());
  return bytes + header + data;
}

// Writes the model as a folder, checksums included.
inline void write_folder(const ParityModel& model, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  std::string items;
  for (std::size_t i = 0; i < kItems; ++i) items += "v" + std::to_string(i) + "\n";
  std::string yaml = model.yaml + "checksum:\n";
  const auto put = [&](const std::string& key, const std::string& file, const std::string& bytes) {
    std::ofstream(folder / file, std::ios::binary) << bytes;
    yaml += "  " + key + ": \"" + sha256_hex(bytes) + "\"\n";
  };
  put("weights", "weights.safetensors", weights_file(model));
  put("items", "items.txt", items);
  if (!model.target_fields.empty()) put("target_fields", "target_fields.txt", model.target_fields);
  std::ofstream(folder / "model.yaml", std::ios::binary) << yaml;
}

}  // namespace freshet::scorer::parity
