// SPDX-License-Identifier: MIT
// Covers: aws/http/curl_options.hpp, aws/http/curl_transfer.hpp
#include "sla/aws/http/curl.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "../../support/loopback_server.hpp"
#include "../../support/memory_file.hpp"

using namespace sla;
using namespace sla::aws;
using namespace std::chrono_literals;
using Then = CannedAnswer::Then;

namespace {

Instant in(Duration time) { return std::chrono::steady_clock::now() + time; }

std::string ok(std::string_view body = "ok") {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

Request request_to(LoopbackServer const& server, Method method = Method::get) {
  return {.method = method,
          .url = {.scheme = Scheme::http, .host = "127.0.0.1", .port = server.port()}};
}

Result<Response> get(LoopbackServer const& server) {
  Curl curl;
  return curl.send(request_to(server), in(10s));
}

/// How long something takes.
template <class Work>
Duration time_of(Work work) {
  Instant const start = std::chrono::steady_clock::now();
  work();
  return std::chrono::steady_clock::now() - start;
}

/// An output of that many bytes, in a file and in memory.
Output large_output(std::string const& text) {
  std::vector<Output::Piece> pieces{
      {text.size() / 2, 0, ""}, {1, 0, "!"}, {text.size() - text.size() / 2, text.size() / 2, ""}};
  return Output(MemoryFile::holding(text), std::move(pieces), std::nullopt);
}

/// The descriptor of this process that is connected to the server.
int connection_to(LoopbackServer const& server) {
  for (int number = 3; number < 256; ++number) {
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(number, reinterpret_cast<sockaddr*>(&peer), &size) == 0 &&
        peer.sin_family == AF_INET && ntohs(peer.sin_port) == server.port()) {
      return number;
    }
  }
  return -1;
}

/// A server whose kernel takes connections, and a little of what comes, while nobody attends to it.
class Unattended {
 public:
  explicit Unattended(int queue) : listener_(make()) {
    socklen_t size = sizeof address_;
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(::bind(listener_.get(), address(), size) == 0);
    CHECK(::listen(listener_.get(), queue) == 0);
    CHECK(::getsockname(listener_.get(), address(), &size) == 0);
  }

  Descriptor connect() const {
    Descriptor made = make();
    (void)::connect(made.get(), reinterpret_cast<sockaddr const*>(&address_), sizeof address_);
    return made;
  }
  Request request(Method method) const {
    std::uint16_t const port = ntohs(address_.sin_port);
    return {.method = method, .url = {.scheme = Scheme::http, .host = "127.0.0.1", .port = port}};
  }

 private:
  static Descriptor make() {
    return Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  }
  sockaddr* address() { return reinterpret_cast<sockaddr*>(&address_); }

  Descriptor listener_;
  sockaddr_in address_{};
};

}  // namespace

TEST_CASE("one connection serves one request after the other, also after a move") {
  LoopbackServer server({{ok()}});
  Curl first;
  CHECK(first.send(request_to(server), in(10s)));
  CHECK(first.send(request_to(server, Method::post), in(10s)));
  Curl second = std::move(first);
  auto const answer = second.send(request_to(server, Method::put), in(10s));
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->body == "ok");
  CHECK(server.connections() == 1);
}

TEST_CASE("a Curl that was moved from begins anew") {
  LoopbackServer server({{ok(), Then::close}});
  Curl first;
  Curl second = std::move(first);
  CHECK(first.send(request_to(server), in(10s)));
  CHECK(second.send(request_to(server), in(10s)));
}

TEST_CASE("nothing is sent that the request does not have but host, agent and length") {
  LoopbackServer server({{ok()}});
  std::string const port = std::to_string(server.port());
  Curl curl;
  auto request = request_to(server);
  CHECK(curl.send(request, in(10s)));
  request.method = Method::post;
  CHECK(curl.send(request, in(10s)));
  request.method = Method::put;
  request.body = Output("x");
  request.headers = {{"Content-Type", "text/plain"}, {"If-None-Match", "*"}, {"X-Empty", ""}};
  CHECK(curl.send(request, in(10s)));
  auto const heads = server.heads();
  std::string const common =
      " / HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\nUser-Agent: " + user_agent() + "\r\n";
  CHECK(heads.at(0) == "GET" + common + "\r\n");
  CHECK(heads.at(1) == "POST" + common + "Content-Length: 0\r\n\r\n");
  std::string const host_only = " / HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n";
  CHECK(heads.at(2) == "PUT" + host_only +
                           "Content-Type: text/plain\r\nIf-None-Match: *\r\nX-Empty:\r\n"
                           "User-Agent: " +
                           user_agent() + "\r\nContent-Length: 1\r\n\r\n");
}

TEST_CASE("a body of any size is streamed with its length, without asking first") {
  LoopbackServer server({{ok()}});
  std::string text;
  for (int i = 0; text.size() < 3'000'000; ++i) text += std::to_string(i) + ' ';
  std::string whole = text;
  whole.insert(text.size() / 2, "!");
  Curl curl;
  for (Method const method : {Method::put, Method::post}) {
    auto request = request_to(server, method);
    request.body = large_output(text);
    CHECK(curl.send(request, in(10s)));
    CHECK(server.bodies().back() == whole);
    std::string const head = lower(server.heads().back());
    CHECK(head.find("content-length: " + std::to_string(whole.size())) != std::string::npos);
    for (std::string_view const name : {"expect", "content-type", "transfer-encoding", "accept"}) {
      CAPTURE(name);
      CHECK(head.find(name) == std::string::npos);
    }
  }
}

TEST_CASE("the kernel takes little ahead, so that a slow line does not look like a silent one") {
  LoopbackServer server({{ok()}});
  Curl curl;
  CHECK(curl.send(request_to(server, Method::put), in(10s)));
  int ahead = 0;
  socklen_t size = sizeof ahead;
  int const connection = connection_to(server);
  CHECK(::getsockopt(connection, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &ahead, &size) == 0);
  CHECK(ahead == 128 * 1024);
}

TEST_CASE("a body that is shorter than it says is an error, not a shorter object") {
  LoopbackServer server({{ok()}});
  auto request = request_to(server, Method::put);
  request.body = Output(MemoryFile::holding("short"), {{100, 0, ""}}, std::nullopt);
  Curl curl;
  auto const answer = curl.send(request, in(10s));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::system);
  CHECK(server.bodies().empty());
}

TEST_CASE("path and query go over the wire as they are") {
  LoopbackServer server({{ok()}});
  auto request = request_to(server);
  request.url.path = "/../x/./a%2Fb//y%20%c3%A9";
  request.url.query = "a=%2F&b";
  Curl curl;
  CHECK(curl.send(request, in(10s)));
  CHECK(server.heads().at(0).starts_with("GET /../x/./a%2Fb//y%20%c3%A9?a=%2F&b HTTP/1.1\r\n"));
}

TEST_CASE("a redirect is an answer and is not followed") {
  LoopbackServer server(
      {{"HTTP/1.1 307 Elsewhere\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n"}});
  auto const answer = get(server);
  REQUIRE(answer);
  CHECK(answer->status == 307);
  CHECK(find_header(answer->headers, "location") == "/other");
  CHECK(server.heads().size() == 1);
}

TEST_CASE("interim answers are dropped") {
  LoopbackServer server(
      {{"HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\n"
        "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
        "HTTP/1.1 201 Created\r\nETag:  \"a\" \r\nX-Two: 1\r\nX-Two: 2\r\n"
        "Content-Length: 0\r\n\r\n"}});
  auto const answer = get(server);
  REQUIRE(answer);
  CHECK(answer->status == 201);
  REQUIRE(answer->headers.size() == 4);
  CHECK(answer->headers[0].name == "etag");
  CHECK(answer->headers[0].value == "\"a\"");
  CHECK(answer->headers[2].value == "2");
}

TEST_CASE("a refusal is an answer with its body") {
  LoopbackServer server({{"HTTP/1.1 403 No\r\nContent-Length: 3\r\n\r\nwhy"}});
  auto const answer = get(server);
  REQUIRE(answer);
  CHECK(answer->status == 403);
  CHECK(answer->body == "why");
}

TEST_CASE("the answer to HEAD has no body, whatever its length says") {
  LoopbackServer server({{"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n"}});
  Curl curl;
  for (int i = 0; i < 2; ++i) {
    auto const answer = curl.send(request_to(server, Method::head), in(10s));
    REQUIRE(answer);
    CHECK(answer->body.empty());
    CHECK(find_header(answer->headers, "content-length") == "1234");
  }
  CHECK(server.connections() == 1);
}

TEST_CASE("an answer over the limit is an error, and the next request works") {
  LoopbackServer server({{ok(std::string(2000, 'x'))}, {ok()}});
  Curl curl({.response_limit = 1000});
  auto const answer = curl.send(request_to(server), in(10s));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::unavailable);
  CHECK(answer.error().message == "http://127.0.0.1:" + std::to_string(server.port()) +
                                      ": the answer is larger than 1000 bytes");
  CHECK(curl.send(request_to(server), in(10s)));
}

TEST_CASE("a server that says nothing costs no more than the time limit") {
  LoopbackServer server({{"", Then::hang}});
  Curl curl;
  Duration const took = time_of([&] {
    auto const answer = curl.send(request_to(server), in(100ms));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == Errc::timed_out);
    CHECK(answer.error().curl_code() == CURLE_OPERATION_TIMEDOUT);
  });
  CHECK(took >= 100ms);
  CHECK(took < 1s);
}

TEST_CASE("a server that says nothing has twice as long in the next attempt, and keeps it") {
  LoopbackServer server({{"", Then::hang}});
  Curl curl({.limits = {.wait = {20ms, 50ms}}});
  for (std::string_view const limit : {"0.020", "0.040", "0.050", "0.050"}) {
    auto const answer = curl.send(request_to(server, Method::post), Instant::max());
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == Errc::timed_out);
    CHECK(answer.error().curl_code() == CURLE_OPERATION_TIMEDOUT);
    std::string const words = "no answer in time: the limit was " + std::string(limit) + " s";
    CHECK(answer.error().message.ends_with(words));
  }
}

TEST_CASE("a server that does not take the body is given up") {
  Unattended const server(16);
  Curl curl({.limits = {.send = {50ms, 50ms}, .wait = {1h, 1h}}});
  auto request = server.request(Method::put);
  request.body = Output(std::string(32U << 20U, 'x'));
  auto const answer = curl.send(request, in(30s));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().message.find("nobody took the request in time") != std::string::npos);
}

TEST_CASE("an answer that goes on and on is given up") {
  LoopbackServer server({{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", Then::hang}});
  Curl curl({.limits = {.receive = {50ms, 50ms}}});
  auto const answer = curl.send(request_to(server), in(30s));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().message.find("no end of the answer in time") != std::string::npos);
}

TEST_CASE("a connection that nobody accepts is given up, later each time") {
  Unattended const server(0);
  std::vector<Descriptor> waiting;  // they fill its queue
  for (int i = 0; i < 4; ++i) waiting.push_back(server.connect());
  Curl curl({.limits = {.connect = {50ms, 100ms}}});
  for (std::string_view const limit : {"0.05", "0.1"}) {
    auto const answer = curl.send(server.request(Method::get), in(30s));
    REQUIRE_FALSE(answer);
    std::string const words = "could not connect in time: the limit was " + std::string(limit);
    CHECK(answer.error().message.find(words) != std::string::npos);
  }
}

TEST_CASE("after the deadline nothing is sent") {
  LoopbackServer server({{ok()}});
  Curl curl;
  auto const answer = curl.send(request_to(server), in(-1ms));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::timed_out);
  CHECK(server.connections() == 0);
}

TEST_CASE("there need be no deadline") {
  LoopbackServer server({{ok()}});
  Curl curl;
  CHECK(curl.send(request_to(server), Instant::max()));
}

TEST_CASE("a stop that was asked for before ends the request at the stop's deadline") {
  LoopbackServer server({{"", Then::hang}});
  Stop stop({.budget = 100ms});
  stop.request();
  Curl curl({.stop = &stop});
  Duration const took = time_of([&] {
    auto const answer = curl.send(request_to(server), in(30s));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == Errc::stopped);
  });
  CHECK(took < 1s);
}

TEST_CASE("a stop in the middle of a request ends it at the stop's deadline") {
  LoopbackServer server({{"", Then::hang}});
  Stop stop({.budget = 50ms});
  Curl curl({.stop = &stop});
  std::thread person([&] {
    std::this_thread::sleep_for(50ms);
    stop.request();
  });
  Duration const took = time_of([&] {
    auto const answer = curl.send(request_to(server), in(30s));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == Errc::stopped);
  });
  person.join();
  CHECK(took < 900ms);
}

TEST_CASE("a stop whose budget is not used up lets a request finish") {
  LoopbackServer server({{ok()}});
  Stop stop({.budget = 10s});
  stop.request();
  Curl curl({.stop = &stop});
  CHECK(curl.send(request_to(server), in(5s)));
}

TEST_CASE("a connection that ends too early is unavailable") {
  for (CannedAnswer const& answer :
       {CannedAnswer{"", Then::reset}, CannedAnswer{"", Then::close},
        CannedAnswer{"HTTP/1.1 200 OK\r\nContent-Le", Then::close},
        CannedAnswer{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", Then::close}}) {
    CAPTURE(answer.text);
    LoopbackServer server({answer});
    auto const got = get(server);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == Errc::unavailable);
  }
}

TEST_CASE("a kept connection that the server gave up is opened again, body and all") {
  LoopbackServer server({{ok()}, {"", Then::reset}, {ok()}, {ok()}});
  Curl curl;
  auto request = request_to(server, Method::put);
  request.body = Output(std::string(100'000, 'x'));
  for (int i = 0; i < 3; ++i) {
    CAPTURE(i);
    CHECK(curl.send(request, in(10s)));
    CHECK(server.bodies().back().size() == 100'000);
  }
  CHECK(server.connections() == 2);
}

TEST_CASE("what does not speak HTTP is not asked again") {
  LoopbackServer server({{"SSH-2.0-OpenSSH_9.2\r\n", Then::close}});
  auto const answer = get(server);
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::invalid);
}

TEST_CASE("an error names the host, but not the path, the query or a header") {
  std::uint16_t closed = 0;
  closed = LoopbackServer({{ok()}}).port();
  Request const request{.url = {.scheme = Scheme::http,
                                .host = "127.0.0.1",
                                .port = closed,
                                .path = "/path",
                                .query = "query"},
                        .headers = {{"X-Secret", "header"}}};
  Curl curl;
  auto const answer = curl.send(request, in(10s));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::unavailable);
  CHECK(answer.error().curl_code() == CURLE_COULDNT_CONNECT);
  std::string const& message = answer.error().message;
  CHECK(message.starts_with("http://127.0.0.1:" + std::to_string(closed) + ": could not connect"));
  for (std::string_view const secret : {"/path", "query", "header"}) {
    CHECK(message.find(secret) == std::string::npos);
  }
}

TEST_CASE("a URL that is none is an error without its words") {
  Curl curl;
  auto const answer = curl.send({.url = {.scheme = Scheme::http, .host = "a b"}}, in(1s));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::invalid);
}

TEST_CASE("a header that would forge another is not sent") {
  LoopbackServer server({{ok()}});
  for (Header const& header : {Header{"X-Token", "a\r\nX-Forged: 1"}, Header{"X: 1\r\nY", "1"},
                               Header{"", "1"}, Header{"X:", "1"}}) {
    auto request = request_to(server);
    request.headers = {header};
    Curl curl;
    auto const answer = curl.send(request, in(10s));
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == Errc::invalid);
  }
  CHECK(server.connections() == 0);
}

TEST_CASE("trusted certificates that are not there are an error where they matter") {
  LoopbackServer server({{ok()}});
  Curl curl({.trust = {.file = "/nonexistent/ca.pem", .name = "AWS_CA_BUNDLE"}});
  auto request = request_to(server);
  CHECK(curl.send(request, in(10s)));
  request.url.scheme = Scheme::https;
  auto const answer = curl.send(request, in(10s));
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == Errc::invalid);
  CHECK(answer.error().message.find("AWS_CA_BUNDLE: /nonexistent/ca.pem: No such file") !=
        std::string::npos);
  CHECK(server.connections() == 1);
}

TEST_CASE("the proxy of the environment is used, unless there shall be none") {
  LoopbackServer proxy({{ok("proxy")}});
  LoopbackServer server({{ok("server")}});
  ::setenv("http_proxy", ("http://127.0.0.1:" + std::to_string(proxy.port())).c_str(), 1);
  Curl with;
  Curl without({.proxy = Proxy::none});
  auto const indirect = with.send(request_to(server), in(10s));
  auto const direct = without.send(request_to(server), in(10s));
  ::setenv("http_proxy", "http://user:pass word@[/", 1);
  Curl broken;
  auto const error = broken.send(request_to(server), in(10s));
  ::unsetenv("http_proxy");
  REQUIRE(indirect);
  CHECK(indirect->body == "proxy");
  REQUIRE(direct);
  CHECK(direct->body == "server");
  REQUIRE_FALSE(error);
  CHECK(error.error().message.find("pass") == std::string::npos);
}

TEST_CASE("no child inherits a connection") {
  LoopbackServer server({{ok()}});
  Curl curl;
  CHECK(curl.send(request_to(server), in(10s)));
  int const connection = connection_to(server);
  REQUIRE(connection >= 0);
  CHECK((::fcntl(connection, F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("threads may begin at the same time") {
  LoopbackServer server({{ok()}});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([] { CHECK(initialise_curl()); });
  for (auto& thread : threads) thread.join();
}
