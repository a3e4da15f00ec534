#include "pipeline/http/http_server.h"

#include <httplib.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <future>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <utility>

#include "pipeline/http/bounded_socket.h"

namespace freshet::pipeline {
namespace {

constexpr std::size_t kThreads = 4;
constexpr std::size_t kWaitingMax = 16;
constexpr SocketBounds kBounds{
    .read_bytes_max = std::size_t{64} << 10,
    .read_time = std::chrono::seconds(2),
    .write_time = std::chrono::seconds(10),
};
constexpr std::chrono::milliseconds kStopWait{250};
constexpr std::chrono::seconds kAnswerWait{5};

// The library would share the port (SO_REUSEPORT), and two workers would get each other's requests.
void keep_port_alone(int socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

// A connection as the library sees it.
class Connection final : public httplib::Stream {
 public:
  explicit Connection(int socket) : socket_(socket, kBounds) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, std::size_t size) override { return socket_.read(to, size); }
  ssize_t write(const char* from, std::size_t size) override { return socket_.write(from, size); }
  void get_remote_ip_and_port(std::string&, int& port) const override { port = 0; }
  void get_local_ip_and_port(std::string&, int& port) const override { port = 0; }
  // A library that was built on select() asks for this alone, and refuses what that cannot take: a
  // worker with a thousand open files would have no health. Nobody selects here.
  socket_t socket() const override { return 0; }

 private:
  BoundedSocket socket_;
};

// A few threads and a short queue. Where it is full the accepting thread waits, so clients that
// come faster than they are answered, or send slowly, stay in the kernel's backlog.
class AnswerQueue final : public httplib::TaskQueue {
 public:
  using Taken = decltype(std::declval<httplib::TaskQueue&>().enqueue(std::function<void()>()));

  Taken enqueue(std::function<void()> answer) override {
    {
      std::unique_lock lock(mutex_);
      room_.wait(lock, [this] { return waiting_ < kWaitingMax; });
      ++waiting_;
    }
    return threads_.enqueue([this, answer = std::move(answer)] {
      {
        const std::lock_guard lock(mutex_);
        --waiting_;
      }
      room_.notify_one();
      answer();
    });
  }
  void shutdown() override { threads_.shutdown(); }

 private:
  std::mutex mutex_;
  std::condition_variable room_;
  std::size_t waiting_ = 0;
  httplib::ThreadPool threads_{kThreads};
};

void write(const HttpResponse& from, httplib::Response* to) {
  to->status = from.status;
  if (from.status == 405) to->set_header("Allow", "GET");
  to->set_header("Cache-Control", "no-store");
  to->set_content(from.body, from.content_type.c_str());
}

}  // namespace

// Shared with the serving thread, which a slow client may keep beyond the server's own end.
struct HttpServer::State {
  // The library's own reading has no bound on a request's bytes, nor on how slowly they come.
  class BoundedServer final : public httplib::Server {
    bool process_and_close_socket(socket_t socket) override {
      Connection connection(socket);
      bool closed = false;
      // An answer in parts would repeat it once for each of a thousand ranges.
      return process_request(connection, true, closed,
                             [](httplib::Request& request) { request.ranges.clear(); });
    }
  };

  HttpResponse answer(const HttpRequest& request) {
    const HttpResponse stopping{503, "text/plain; charset=utf-8", "the worker is stopping\n"};
    if (silent) return stopping;
    const std::shared_lock lock(mutex);
    return handler ? handler(request) : stopping;
  }

  // The lock prefers those who answer: without the flag clients that keep coming would hold it.
  void silence() {
    silent = true;
    const std::unique_lock lock(mutex);
    handler = nullptr;
  }

  BoundedServer server;
  std::atomic<bool> silent{false};
  std::shared_mutex mutex;
  HttpHandler handler;
  std::thread thread;
  std::future<void> over;
};

HttpServer::HttpServer(ListenAddress address, std::shared_ptr<State> state)
    : address_(std::move(address)), state_(std::move(state)) {}

Result<std::unique_ptr<HttpServer>> HttpServer::start(const ListenAddress& address,
                                                      HttpHandler handler) {
  const auto state = std::make_shared<State>();
  state->handler = std::move(handler);
  httplib::Server& server = state->server;
  server.new_task_queue = [] { return new AnswerQueue; };
  server.set_socket_options(keep_port_alone);
  server.set_payload_max_length(0);
  // Everything is answered here, before a body would be read.
  server.set_pre_routing_handler(
      [&state = *state](const httplib::Request& request, httplib::Response& response) {
        write(state.answer({request.method, request.target}), &response);
        return httplib::Server::HandlerResponse::Handled;
      });
  server.set_exception_handler(
      [](const httplib::Request&, httplib::Response& response, std::exception_ptr) {
        write({500, "text/plain; charset=utf-8", "internal error\n"}, &response);
      });

  errno = 0;
  ListenAddress bound = address;
  bool taken = false;
  if (address.port == 0) {
    const int port = server.bind_to_any_port(address.host);
    taken = port > 0;
    if (taken) bound.port = static_cast<std::uint16_t>(port);
  } else {
    taken = server.bind_to_port(address.host, address.port);
  }
  if (!taken) {
    const std::string why = errno == 0 ? "no such address" : std::strerror(errno);
    return error(ErrorCode::kInvalidConfig,
                 "http.listen: " + address.text() + " cannot be had (" + why +
                     "): another worker or program may hold it; give this one an address of its "
                     "own, port 0 for any free one, or off");
  }
  std::promise<void> promise;
  state->over = promise.get_future();
  state->thread = std::thread([state, promise = std::move(promise)]() mutable {
    state->server.listen_after_bind();
    promise.set_value();
  });
  // Before it runs, stop() would be without effect.
  while (!server.is_running() &&
         state->over.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(bound), state));
}

HttpServer::~HttpServer() {
  state_->silence();
  state_->server.stop();
  if (state_->over.wait_for(kStopWait) == std::future_status::ready) {
    state_->thread.join();
  } else {
    state_->thread.detach();
  }
}

Result<HttpResponse> http_get(const std::string& origin, const std::string& path) {
  // The library throws for some addresses and takes others for host names.
  if (!origin.starts_with("http://") || origin.find_first_of(" /?#@", 7) != std::string::npos) {
    return error(ErrorCode::kInvalidConfig, origin + ": is not an address like http://host:port");
  }
  httplib::Client client(origin);
  client.set_connection_timeout(kAnswerWait);
  client.set_read_timeout(kAnswerWait);
  const httplib::Result answer = client.Get(path.c_str());
  if (!answer) {
    return error(ErrorCode::kUnavailable, origin + path + ": no answer (" +
                                              httplib::to_string(answer.error()) +
                                              "); is the worker running, and http.listen this?");
  }
  return HttpResponse{answer->status, answer->get_header_value("Content-Type"), answer->body};
}

}  // namespace freshet::pipeline
