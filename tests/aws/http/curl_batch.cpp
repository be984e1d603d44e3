// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <numeric>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "../../support/memory_file.hpp"
#include "../../support/parallel_server.hpp"
#include "sla/aws/http/curl.hpp"

using namespace sla;
using namespace sla::aws;
using namespace std::chrono_literals;
using Then = CannedAnswer::Then;

namespace {

Instant in(Duration time) { return std::chrono::steady_clock::now() + time; }

std::string ok(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

/// `/17` of the request line.
std::string path_of(std::string_view head) {
  head.remove_prefix(head.find(' ') + 1);
  return std::string(head.substr(0, head.find(' ')));
}

/// GET /0, GET /1, and so on.
std::vector<Request> requests_to(std::uint16_t port, std::size_t count) {
  std::vector<Request> requests;
  for (std::size_t i = 0; i < count; ++i) {
    requests.push_back({.url = {.scheme = Scheme::http,
                                .host = "127.0.0.1",
                                .port = port,
                                .path = std::string("/").append(std::to_string(i))}});
  }
  return requests;
}

/// Counts those that are in, and lets them wait for each other.
class Gathering {
 public:
  /// Returns once so many have come, or after a time in which they would have.
  void await(std::size_t count) {
    std::unique_lock lock(mutex_);
    ++come_;
    most_ = std::max(most_, ++inside_);
    news_.notify_all();
    (void)news_.wait_for(lock, 60s, [&] { return come_ >= count; });
  }
  /// Returns once the turn is `number`'s; the last one's is first.
  void await_turn(std::size_t number, std::size_t count) {
    std::unique_lock lock(mutex_);
    (void)news_.wait_for(lock, 60s, [&] { return left_ + number + 1 == count; });
  }
  void leave() {
    std::lock_guard const lock(mutex_);
    ++left_;
    --inside_;
    news_.notify_all();
  }
  std::size_t most() {
    std::lock_guard const lock(mutex_);
    return most_;
  }

 private:
  std::mutex mutex_{};
  std::condition_variable news_{};
  std::size_t come_ = 0, left_ = 0, inside_ = 0, most_ = 0;
};

/// How many of the answers say what they should: the path that was asked for.
std::size_t right(std::vector<Result<Response>> const& answers) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    count += answers[i] && answers[i]->body == std::string("/").append(std::to_string(i)) ? 1 : 0;
  }
  return count;
}

ParallelServer::Answer echo() {
  return [](std::string_view head, std::string_view) { return CannedAnswer{ok(path_of(head))}; };
}

}  // namespace

TEST_CASE("answers come in the order of the requests, whichever ends first") {
  Gathering gathering;
  ParallelServer server([&](std::string_view head, std::string_view) {
    std::string const path = path_of(head);
    gathering.await(16);
    gathering.await_turn(std::stoul(path.substr(1)), 16);
    gathering.leave();
    return CannedAnswer{ok(path)};
  });
  Curl curl;
  auto const answers = curl.send_all(requests_to(server.port(), 16), in(60s));
  REQUIRE(answers.size() == 16);
  CHECK(right(answers) == 16);
  CHECK(gathering.most() == 16);
}

TEST_CASE("however many requests there are, so many connections are used and kept") {
  Gathering gathering;
  ParallelServer server([&](std::string_view head, std::string_view) {
    gathering.await(most_connections);
    gathering.leave();
    return CannedAnswer{ok(path_of(head))};
  });
  Curl curl;
  auto const answers = curl.send_all(requests_to(server.port(), 500), in(60s));
  CHECK(right(answers) == 500);
  CHECK(gathering.most() == most_connections);
  CHECK(server.connections() == most_connections);
  CHECK(right(curl.send_all(requests_to(server.port(), 300), in(60s))) == 300);
  CHECK(curl.send(requests_to(server.port(), 1)[0], in(60s)));
  CHECK(server.connections() == most_connections);
}

TEST_CASE("no requests have no answers") {
  Curl curl;
  CHECK(curl.send_all({}, in(60s)).empty());
}

TEST_CASE("one that hangs is given up by its own limit, and the others have their answers") {
  ParallelServer server([&](std::string_view head, std::string_view) {
    std::string const path = path_of(head);
    return path == "/3" ? CannedAnswer{"", Then::hang} : CannedAnswer{ok(path)};
  });
  Curl curl({.limits = {.wait = {2s, 2s}}});
  auto const answers = curl.send_all(requests_to(server.port(), 200), Instant::max());
  CHECK(right(answers) == 199);
  REQUIRE_FALSE(answers.at(3));
  CHECK(answers[3].error() == Error{Errc::timed_out,
                                    "http://127.0.0.1:" + std::to_string(server.port()) +
                                        ": no answer in time: the limit was 2.000 s",
                                    curl_code(CURLE_OPERATION_TIMEDOUT)});
}

TEST_CASE("several that hang at once double the limit once") {
  ParallelServer server([&](std::string_view, std::string_view) {
    return CannedAnswer{"", Then::hang};
  });
  Curl curl({.limits = {.wait = {20ms, 10s}}});
  for (std::string_view const limit : {"0.020 s", "0.040 s"}) {
    for (auto const& answer : curl.send_all(requests_to(server.port(), 20), Instant::max())) {
      REQUIRE_FALSE(answer);
      CHECK(answer.error().message.ends_with(limit));
    }
  }
}

TEST_CASE("the deadline ends all that have no answer, those that never began too") {
  ParallelServer server([&](std::string_view head, std::string_view) {
    std::string const path = path_of(head);
    return path == "/0" ? CannedAnswer{ok(path)} : CannedAnswer{"", Then::hang};
  });
  Curl curl;
  auto const answers = curl.send_all(requests_to(server.port(), 2 * most_connections), in(3s));
  REQUIRE(answers.size() == 2 * most_connections);
  CHECK(right(answers) == 1);
  for (std::size_t i = 1; i < answers.size(); ++i) {
    REQUIRE_FALSE(answers[i]);
    CHECK(answers[i].error().code == Errc::timed_out);
  }
}

TEST_CASE("a stop ends all of them at its deadline") {
  Stop stop({.budget = 50ms});
  ParallelServer server([&](std::string_view, std::string_view) {
    stop.request();
    return CannedAnswer{"", Then::hang};
  });
  Curl curl({.stop = &stop});
  for (auto const& answer :
       curl.send_all(requests_to(server.port(), 2 * most_connections), Instant::max())) {
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == Errc::stopped);
  }
}

TEST_CASE("bodies from files and from memory arrive, each with its own request") {
  ParallelServer server(
      [&](std::string_view, std::string_view body) { return CannedAnswer{ok(body)}; });
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < 40; ++i)
    texts.push_back(std::string(i * 5000 + 1, char('a' + i % 26)));
  auto requests = requests_to(server.port(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    requests[i].method = i % 3 == 0 ? Method::post : Method::put;
    requests[i].body = i % 2 == 0 ? Output(texts[i])
                                  : Output(MemoryFile::holding(texts[i]),
                                           {{texts[i].size(), 0, ""}}, std::nullopt);
  }
  Curl curl;
  auto const answers = curl.send_all(requests, in(60s));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    REQUIRE(answers.at(i));
    CHECK(answers[i]->body == texts[i]);
  }
}

TEST_CASE("what cannot be sent has its error, and the others their answers") {
  ParallelServer server(echo());
  auto requests = requests_to(server.port(), 3);
  requests[1].headers = {{"X-Token", "a\r\nX-Forged: 1"}};
  Curl curl;
  auto const answers = curl.send_all(requests, in(60s));
  CHECK(right(answers) == 2);
  REQUIRE_FALSE(answers.at(1));
  CHECK(answers[1].error().code == Errc::invalid);
}

TEST_CASE("kept connections that the server gave up are opened again") {
  std::mutex mutex;
  std::size_t served = 0;
  ParallelServer server([&](std::string_view head, std::string_view) {
    std::lock_guard const lock(mutex);
    return CannedAnswer{ok(path_of(head)), ++served <= 20 ? Then::close : Then::keep};
  });
  Curl curl;
  CHECK(right(curl.send_all(requests_to(server.port(), 20), in(60s))) == 20);
  CHECK(right(curl.send_all(requests_to(server.port(), 20), in(60s))) == 20);
}
