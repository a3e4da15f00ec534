#include "pipeline/http/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace freshet::pipeline::http_server_test {

using testing::HasSubstr;

const ListenAddress kAnyPort{"127.0.0.1", 0};

std::unique_ptr<HttpServer> serve(HttpHandler handler) {
  auto server = HttpServer::start(kAnyPort, std::move(handler));
  EXPECT_TRUE(server) << server.error().message;
  return std::move(*server);
}

// One connection, with nothing between the test and the bytes.
class Connection {
 public:
  explicit Connection(const HttpServer& server) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.address().port);
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Connection() { close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool send(const std::string& bytes) const {
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  // Until the server closes.
  std::string rest() const {
    std::string all;
    char buffer[4096];
    for (ssize_t count = 0; (count = recv(socket_, buffer, sizeof buffer, 0)) > 0;) {
      all.append(buffer, static_cast<std::size_t>(count));
    }
    return all;
  }
  bool connected() const { return connected_; }

 private:
  int socket_;
  bool connected_ = false;
};

std::string answer_to(const HttpServer& server, const std::string& request) {
  const Connection connection(server);
  connection.send(request);
  return connection.rest();
}

TEST(HttpServerTest, TheHandlerGetsTheTargetAsItWasSent) {
  const auto server = serve([](const HttpRequest& request) -> HttpResponse {
    return {200, "text/plain", std::string(request.method) + " " + std::string(request.target)};
  });
  const auto answer = http_get("http://" + server->address().text(), "/v1/users/a%2Fb?x=%41");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "GET /v1/users/a%2Fb?x=%41");
}

TEST(HttpServerTest, AnotherMethodIsToldWhichOneThereIs) {
  const auto server = serve([](const HttpRequest& request) -> HttpResponse {
    return {request.method == "GET" ? 200 : 405, "text/plain", "body"};
  });
  for (const char* method : {"HEAD", "POST", "DELETE"}) {
    const std::string answer =
        answer_to(*server, std::string(method) + " / HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
    EXPECT_THAT(answer, HasSubstr(" 405 ")) << method;
    EXPECT_THAT(answer, HasSubstr("Allow: GET")) << method;
  }
}

TEST(HttpServerTest, ABadRequestIsRefusedAndTheServerGoesOn) {
  const auto server = serve([](const HttpRequest&) -> HttpResponse { return {}; });
  const std::string long_path = "GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\n\r\n";
  const std::string long_header = "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n";
  for (const std::string& bad :
       {std::string("\r\n\r\n"), std::string("GET\r\n\r\n"), std::string("\0\xff\xfe\r\n\r\n", 7),
        std::string("GET / HTTP/9.9\r\n\r\n"), long_path, long_header}) {
    EXPECT_THAT(answer_to(*server, bad), testing::Not(HasSubstr(" 200 "))) << bad.substr(0, 40);
  }
  EXPECT_THAT(answer_to(*server, "GET / HTTP/1.1\r\n\r\n"), HasSubstr(" 200 "));
}

TEST(HttpServerTest, ARequestWithoutEndIsCutOff) {
  const auto server = serve([](const HttpRequest&) -> HttpResponse { return {}; });
  for (const std::string& more : {std::string(4096, 'x'), std::string("X: y\r\n")}) {
    const Connection connection(*server);
    connection.send("GET / HTTP/1.1\r\n");
    constexpr std::size_t kEnough = 64 << 20;
    std::string block;
    while (block.size() < 65'536) block += more;
    std::size_t sent = 0;
    while (sent < kEnough && connection.send(block)) sent += block.size();
    EXPECT_LT(sent, kEnough);
  }
  EXPECT_THAT(answer_to(*server, "GET / HTTP/1.1\r\n\r\n"), HasSubstr(" 200 "));
}

TEST(HttpServerTest, ManyRangesMakeNoAnswerLonger) {
  const auto server = serve([](const HttpRequest&) -> HttpResponse {
    return {200, "t/p", std::string(100, 'x')};
  });
  std::string ranges = "0-";
  while (ranges.size() < 8'000) ranges += ",0-";
  const std::string answer =
      answer_to(*server, "GET / HTTP/1.1\r\nRange: bytes=" + ranges + "\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr(" 200 "));
  EXPECT_LT(answer.size(), 1'000U);
}

TEST(HttpServerTest, AThousandOpenFilesDoNotHideTheHealth) {
  rlimit files{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &files), 0);
  const rlim_t enough = FD_SETSIZE + 64;
  if (files.rlim_max < enough) GTEST_SKIP() << "ulimit -Hn is below " << enough;
  const rlimit before = files;
  files.rlim_cur = std::max(files.rlim_cur, enough);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
  const auto server = serve([](const HttpRequest&) -> HttpResponse { return {}; });
  std::vector<int> open;
  while (open.empty() || open.back() < FD_SETSIZE) {
    open.push_back(dup(STDERR_FILENO));
    ASSERT_GE(open.back(), 0);
  }
  EXPECT_THAT(answer_to(*server, "GET / HTTP/1.1\r\n\r\n"), HasSubstr(" 200 "));
  for (const int file : open) close(file);
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST(HttpServerTest, ABodyIsNeverRead) {
  const auto server = serve([](const HttpRequest&) -> HttpResponse { return {}; });
  const std::string request = "POST / HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\nabc";
  EXPECT_THAT(answer_to(*server, request), HasSubstr("HTTP/1.1 "));
}

TEST(HttpServerTest, WhatAHandlerThrowsStaysInside) {
  const auto server = serve(
      [](const HttpRequest&) -> HttpResponse { throw std::runtime_error("secret of the inside"); });
  const std::string answer = answer_to(*server, "GET / HTTP/1.1\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr(" 500 "));
  EXPECT_THAT(answer, testing::Not(HasSubstr("secret")));
}

TEST(HttpServerTest, ATakenPortIsRefusedWithTheRemedy) {
  const auto first = serve([](const HttpRequest&) -> HttpResponse { return {}; });
  const auto second =
      HttpServer::start(first->address(), [](const HttpRequest&) -> HttpResponse { return {}; });
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kInvalidConfig);
  EXPECT_THAT(second.error().message, HasSubstr(first->address().text() + " cannot be had"));
  EXPECT_THAT(second.error().message, HasSubstr("port 0"));
}

TEST(HttpServerTest, APortIsFreeAgainOnceItsServerIsGone) {
  ListenAddress address;
  {
    const auto first = serve([](const HttpRequest&) -> HttpResponse { return {}; });
    address = first->address();
    answer_to(*first, "GET / HTTP/1.1\r\n\r\n");
  }
  EXPECT_TRUE(HttpServer::start(address, [](const HttpRequest&) -> HttpResponse { return {}; }));
}

TEST(HttpServerTest, AnUnknownHostIsRefused) {
  const auto server = HttpServer::start({"no-such-host.invalid", 8080},
                                        [](const HttpRequest&) -> HttpResponse { return {}; });
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code, ErrorCode::kInvalidConfig);
}

TEST(HttpServerTest, SilentClientsDoNotKeepTheServerFromEnding) {
  std::atomic<int> calls{0};
  auto server = serve([&](const HttpRequest&) -> HttpResponse {
    ++calls;
    return {};
  });
  std::vector<std::unique_ptr<Connection>> silent;
  for (int i = 0; i < 8; ++i) {
    silent.push_back(std::make_unique<Connection>(*server));
    ASSERT_TRUE(silent.back()->connected());
    silent.back()->send("GET /metr");
  }
  server.reset();
  const int before = calls;
  for (const auto& connection : silent) connection->send("ics HTTP/1.1\r\n\r\n");
  for (const auto& connection : silent) {
    EXPECT_THAT(connection->rest(), testing::Not(HasSubstr(" 200 ")));
  }
  EXPECT_EQ(calls, before) << "a handler must not be called once the server is gone";
}

// Each answer waits until the next one is being made, or is refused: there is always one.
TEST(HttpServerTest, ClientsThatKeepComingDoNotKeepTheServerFromEnding) {
  std::mutex mutex;
  std::condition_variable changed;
  int entered = 0;
  bool refused = false;
  auto server = serve([&](const HttpRequest&) -> HttpResponse {
    std::unique_lock lock(mutex);
    const int number = ++entered;
    changed.notify_all();
    changed.wait(lock, [&] { return refused || entered > number; });
    return {};
  });
  const ListenAddress address = server->address();
  std::vector<std::thread> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back([&] {
      for (bool served = true; served;) {
        const auto answer = http_get("http://" + address.text(), "/");
        served = answer && answer->status == 200;
      }
      const std::lock_guard lock(mutex);
      refused = true;
      changed.notify_all();
    });
  }
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return entered > 10; });
  }
  server.reset();
  for (std::thread& client : clients) client.join();
  EXPECT_TRUE(refused);
}

TEST(HttpServerTest, ManyClientsAtOnceAreAllAnswered) {
  const auto server = serve([](const HttpRequest&) -> HttpResponse { return {200, "t/p", "x"}; });
  std::atomic<int> answered{0};
  std::vector<std::thread> clients;
  for (int i = 0; i < 16; ++i) {
    clients.emplace_back([&] {
      for (int n = 0; n < 10; ++n) {
        const auto answer = http_get("http://" + server->address().text(), "/");
        if (answer && answer->body == "x") ++answered;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(answered, 160);
}

TEST(HttpGetTest, NobodyThereIsUnavailableAndNamesTheAddress) {
  ListenAddress address;
  {
    address = serve([](const HttpRequest&) -> HttpResponse { return {}; })->address();
  }
  const auto answer = http_get("http://" + address.text(), "/healthz");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
  EXPECT_THAT(answer.error().message, HasSubstr(address.text()));
}

TEST(HttpGetTest, AnAddressOfAnotherKindIsRefused) {
  for (const char* bad : {"", "ftp://x", "https://127.0.0.1:1"}) {
    EXPECT_FALSE(http_get(bad, "/healthz")) << bad;
  }
}

}  // namespace freshet::pipeline::http_server_test
