#include "tests/support/kafka_worker.h"

#include "common/check.h"
#include "pipeline/kafka/kafka_transport.h"
#include "pipeline/log/log.h"
#include "tests/support/scorer_models.h"

namespace freshet::test {

KafkaWorld::KafkaWorld(const std::string& bootstrap, std::string_view yaml)
    : harness(bootstrap), config(config_of(yaml)) {
  pipeline::log_init("error", pipeline::LogFormat::kText);  // failures are what these tests make
  config.application_id = harness.config().application_id;
  config.kafka = harness.config().kafka;
  config.delivery = harness.config().delivery;
  config.changelog = harness.config().changelog;
  model = serve(random_model(small_model(config)), config);
}

void KafkaWorld::append(StoredRecord record) {
  harness.append(Partition{0}, std::move(record));
  ++appended_;
}

void KafkaWorld::append_clicks(int count) {
  for (int i = 0; i < count; ++i) {
    append(keyed_record("u", click_json("u", "v1", static_cast<std::int64_t>(appended_))));
  }
}

bool KafkaWorld::await_outputs() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (by_source().size() < appended_) {
    if (std::chrono::steady_clock::now() > deadline) return false;
  }
  return true;
}

KafkaWorker::KafkaWorker(KafkaWorld* world, std::optional<std::string> instance_id,
                         stateful::StateStore* store)
    : worker_(
          {&world->config, world->model, store == nullptr ? &world->store : store, &clock_,
           &counters_},
          1 << 20,
          [world, instance_id]() -> Result<std::unique_ptr<pipeline::Transport>> {
            pipeline::KafkaTransportOptions options;
            options.instance_id = instance_id;
            auto transport = pipeline::KafkaTransport::create(world->config, options);
            if (!transport) return tl::unexpected(transport.error());
            return std::unique_ptr<pipeline::Transport>(std::move(*transport));
          },
          &stop_),
      thread_([this] { ended_ = worker_.run(); }) {}

KafkaWorker::~KafkaWorker() {
  request_stop();
  static_cast<void>(ended());
}

const Status& KafkaWorker::ended() {
  if (thread_.joinable()) thread_.join();
  return ended_;
}

}  // namespace freshet::test
