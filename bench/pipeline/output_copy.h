// OutputCopy: what handing an output over costs: one copy of its key and value into memory of its
// own, as librdkafka takes them.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace freshet::bench {

class OutputCopy {
 public:
  OutputCopy() : waiting_(kWaiting) {}

  void take(std::string_view key, std::string_view value) {
    std::unique_ptr<char[]> bytes(new char[key.size() + value.size()]);
    std::memcpy(bytes.get(), key.data(), key.size());
    std::memcpy(bytes.get() + key.size(), value.data(), value.size());
    waiting_[next_++ % kWaiting] = std::move(bytes);
  }

 private:
  static constexpr std::size_t kWaiting = 1'000;  // that are not delivered yet
  std::vector<std::unique_ptr<char[]>> waiting_;
  std::size_t next_ = 0;
};

}  // namespace freshet::bench
