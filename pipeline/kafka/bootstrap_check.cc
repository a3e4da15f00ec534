#include "pipeline/kafka/bootstrap_check.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <future>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/kafka/kafka_client_config.h"
#include "pipeline/kafka/kafka_handle.h"

namespace freshet::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kQuestionWait{200};

std::vector<std::string> addresses_of(std::string_view bootstrap) {
  std::vector<std::string> addresses;
  while (!bootstrap.empty()) {
    const std::size_t comma = bootstrap.find(',');
    std::string_view address = bootstrap.substr(0, comma);
    bootstrap = comma == std::string_view::npos ? std::string_view{} : bootstrap.substr(comma + 1);
    const std::size_t begin = address.find_first_not_of(" \t");
    if (begin == std::string_view::npos) continue;
    address = address.substr(begin, address.find_last_not_of(" \t") - begin + 1);
    addresses.emplace_back(address);
  }
  return addresses;
}

// What librdkafka's words about a failure mean, the first row that fits. The place is named beside
// them, and the words themselves are kept.
struct Cause {
  std::string_view words;
  std::string_view meaning;
  std::string_view remedy;
};

constexpr Cause kCauses[] = {
    {"Connection refused", "nobody listens there",
     "check the port in kafka.bootstrap, and that the broker runs"},
    {"Failed to resolve", "the name does not resolve",
     "check the host's name in kafka.bootstrap and this machine's DNS"},
    {"incorrect security.protocol configuration", "the listener does not speak plaintext",
     "set security.protocol under kafka.client to ssl or sasl_ssl, or use the plaintext port"},
    {"certificate verify failed", "TLS: the broker's certificate is refused",
     "set ssl.ca.location under kafka.client to the authority that signed it; it must not have "
     "expired, and must hold the address as kafka.bootstrap names it"},
    {"unexpected eof while reading", "TLS: the listener does not speak TLS",
     "use the port of a TLS listener, or set security.protocol under kafka.client to plaintext or "
     "sasl_plaintext"},
    {"wrong version number", "TLS: the listener does not speak TLS",
     "use the port of a TLS listener, or set security.protocol under kafka.client to plaintext or "
     "sasl_plaintext"},
    {"certificate required", "TLS: the broker asks for a certificate of the client's",
     "set ssl.certificate.location and ssl.key.location under kafka.client"},
    {"alert bad certificate", "TLS: the broker does not take the client's certificate, or lacks it",
     "set ssl.certificate.location and ssl.key.location under kafka.client"},
    {"SSL", "TLS: no connection could be made",
     "check security.protocol and the ssl options under kafka.client"},
    {"current SASL state", "SASL: the listener asks for no login",
     "set security.protocol under kafka.client to plaintext or ssl, or use the port of a SASL "
     "listener"},
    {"SASL", "SASL: the login is refused",
     "check sasl.mechanisms, sasl.username and sasl.password under kafka.client"},
};

constexpr Cause kSilence = {"", "no answer in time",
                            "check that the broker runs and that no firewall is in between"};

// The lines of one client, kept by librdkafka's threads.
class Lines {
 public:
  void add(std::string_view line) {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(line);
  }

  // The first row of the causes that some line names, with that line.
  std::pair<Cause, std::string> cause() {
    const std::lock_guard lock(mutex_);
    for (const Cause& cause : kCauses) {
      for (const std::string& line : lines_) {
        if (line.find(cause.words) != std::string::npos) return {cause, line};
      }
    }
    return {kSilence, lines_.empty() ? std::string() : lines_.back()};
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

// Without the names of threads and brokers that librdkafka puts before its words.
std::string words_of(const std::string& line) {
  constexpr std::string_view kBroker = "/bootstrap: ";
  const std::size_t begin = line.rfind(kBroker);
  return begin == std::string::npos ? line : line.substr(begin + kBroker.size());
}

bool answers(rd_kafka_t* client) {
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t asked =
      rd_kafka_metadata(client, 0, nullptr, &metadata, static_cast<int>(kQuestionWait.count()));
  if (asked != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
  rd_kafka_metadata_destroy(metadata);
  return true;
}

Finding check_address(const WorkerConfig& config, const std::string& address,
                      milliseconds timeout) {
  Finding finding{FindingLevel::kOk, "kafka.bootstrap " + address, "answers", ""};
  Lines lines;
  const KafkaLog keep = [&lines](int, std::string_view line) { lines.add(line); };
  KafkaOptions options = producer_options(config, {});
  options.emplace_back("bootstrap.servers", address);
  options.emplace_back("log.connection.close", "true");  // a listener's only answer may be that
  const auto client = KafkaHandle::create(KafkaHandle::Role::kProducer, options, keep, nullptr);
  if (!client) return {FindingLevel::kError, finding.where, client.error().message, ""};
  const auto deadline = steady_clock::now() + timeout;
  bool failed = false;
  while (!failed) {
    if (answers((*client)->get())) return finding;
    rd_kafka_poll((*client)->get(), 0);
    // Every broker that is known, which is this one, has failed, or refuses the client.
    failed = !(*client)->take_error() || steady_clock::now() >= deadline;
  }
  const auto [cause, line] = lines.cause();
  finding.level = FindingLevel::kError;
  finding.message = cause.meaning;
  if (!line.empty()) finding.message += " (" + words_of(line) + ")";
  finding.remedy = cause.remedy;
  return finding;
}

}  // namespace

BootstrapCheck check_bootstrap(const WorkerConfig& config, milliseconds timeout) {
  std::vector<std::future<Finding>> asked;
  for (const std::string& address : addresses_of(config.kafka.bootstrap)) {
    asked.push_back(std::async(std::launch::async, check_address, config, address, timeout));
  }
  BootstrapCheck check;
  for (std::future<Finding>& answer : asked) check.findings.push_back(answer.get());
  check.reachable =
      std::any_of(check.findings.begin(), check.findings.end(),
                  [](const Finding& finding) { return finding.level == FindingLevel::kOk; });
  for (Finding& finding : check.findings) {
    if (check.reachable && finding.level == FindingLevel::kError) {
      finding.level = FindingLevel::kWarning;
    }
  }
  return check;
}

}  // namespace freshet::pipeline
