// OperationServer: the HTTP server of one process with its endpoints, and the second hand that
// looks for stalls.
//
// Errors:  open(): kInvalidConfig when the address cannot be had. To be called before the group is
//          joined, so that a worker that cannot be watched does not start
// Threads: open, serve and the end belong to one thread; it has some of its own
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "common/status.h"
#include "pipeline/http/endpoints.h"
#include "pipeline/http/http_server.h"
#include "pipeline/metrics/process_view.h"
#include "pipeline/metrics/stall_observer.h"

namespace freshet::pipeline {

class OperationServer {
 public:
  // Listens as http.listen says; a server that is off still is one, without an address. What the
  // view points to outlives the server.
  static Result<std::unique_ptr<OperationServer>> open(ProcessView process);
  ~OperationServer();
  OperationServer(const OperationServer&) = delete;
  OperationServer& operator=(const OperationServer&) = delete;

  // "http://127.0.0.1:8080", or "off".
  std::string origin() const;

 private:
  explicit OperationServer(ProcessView process);
  void look_for_stalls();

  ProcessView process_;
  StallObserver stalls_;
  Endpoints endpoints_;
  std::mutex mutex_;
  std::condition_variable ending_;
  bool ended_ = false;
  std::thread second_hand_;
  std::unique_ptr<HttpServer> http_;  // destroyed first: its handler reads what stands above
};

}  // namespace freshet::pipeline
