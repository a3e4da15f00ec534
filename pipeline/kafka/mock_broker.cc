#include "pipeline/kafka/mock_broker.h"

#include <arpa/inet.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "pipeline/kafka/kafka_handle.h"

namespace freshet::pipeline {
namespace {

// The port of a listening socket of this process; 0 for every other descriptor.
int listening_port(int descriptor) {
  int listening = 0;
  socklen_t size = sizeof listening;
  if (::getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0) return 0;
  sockaddr_in address{};
  size = sizeof address;
  // The kernel's interface takes any family through its common beginning.
  auto* const any = static_cast<sockaddr*>(static_cast<void*>(&address));
  if (listening == 0 || ::getsockname(descriptor, any, &size) != 0) return 0;
  return address.sin_family == AF_INET ? ntohs(address.sin_port) : 0;
}

// The mock leaves Nagle's algorithm on, which costs 40 ms for each request that follows another.
// Accepted connections take the option over from the socket that listens, and the only way to that
// one is to look for it among this process's descriptors.
bool answer_at_once(std::string_view bootstrap) {
  int port = 0;
  const std::string_view digits = bootstrap.substr(bootstrap.rfind(':') + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), port);
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", ignored)) {
    const std::string name = entry.path().filename().string();
    int descriptor = -1;
    std::from_chars(name.data(), name.data() + name.size(), descriptor);
    if (port == 0 || listening_port(descriptor) != port) continue;
    const int on = 1;
    return ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
  }
  return false;
}

}  // namespace

struct MockBroker::Cluster {
  std::shared_ptr<KafkaHandle> handle;
  rd_kafka_mock_cluster_t* mock = nullptr;

  Cluster() = default;
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;
  ~Cluster() {
    if (mock != nullptr) rd_kafka_mock_cluster_destroy(mock);
  }
};

MockBroker::MockBroker(std::unique_ptr<Cluster> cluster) : cluster_(std::move(cluster)) {}

MockBroker::~MockBroker() = default;

Result<std::unique_ptr<MockBroker>> MockBroker::start(KafkaLog log) {
  auto cluster = std::make_unique<Cluster>();
  auto handle = KafkaHandle::create(KafkaHandle::Role::kProducer, {{"client.id", "mock-broker"}},
                                    log, nullptr);
  if (!handle) return tl::unexpected<Error>(handle.error());
  cluster->handle = std::move(*handle);
  cluster->mock = rd_kafka_mock_cluster_new(cluster->handle->get(), 1);
  if (cluster->mock == nullptr) {
    return error(ErrorCode::kFatal, "the embedded broker does not start; is a local port free?");
  }
  std::unique_ptr<MockBroker> broker(new MockBroker(std::move(cluster)));
  if (!answer_at_once(broker->bootstrap()) && log) {
    log(kKafkaLogWarning, "the embedded broker's socket was not found; it answers 40 ms late");
  }
  return broker;
}

std::string MockBroker::bootstrap() const {
  return rd_kafka_mock_cluster_bootstraps(cluster_->mock);
}

Status MockBroker::create_topic(const std::string& topic, std::int32_t partition_count) {
  const rd_kafka_resp_err_t made =
      rd_kafka_mock_topic_create(cluster_->mock, topic.c_str(), partition_count, 1);
  if (made == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return error(ErrorCode::kFatal, "the embedded broker does not make the topic " + topic + ": " +
                                      rd_kafka_err2str(made));
}

}  // namespace freshet::pipeline
