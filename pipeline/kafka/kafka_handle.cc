#include "pipeline/kafka/kafka_handle.h"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <future>
#include <iterator>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "common/check.h"
#include "pipeline/config/client_secrets.h"
#include "pipeline/kafka/kafka_errors.h"
#include "pipeline/kafka/kafka_resources.h"

namespace freshet::pipeline {
namespace {

constexpr std::chrono::milliseconds kDestroyWait{1'000};
// A handshake on a busy machine may take longer than the question that it was made for. It began
// with the client, so that a stop is never kept for the question's time and this one.
constexpr std::chrono::milliseconds kReasonWait{10'000};
constexpr int kReasonPollMs = 50;
// librdkafka repeats an unchanged failure every 30 s; after so long without one the brokers are
// back.
constexpr std::chrono::seconds kOutageSilence{60};

// Words of librdkafka's lines about a connection that was refused or broke. A refused login or
// certificate has others.
bool is_connection_failure(std::string_view line) {
  constexpr std::string_view kWords[] = {
      "Connection refused", "Disconnected (", "Failed to resolve",    "Connection setup timed out",
      "Receive failed",     "Send failed",    "timed out: disconnect"};
  return std::any_of(std::begin(kWords), std::end(kWords), [&](std::string_view words) {
    return line.find(words) != std::string_view::npos;
  });
}

// The group's coordinator was away longer than the session: librdkafka forgets its membership.
bool is_lost_session(std::string_view line) {
  return line.find("group session timed out") != std::string_view::npos;
}

bool is_security(int rd_error) {
  return rd_error == RD_KAFKA_RESP_ERR__SSL || rd_error == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
         rd_error == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED ||
         rd_error == RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM ||
         rd_error == RD_KAFKA_RESP_ERR_ILLEGAL_SASL_STATE;
}

bool is_outage(int rd_error) {
  return rd_error == RD_KAFKA_RESP_ERR__TRANSPORT || rd_error == RD_KAFKA_RESP_ERR__RESOLVE ||
         rd_error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
}

}  // namespace

// What librdkafka's callbacks work on: it lives as long as librdkafka's client does.
struct KafkaHandle::Client {
  Client(const KafkaOptions& all, KafkaLog logs, KafkaEvents* receiver)
      : log(std::move(logs)), events(receiver) {
    std::copy_if(all.begin(), all.end(), std::back_inserter(secrets),
                 [](const auto& option) { return is_secret_client_option(option.first); });
  }

  void write(int level, std::string_view line) {
    const std::lock_guard lock(log_mutex);
    if (log) log(level, without_secrets(secrets, std::string(line)));
  }

  // A line of librdkafka's own. Of an outage's failures, which come several for each attempt, the
  // first is a warning and the rest are for who looks for them.
  void write_library_line(int level, const std::string& line) {
    if (is_lost_session(line)) note_outage();
    if (level < kKafkaLogDebug && is_connection_failure(line)) {
      const std::lock_guard lock(log_mutex);
      const auto now = std::chrono::steady_clock::now();
      const bool first = !failed_at || now - *failed_at > kOutageSilence;
      failed_at = now;
      level = first ? kKafkaLogWarning : kKafkaLogDebug;
    }
    write(level, line);
  }

  void note_outage() {
    const std::lock_guard lock(log_mutex);
    met_outage = true;
  }

  bool has_met_outage() {
    const std::lock_guard lock(log_mutex);
    return met_outage;
  }

  // What the log refers to may be gone from now on.
  void be_silent() {
    const std::lock_guard lock(log_mutex);
    log = nullptr;
  }

  void note_error(int rd_error, const std::string& reason) {
    // An outage has its own line already, and whoever asks gets the error.
    write(is_outage(rd_error) ? kKafkaLogDebug : kKafkaLogError, reason);
    // A single broker or connection failing is the client's own business: it tries another. A fatal
    // error is asked for where errors are taken.
    const bool outage = answered && is_security(rd_error);
    const ErrorCode code = kafka_error_code(rd_error);
    if (code == ErrorCode::kInvalidConfig && !outage) {
      error = kafka_error(rd_error, without_secrets(secrets, reason));
    }
    // Nor does it take the place of the reason why they are all down.
    if (rd_error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) note_outage();
    if (rd_error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && !error) {
      error = kafka_error(rd_error, without_secrets(secrets, reason));
    }
  }

  std::mutex log_mutex;
  std::optional<std::chrono::steady_clock::time_point> failed_at;  // a connection, last
  bool met_outage = false;
  KafkaOptions secrets;  // librdkafka hides them as well, but not in everything it says
  KafkaLog log;
  KafkaEvents* events;
  const std::chrono::steady_clock::time_point made_at = std::chrono::steady_clock::now();
  bool answered = false;  // as the owner's thread notes, which callbacks run on, too
  rd_kafka_t* handle = nullptr;
  std::optional<Error> error;
};

struct KafkaHandle::Callbacks {
  static void log(const rd_kafka_t* client, int level, const char* facility, const char* text) {
    auto* self = static_cast<Client*>(rd_kafka_opaque(client));
    if (self != nullptr) self->write_library_line(level, std::string(facility) + ": " + text);
  }

  static void error(rd_kafka_t*, int rd_error, const char* reason, void* opaque) {
    static_cast<Client*>(opaque)->note_error(rd_error, reason);
  }

  static void rebalance(rd_kafka_t* client, rd_kafka_resp_err_t rd_error,
                        rd_kafka_topic_partition_list_t* partitions, void* opaque) {
    KafkaEvents* events = static_cast<Client*>(opaque)->events;
    if (events != nullptr) {
      events->on_rebalance(rd_error, partitions);
    } else {
      rd_kafka_assign(client, nullptr);
    }
  }

  static void delivery(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    KafkaEvents* events = static_cast<Client*>(opaque)->events;
    if (events != nullptr) events->on_delivery(*message);
  }
};

KafkaHandle::KafkaHandle(std::shared_ptr<Client> client) : client_(std::move(client)) {}

KafkaHandle::~KafkaHandle() {
  if (client_->handle == nullptr) return;
  std::promise<void> promise;
  const std::future<void> destroyed = promise.get_future();
  std::thread thread([client = client_, promise = std::move(promise)]() mutable {
    // Without the flag this would leave the group, in a place where nobody can commit any more.
    rd_kafka_destroy_flags(client->handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
    promise.set_value();
  });
  if (destroyed.wait_for(kDestroyWait) == std::future_status::ready) {
    thread.join();
    return;
  }
  client_->be_silent();
  thread.detach();
}

rd_kafka_s* KafkaHandle::get() const { return client_->handle; }

void KafkaHandle::detach_events() { client_->events = nullptr; }

std::int64_t KafkaHandle::number_option(const char* name) const {
  std::array<char, 32> text{};
  std::size_t size = text.size();
  const rd_kafka_conf_res_t known =
      rd_kafka_conf_get(rd_kafka_conf(client_->handle), name, text.data(), &size);
  FRESHET_CHECK(known == RD_KAFKA_CONF_OK);
  std::int64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  FRESHET_CHECK(failure == std::errc());
  return number;
}

void KafkaHandle::log(int level, std::string_view line) const { client_->write(level, line); }

Result<std::shared_ptr<KafkaHandle>> KafkaHandle::create(Role role, const KafkaOptions& options,
                                                         KafkaLog log, KafkaEvents* events) {
  std::array<char, 512> reason{};
  ConfPtr conf(rd_kafka_conf_new());
  for (const auto& [name, value] : options) {
    const rd_kafka_conf_res_t result =
        rd_kafka_conf_set(conf.get(), name.c_str(), value.c_str(), reason.data(), reason.size());
    if (result != RD_KAFKA_CONF_OK) {
      return freshet::error(ErrorCode::kInvalidConfig,
                            "kafka.client: option " + name +
                                " is refused: " + without_secrets(options, reason.data()));
    }
  }
  const auto client = std::make_shared<Client>(options, std::move(log), events);
  std::shared_ptr<KafkaHandle> handle(new KafkaHandle(client));
  rd_kafka_conf_set_opaque(conf.get(), client.get());
  rd_kafka_conf_set_log_cb(conf.get(), Callbacks::log);
  rd_kafka_conf_set_error_cb(conf.get(), Callbacks::error);
  const bool consumer = role == Role::kConsumer;
  if (consumer) {
    rd_kafka_conf_set_rebalance_cb(conf.get(), Callbacks::rebalance);
  } else {
    rd_kafka_conf_set_dr_msg_cb(conf.get(), Callbacks::delivery);
  }
  client->handle = rd_kafka_new(consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf.get(),
                                reason.data(), reason.size());
  if (client->handle == nullptr) {
    return freshet::error(
        ErrorCode::kInvalidConfig,
        "kafka.client: librdkafka refuses the options: " + without_secrets(options, reason.data()));
  }
  static_cast<void>(conf.release());  // rd_kafka_new took it
  // Everything that concerns a consumer, errors too, then comes out of its one queue.
  if (consumer) rd_kafka_poll_set_consumer(client->handle);
  return handle;
}

void KafkaHandle::note_answer() { client_->answered = true; }

bool KafkaHandle::answered() const { return client_->answered; }

Error KafkaHandle::reason_of(Error error) {
  FRESHET_CHECK(!client_->answered);
  const auto deadline = client_->made_at + kReasonWait;
  while (true) {
    // Asked before the callbacks run: what was reported along with the failure runs then, too.
    const bool all_failed = client_->has_met_outage();
    serve(all_failed ? 0 : kReasonPollMs);
    const Status health = take_error();
    if (!health && health.error().code == ErrorCode::kInvalidConfig) return health.error();
    if (all_failed || std::chrono::steady_clock::now() >= deadline) return error;
  }
}

void KafkaHandle::serve(int wait_ms) {
  if (rd_kafka_type(client_->handle) == RD_KAFKA_PRODUCER) {
    rd_kafka_poll(client_->handle, wait_ms);
    return;
  }
  // A message, such as the group's own failure, ends a poll before the callbacks behind it ran.
  while (true) {
    const MessagePtr message(rd_kafka_consumer_poll(client_->handle, wait_ms));
    if (message == nullptr) return;
    wait_ms = 0;
  }
}

Status KafkaHandle::fatal_error() const {
  std::array<char, 512> text{};
  const rd_kafka_resp_err_t fatal = rd_kafka_fatal_error(client_->handle, text.data(), text.size());
  if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
    // librdkafka 2.0 may then ask under no member's name, and the brokers, which kept the static
    // member through the outage, refuse it in favour of itself. A new client joins in its place.
    if (fatal == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID && client_->has_met_outage()) {
      return freshet::error(ErrorCode::kFenced,
                            "the group has kept this worker's place through an outage that was "
                            "longer than session.timeout.ms");
    }
    std::string what = "the Kafka client cannot go on";
    // The library's text mostly ends with the error's own, which follows anyway.
    const std::string_view reason(text.data());
    if (reason.find(rd_kafka_err2str(fatal)) == std::string_view::npos) {
      what.append(": ").append(reason);
    }
    Error error = kafka_error(fatal, what);
    // A fatal error has no retry, whatever its code would mean elsewhere.
    const bool final = error.code == ErrorCode::kFenced || error.code == ErrorCode::kInvalidConfig;
    if (!final) error.code = ErrorCode::kFatal;
    return tl::unexpected<Error>(std::move(error));
  }
  return {};
}

Status KafkaHandle::take_error() {
  if (Status fatal = fatal_error(); !fatal) return fatal;
  if (!client_->error) return {};
  Error taken = std::move(*client_->error);
  client_->error.reset();
  return tl::unexpected<Error>(std::move(taken));
}

}  // namespace freshet::pipeline
