// HttpServer: answers GET requests, one per connection, on a few threads of its own. The door to
// cpp-httplib.
//
// Bounds:  8 KiB for a request line and for a header, 64 KiB for a request, which must be there
//          within 2 s; 10 s to take the answer; no body, no ranges, 4 threads, 16 connections that
//          wait for one; the connection is closed behind each answer
// Errors:  start(): kInvalidConfig when the address cannot be had, with the remedy. A bad request
//          gets 400 or 414; what a handler throws is 500
// Threads: any; the handler is called from several at once, and by none once the server is gone
#pragma once

#include <cstdint>
#include <memory>

#include "common/status.h"
#include "pipeline/config/listen_address.h"
#include "pipeline/http/http_message.h"

namespace freshet::pipeline {

class HttpServer {
 public:
  static Result<std::unique_ptr<HttpServer>> start(const ListenAddress& address,
                                                   HttpHandler handler);
  // Waits for answers that are being made, and a quarter of a second for clients that read or
  // write slowly.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // With the port that was taken.
  const ListenAddress& address() const { return address_; }

 private:
  struct State;
  HttpServer(ListenAddress address, std::shared_ptr<State> state);

  ListenAddress address_;
  std::shared_ptr<State> state_;
};

// One GET with a time-out; the answer whatever its status. kUnavailable where none came.
Result<HttpResponse> http_get(const std::string& origin, const std::string& path);

}  // namespace freshet::pipeline
