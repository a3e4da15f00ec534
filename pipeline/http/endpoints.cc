#include "pipeline/http/endpoints.h"

#include <chrono>
#include <optional>

#include "common/json_text.h"
#include "pipeline/events/partitioner.h"
#include "pipeline/http/health_report.h"
#include "pipeline/http/user_path.h"
#include "pipeline/metrics/metrics_page.h"

namespace freshet::pipeline {
namespace {

constexpr char kJson[] = "application/json";
constexpr std::string_view kUsers = "/v1/users/";
// How long a question waits for its worker, which is busy with a batch at most.
constexpr std::chrono::milliseconds kUserWait{500};

HttpResponse failure(int status, const std::string& message) {
  return {status, kJson, "{\"error\":" + json_string(message) + "}\n"};
}

HttpResponse health(const HealthReport& report) {
  return {report.ok() ? 200 : 503, kJson, health_json(report)};
}

int status_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnavailable:
      return 503;
    case ErrorCode::kFenced:
      return 421;
    default:
      return 500;
  }
}

}  // namespace

HttpResponse Endpoints::answer(const HttpRequest& request) const {
  if (request.method != "GET") return failure(405, "only GET is answered here");
  const std::string_view path = request.target.substr(0, request.target.find('?'));
  if (path == "/metrics") return {200, kMetricsContentType, metrics_page(*process_, *stalls_)};
  if (path == "/healthz") return health(liveness(*process_));
  if (path == "/readyz") return health(readiness(*process_));
  if (path.starts_with(kUsers)) return user(path.substr(kUsers.size()));
  return failure(404, "there are /metrics, /healthz, /readyz and /v1/users/{id}");
}

HttpResponse Endpoints::user(std::string_view encoded_id) const {
  if (!process_->config->http.users) {
    return failure(404, "users are not shown here; set http.users: on where they may be");
  }
  const Result<UserId> user = user_id_of_path(encoded_id);
  if (!user) return failure(400, user.error().message);
  std::optional<Partition> partition;
  for (const WorkerView& worker : process_->workers) {
    const WorkerStatus status = worker.board->read();
    if (!status.partition_count) continue;
    partition = partition_of(user->view(), *status.partition_count);
    for (const PartitionStatus& held : status.partitions) {
      if (held.partition != *partition) continue;
      const UserMailbox::Answer answer = worker.users->ask(*partition, *user, kUserWait);
      if (!answer) return failure(status_of(answer.error().code), answer.error().message);
      if (!*answer) return failure(404, "no such user");
      return {200, kJson, **answer + "\n"};
    }
  }
  if (!partition) return failure(503, "no partition is assigned yet; /readyz says why");
  return failure(421, "partition " + std::to_string(partition->value) +
                          " of this user belongs to another instance; ask that one");
}

}  // namespace freshet::pipeline
