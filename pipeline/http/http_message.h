// What an HTTP request and its answer are here, without the library that carries them.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace freshet::pipeline {

struct HttpRequest {
  std::string_view method;
  std::string_view target;  // as the request line has it: path and query, percent-encoded
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

using HttpHandler = std::function<HttpResponse(const HttpRequest&)>;

}  // namespace freshet::pipeline
