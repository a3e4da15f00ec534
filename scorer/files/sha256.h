// SHA-256, for the checksums of a model folder.
//
// Errors: none; a failure of the library underneath is a CHECK. Threads: one object, one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace freshet::scorer {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(std::string_view bytes);

  // 64 lower-case hexadecimal digits. Call once, after the last update.
  std::string hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string sha256_hex(std::string_view bytes);

}  // namespace freshet::scorer
