#include "pipeline/http/operation_server.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "pipeline/log/log.h"

namespace freshet::pipeline {
namespace {

constexpr DurationMs kPatienceLeast{5'000};
constexpr std::chrono::seconds kSecond{1};

// Between two commits nothing is acknowledged, and that is no stall.
DurationMs patience_of(const WorkerConfig& config) {
  return std::max(kPatienceLeast, DurationMs{2 * config.commit.interval.value});
}

}  // namespace

OperationServer::OperationServer(ProcessView process)
    : process_(std::move(process)),
      stalls_(process_.clock, patience_of(*process_.config)),
      endpoints_(&process_, &stalls_) {}

Result<std::unique_ptr<OperationServer>> OperationServer::open(ProcessView process) {
  const HttpConfig& config = process.config->http;
  const auto address = parse_listen_address(config.listen);
  if (!address) return tl::unexpected(address.error());
  std::unique_ptr<OperationServer> server(new OperationServer(std::move(process)));
  if (*address) {
    if (config.users && !(*address)->is_loopback()) {
      log_warn("http.users is on and http.listen is " + (*address)->text() +
               ": whoever reaches this address reads every user's clicks; keep it on 127.0.0.1 or "
               "behind something that asks who they are");
    }
    auto http =
        HttpServer::start(**address, [&endpoints = server->endpoints_](const HttpRequest& request) {
          return endpoints.answer(request);
        });
    if (!http) return tl::unexpected(http.error());
    server->http_ = std::move(*http);
  }
  server->second_hand_ = std::thread([one = server.get()] { one->look_for_stalls(); });
  return server;
}

OperationServer::~OperationServer() {
  http_.reset();
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  ending_.notify_all();
  if (second_hand_.joinable()) second_hand_.join();
}

std::string OperationServer::origin() const {
  return http_ == nullptr ? "off" : "http://" + http_->address().text();
}

void OperationServer::look_for_stalls() {
  std::unique_lock lock(mutex_);
  while (!ending_.wait_for(lock, kSecond, [this] { return ended_; })) {
    stalls_.observe(process_.read_workers());
  }
}

}  // namespace freshet::pipeline
