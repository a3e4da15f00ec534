#include "tests/support/kafka_broker.h"

#include <unistd.h>
#include <csignal>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <random>

#include "common/check.h"

namespace freshet::test {
namespace {

constexpr const char* kScript = FRESHET_SOURCE_DIR "/scripts/kafka";

// What the command prints on stdout; none when it fails. Its stderr is the test's.
std::optional<std::string> output_of(const std::string& command) {
  FILE* pipe = popen(command.c_str(), "r");
  FRESHET_CHECK(pipe != nullptr);
  std::string output;
  std::array<char, 256> buffer{};
  while (fgets(buffer.data(), static_cast<int>(buffer.size()), pipe) != nullptr) {
    output += buffer.data();
  }
  if (pclose(pipe) != 0) return std::nullopt;
  return output;
}

std::string start_broker(const std::string& arguments) {
  const std::optional<std::string> output = output_of(std::string(kScript) + " start " + arguments);
  FRESHET_CHECK(output.has_value());
  const std::string prefix = "bootstrap=";
  FRESHET_CHECK(output->starts_with(prefix) && output->ends_with("\n"));
  return output->substr(prefix.size(), output->size() - prefix.size() - 1);
}

}  // namespace

OwnKafkaBroker::OwnKafkaBroker() { start(); }

OwnKafkaBroker::~OwnKafkaBroker() { stop(); }

void OwnKafkaBroker::start() {
  bootstrap_ =
      start_broker("--dir " + dir_.path().string() + " --owner " + std::to_string(getpid()));
}

void OwnKafkaBroker::stop() {
  FRESHET_CHECK(output_of(std::string(kScript) + " stop --dir " + dir_.path().string()));
}

void OwnKafkaBroker::kill() {
  signal(SIGKILL);
  stop();  // waits until it has ended
}

void OwnKafkaBroker::freeze() { signal(SIGSTOP); }

void OwnKafkaBroker::thaw() { signal(SIGCONT); }

void OwnKafkaBroker::signal(int number) {
  pid_t process = 0;
  std::ifstream(dir_.path() / "broker.pid") >> process;
  FRESHET_CHECK(process > 0 && ::kill(process, number) == 0);
}

const std::string& kafka_bootstrap() {
  if (const char* given = std::getenv("FRESHET_KAFKA_BOOTSTRAP")) {
    static const std::string bootstrap = given;
    return bootstrap;
  }
  if (const char* dir = std::getenv("FRESHET_KAFKA_DIR")) {
    static const std::string bootstrap = start_broker("--dir " + std::string(dir));
    return bootstrap;
  }
  static const OwnKafkaBroker own;
  return own.bootstrap();
}

std::string unique_name(const std::string& prefix) {
  std::random_device entropy;
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%08x%08x", entropy(), entropy());
  return prefix + "-" + digits.data();
}

}  // namespace freshet::test
