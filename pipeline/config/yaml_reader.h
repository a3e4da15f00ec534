// YAML text -> ConfigNode. The door to yaml-cpp in pipeline/.
//
// Errors:  a YamlFault for text that is no configuration whatever its keys: not YAML, not UTF-8, of
//          several documents, too large, nested too deeply, or with aliases that expand without end
// Threads: free function
// Cost:    linear in the text and in what its aliases expand to; both are bounded
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/status.h"
#include "pipeline/config/config_node.h"

namespace freshet::pipeline {

// No configuration comes near it; a log given by mistake is refused before it is parsed.
inline constexpr std::size_t kYamlBytesMax = 256 << 10;

struct YamlFault {
  ConfigPlace place;
  std::string message;
};

// An empty value has the place of its key, or of the list it stands in. Text without any document
// gives a null node.
tl::expected<ConfigNode, YamlFault> read_yaml(std::string_view yaml);

}  // namespace freshet::pipeline
