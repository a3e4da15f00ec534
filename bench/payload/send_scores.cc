// send_scores: writes the score events of a file into an application's output topic, as a worker
// does, and says what that costs.
//
//   send_scores CONFIG FILE
//
// FILE has one score event a line, as `freshet replay` writes them. Read and taken apart before
// anything is timed. Prints one line of JSON: records, bytes of keys and values, and ns of CPU for
// all of them, of the thread that sends and of librdkafka's own. For payload.py.
#include <ctime>

#include <cstdio>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "common/check.h"
#include "pipeline/config/config_parser.h"
#include "pipeline/events/output_decoder.h"
#include "pipeline/kafka/kafka_producer.h"
#include "pipeline/log/log.h"

namespace {

using namespace freshet;
using namespace freshet::pipeline;

struct Score {
  std::string user;
  std::string event;
};

double ns_of(clockid_t clock) {
  std::timespec time{};
  FRESHET_CHECK(clock_gettime(clock, &time) == 0);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

Result<std::vector<Score>> read_scores(const std::string& path) {
  std::vector<Score> scores;
  std::ifstream file(path);
  std::string line;
  while (std::getline(file, line)) {
    Result<ReadOutput> read = decode_score_event(line);
    if (!read) return tl::unexpected<Error>(read.error());
    scores.push_back({std::move(read->user_id), line});
  }
  if (scores.empty()) return error(ErrorCode::kInvalidConfig, path + ": no score events in it");
  return scores;
}

Status run(const std::string& config_path, const std::string& scores_path) {
  const Result<WorkerConfig> config = load_config({config_path});
  if (!config) return tl::unexpected<Error>(config.error());
  log_init("warn", config->log_format);
  const Result<std::vector<Score>> scores = read_scores(scores_path);
  if (!scores) return tl::unexpected<Error>(scores.error());
  KafkaTransportOptions transport;
  transport.log = log_syslog;
  const auto producer = KafkaProducer::create(producer_options(*config, transport), transport.log);
  if (!producer) return tl::unexpected<Error>(producer.error());
  const Result<KafkaTopic> topic = (*producer)->open_topic(config->kafka.output);
  if (!topic) return tl::unexpected<Error>(topic.error());

  std::size_t bytes = 0;
  const double thread_before = ns_of(CLOCK_THREAD_CPUTIME_ID);
  const double process_before = ns_of(CLOCK_PROCESS_CPUTIME_ID);
  for (const Score& score : *scores) {
    KafkaMessage message;
    message.topic = *topic;
    message.key = score.user;
    message.value = score.event;
    bytes += score.user.size() + score.event.size();
    Status sent = (*producer)->send(message);
    while (!sent && sent.error().code == ErrorCode::kUnavailable) sent = (*producer)->send(message);
    if (!sent) return sent;
  }
  Status flushed = (*producer)->flush(std::chrono::seconds(60));
  if (!flushed) return flushed;
  const double own = ns_of(CLOCK_THREAD_CPUTIME_ID) - thread_before;
  const double all = ns_of(CLOCK_PROCESS_CPUTIME_ID) - process_before;
  std::printf("{\"records\":%zu,\"bytes\":%zu,\"own_ns\":%.0f,\"client_ns\":%.0f}\n",
              scores->size(), bytes, own, all - own);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: send_scores CONFIG FILE\n");
    return 2;
  }
  const Status ran = run(argv[1], argv[2]);
  if (ran) return 0;
  std::fprintf(stderr, "send_scores: %s\n", ran.error().message.c_str());
  return 1;
}
