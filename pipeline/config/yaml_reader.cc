#include "pipeline/config/yaml_reader.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <exception>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "common/check.h"
#include "common/ids.h"
#include "common/json_text.h"

namespace freshet::pipeline {
namespace {

// A behaviour's list of types is the deepest that a configuration has.
constexpr std::size_t kNestingMax = 32;
// What aliases expand to counts too: a few lines of them can stand for more than any memory.
constexpr std::size_t kNodesMax = 50'000;

ConfigPlace place_of(const YAML::Mark& mark) {
  return {.line = mark.line + 1, .column = mark.column + 1};
}

// Leaves yaml-cpp's parser, which reports by throwing as well, through its callbacks.
struct Refused : std::exception {
  explicit Refused(YamlFault what) : fault(std::move(what)) {}
  YamlFault fault;
};

// Builds the tree from the parser's events. YAML::Load's own nodes share what aliases name, so a
// walk over them has no bound.
class TreeBuilder final : public YAML::EventHandler {
 public:
  ConfigNode take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark&, YAML::anchor_t anchor) override {
    ConfigNode node;
    if (!open_.empty()) node.place = open_.back().place_of_next();
    add(std::move(node), 1, anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto named = anchors_.find(anchor);
    if (named == anchors_.end()) {
      throw Refused({place_of(mark), "an alias stands inside of what it names"});
    }
    add(named->second.node, named->second.count, YAML::NullAnchor);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    ConfigNode node;
    node.kind = ConfigNode::Kind::kScalar;
    node.place = place_of(mark);
    node.text = text;
    node.plain = tag != "!";  // yaml-cpp's way to say that it is quoted
    add(std::move(node), 1, anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(ConfigNode::Kind::kList, mark, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(ConfigNode::Kind::kMap, mark, anchor);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    ConfigNode node;
    YAML::anchor_t anchor;
    std::size_t count;                // of its nodes, itself included
    std::optional<ConfigNode> key{};  // of a map, once the key of a pair is there

    ConfigPlace place_of_next() const { return key ? key->place : node.place; }
  };
  struct Named {
    ConfigNode node;
    std::size_t count;
  };

  void open(ConfigNode::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (open_.size() >= kNestingMax) {
      throw Refused({place_of(mark), "lists and maps nest too deeply here"});
    }
    ConfigNode node;
    node.kind = kind;
    node.place = place_of(mark);
    open_.push_back({std::move(node), anchor, 1});
  }

  void close() {
    FRESHET_CHECK(!open_.empty());
    Open closed = std::move(open_.back());
    open_.pop_back();
    add(std::move(closed.node), closed.count, closed.anchor);
  }

  void add(ConfigNode node, std::size_t count, YAML::anchor_t anchor) {
    nodes_ += count;
    if (nodes_ > kNodesMax) {
      throw Refused({node.place, "the file expands to more than " + std::to_string(kNodesMax) +
                                     " values: no configuration does"});
    }
    if (anchor != YAML::NullAnchor) anchors_.insert_or_assign(anchor, Named{node, count});
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    parent.count += count;
    if (parent.node.is_list()) {
      parent.node.entries.push_back(std::move(node));
    } else if (!parent.key) {
      parent.key = std::move(node);
    } else {
      parent.node.pairs.push_back({std::move(*parent.key), std::move(node)});
      parent.key.reset();
    }
  }

  ConfigNode root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Named> anchors_;
  std::size_t nodes_ = 0;
};

// Refuses a second document at its start. YAML::LoadAll would say how many there are, but on some
// malformed text it finds documents for ever; nobody needs more than the second.
class NoDocument final : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    throw Refused({place_of(mark), "a second document starts here; a configuration is one"});
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// What must hold before yaml-cpp sees the text: it takes byte 04 for the end of the file, other
// encodings for its own business, and any size.
std::optional<std::string_view> problem_of_bytes(std::string_view yaml) {
  if (yaml.size() > kYamlBytesMax) return "the file is larger than 256 KiB: no configuration is";
  if (!is_valid_utf8(yaml)) return "the file is not UTF-8 text";
  for (const char c : yaml) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') {
      return "the file holds control characters: is it a text file?";
    }
  }
  return std::nullopt;
}

tl::unexpected<YamlFault> fault_at(ConfigPlace place, std::string message) {
  YamlFault fault;
  fault.place = std::move(place);
  fault.message = std::move(message);
  return tl::unexpected(std::move(fault));
}

}  // namespace

tl::expected<ConfigNode, YamlFault> read_yaml(std::string_view yaml) {
  if (const auto problem = problem_of_bytes(yaml)) {
    return fault_at(ConfigPlace{}, std::string(*problem));
  }
  // yaml-cpp reports by throwing, and on damaged input not only its own kind.
  try {
    std::istringstream stream{std::string(yaml)};
    YAML::Parser parser(stream);
    TreeBuilder builder;
    if (!parser.HandleNextDocument(builder)) return ConfigNode{};
    NoDocument none;
    static_cast<void>(parser.HandleNextDocument(none));
    return builder.take_root();
  } catch (const Refused& refused) {
    return tl::unexpected(refused.fault);
  } catch (const YAML::DeepRecursion& fault) {
    return fault_at(place_of(fault.mark), "lists and maps nest too deeply here");
  } catch (const YAML::Exception& fault) {
    const ConfigPlace place = fault.mark.is_null() ? ConfigPlace{} : place_of(fault.mark);
    return fault_at(place, "not valid YAML: " + in_utf8(fault.msg));
  } catch (const std::exception& fault) {
    return fault_at(ConfigPlace{}, "not valid YAML: " + in_utf8(fault.what()));
  }
}

}  // namespace freshet::pipeline
