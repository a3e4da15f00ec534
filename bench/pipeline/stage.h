// Stage: something that is done for each click, alone or as a whole, and can be timed.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

namespace freshet::bench {

class Stage {
 public:
  virtual ~Stage() = default;
  virtual std::string name() const = 0;
  // Not timed: whatever run() needs for `count` repetitions.
  virtual void prepare(std::size_t count) { static_cast<void>(count); }
  virtual void run(std::size_t count) = 0;
};

// Keeps the compiler from leaving out what makes the value.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

}  // namespace freshet::bench
