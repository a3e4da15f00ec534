// Endpoints: what a worker's HTTP server answers to each path.
//
//   GET /metrics         Prometheus' text format
//   GET /healthz         200, or 503 where a worker thread is stuck; JSON with each part
//   GET /readyz          200, or 503 where a part is not in order; JSON with each part
//   GET /v1/users/{id}   the user's visible clicks with attention weights and representation;
//                        404 for an unknown user, and for all where http.users is off; 421 where
//                        another instance holds the user's partition; 503 where nobody answers
//
// Any other method is 405, any other path 404; errors are {"error":"..."} with the remedy.
// Threads: any
#pragma once

#include <string>
#include <string_view>

#include "pipeline/http/http_message.h"
#include "pipeline/metrics/process_view.h"
#include "pipeline/metrics/stall_observer.h"

namespace freshet::pipeline {

class Endpoints {
 public:
  // Both outlive it.
  Endpoints(const ProcessView* process, const StallObserver* stalls)
      : process_(process), stalls_(stalls) {}

  HttpResponse answer(const HttpRequest& request) const;

 private:
  HttpResponse user(std::string_view encoded_id) const;

  const ProcessView* process_;
  const StallObserver* stalls_;
};

}  // namespace freshet::pipeline
