// SPDX-License-Identifier: MIT
// Covers: aws/http/curl_probe.hpp
// Covers: aws/http/curl_probe_watch.hpp
#include "sla/executor/http_probe.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "../support/eventually.hpp"
#include "../support/loopback_server.hpp"
#include "sla/aws/sign/digest.hpp"
#include "sla/core/folder.hpp"

using namespace sla;
using namespace std::chrono_literals;
using Then = CannedAnswer::Then;

static_assert(Executor<HttpProbe<aws::Sha256>>);
static_assert(std::is_move_constructible_v<HttpProbe<>>);

namespace {

std::string answer(std::string_view status, std::string_view body = "ok",
                   std::string_view headers = "") {
  return "HTTP/1.1 " + std::string(status) + "\r\n" + std::string(headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string url_of(LoopbackServer const& server) {
  return "http://127.0.0.1:" + std::to_string(server.port()) + '/';
}

Outcome execute(HttpProbe<>& probe) {
  Stop const stop;
  auto outcome = probe.execute({}, stop);
  REQUIRE_MESSAGE(outcome, outcome.error().message);
  return *std::move(outcome);
}

Outcome execute(LoopbackServer const& server, HttpProbeOptions options = {}) {
  options.url = url_of(server);
  HttpProbe<> probe{std::move(options)};
  return execute(probe);
}

}  // namespace

TEST_CASE("an answer as it is expected passes; the log is its head and body") {
  LoopbackServer server({{answer("200 OK", "well\n")}});
  auto const outcome = execute(server, {.expect_body = "well"});
  CHECK(outcome.verdict == Verdict::pass);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.cause.empty());
  CHECK(outcome.reason.empty());
  CHECK_FALSE(outcome.degraded);
  CHECK(outcome.probe.starts_with(R"({"status":200,"ip":"127.0.0.1","resolveMs":)"));
  CHECK(outcome.probe.find(R"("processingMs":)") != std::string::npos);
  CHECK(outcome.probe.find("tlsMs") == std::string::npos);
  CHECK(*outcome.output.text() == answer("200 OK", "well\n"));
}

TEST_CASE("each run has a connection of its own, unless it is kept") {
  LoopbackServer server({{answer("200 OK")}});
  HttpProbe<> probe{{.url = url_of(server)}};
  for (int runs = 0; runs < 3; ++runs) CHECK(execute(probe).verdict == Verdict::pass);
  CHECK(server.connections() == 3);
  HttpProbe<> keeping{{.url = url_of(server), .keep_alive = true}};
  for (int runs = 0; runs < 3; ++runs) CHECK(execute(keeping).verdict == Verdict::pass);
  CHECK(server.connections() == 4);
}

TEST_CASE("many probes of one thread hold no more descriptors than one") {
  auto const descriptors = [] { return internal::list_folder("/proc/self/fd").value().size(); };
  LoopbackServer server({{answer("200 OK")}});
  std::vector<HttpProbe<>> probes;
  for (int i = 0; i < 20; ++i) probes.emplace_back(HttpProbeOptions{.url = url_of(server)});
  CHECK(execute(probes[0]).verdict == Verdict::pass);
  std::size_t const one = descriptors();
  for (auto& probe : probes) CHECK(execute(probe).verdict == Verdict::pass);
  CHECK(descriptors() <= one + 2);  // the server's own come and go
}

TEST_CASE("method, headers, body and the credentials of the URL are sent, and not in the log") {
  LoopbackServer server({{answer("200 OK")}});
  std::string const port = std::to_string(server.port());
  HttpProbe<> probe{{.url = "http://me:pa%20ss@127.0.0.1:" + port + "/a?b=c",
                     .method = "PATCH",
                     .headers = {{"X-Key", "secret"}, {"Content-Type", "text/plain"}},
                     .body = "hello"}};
  auto const outcome = execute(probe);
  std::string const head = server.heads().at(0);
  CHECK(head.starts_with("PATCH /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n"));
  for (std::string_view const line :
       {"\r\nAuthorization: Basic bWU6cGEgc3M=\r\n", "\r\nX-Key: secret\r\n",
        "\r\nContent-Type: text/plain\r\n", "\r\nUser-Agent: sla-runner/"}) {
    CHECK_MESSAGE(head.find(line) != std::string::npos, head);
  }
  CHECK(server.bodies().at(0) == "hello");
  CHECK(*outcome.output.text() == answer("200 OK"));
  CHECK(execute(server, {.body = "x"}).verdict == Verdict::pass);
  CHECK(execute(server, {.method = "HEAD"}).verdict == Verdict::pass);
  CHECK(server.heads().at(1).starts_with("POST / "));
  CHECK(server.heads().at(2).starts_with("HEAD / "));
}

TEST_CASE("another status fails, and so does a redirect unless it is followed") {
  LoopbackServer server({{answer("503 No", "why\n")},
                         {answer("302 Found", "", "Location: /other\r\n")},
                         {answer("302 Found", "", "Location: /other\r\n")},
                         {answer("200 OK")},
                         {answer("302 Found", "", "Location: /other\r\n")}});
  auto const wrong = execute(server);
  CHECK(wrong.verdict == Verdict::fail);
  CHECK(wrong.exit_code == 1);
  CHECK(wrong.cause == "status");
  CHECK(wrong.reason == "http status 503, expected 200-299");
  CHECK(*wrong.output.text() ==
        answer("503 No", "why\n") + "[sla-runner: http status 503, expected 200-299]\n");
  auto const redirect = execute(server);
  CHECK(redirect.reason == "http status 302, expected 200-299; redirects are not followed");
  CHECK(execute(server, {.max_redirects = 1}).verdict == Verdict::pass);
  auto const endless = execute(server, {.max_redirects = 2});
  CHECK(endless.cause == "status");
  CHECK(endless.reason.ends_with(" redirects more often than is allowed"));
  CHECK(execute(server, {.expect_status = {{302, 302}}}).verdict == Verdict::pass);
}

TEST_CASE("a redirect that cannot be followed says so, and one that can names whom it led to") {
  std::string const closed = [] {
    LoopbackServer const nobody({{answer("200 OK")}});
    return "127.0.0.1:" + std::to_string(nobody.port());
  }();
  auto const to = [](std::string const& where) {
    return answer("302 Found", "", "Location: " + where + "\r\n");
  };
  LoopbackServer server({{answer("302 Found")},
                         {to("ftp://127.0.0.1/x")},
                         {to("file:///etc/passwd")},
                         {to("http://")},
                         {to("http://" + closed + "/")}});
  CHECK(execute(server, {.max_redirects = 3}).reason ==
        "http status 302, expected 200-299; it says not where to");
  for (int i = 0; i < 3; ++i) {
    auto const bad = execute(server, {.max_redirects = 3});
    CHECK(bad.cause == "status");
    CHECK_MESSAGE(bad.reason.ends_with(" redirects to what is no URL of HTTP"), bad.reason);
  }
  auto const led = execute(server, {.max_redirects = 3});
  CHECK(led.cause == "connect");
  CHECK(led.reason == closed + " refused the connection");
}

TEST_CASE("a head that is too large is no shortage of memory") {
  std::string const line = "X-Long: " + std::string(400'000, 'a') + "\r\n";
  LoopbackServer server({{answer("200 OK", "ok", line)}});
  auto const outcome = execute(server);
  CHECK(outcome.cause == "status");
  CHECK_MESSAGE(outcome.reason.ends_with(" is too large"), outcome.reason);
}

TEST_CASE("a method that usually has a body says how long it is, if there is none, too") {
  LoopbackServer server({{answer("200 OK")}});
  for (char const* const method : {"POST", "PUT", "PATCH"}) {
    CHECK(execute(server, {.method = method}).verdict == Verdict::pass);
    std::string const head = server.heads().back();
    CHECK(head.starts_with(std::string(method) + " / "));
    CHECK_MESSAGE(head.find("\r\nContent-Length: 0\r\n") != head.npos, head);
  }
  CHECK(execute(server, {.method = "DELETE"}).verdict == Verdict::pass);
  CHECK(server.heads().back().find("Content-Length") == std::string::npos);
}

TEST_CASE("a text is found over the border of two blocks, and its lack is a failure") {
  std::string const body = std::string(16 * 1024 - 3, 'x') + "needle" + std::string(100'000, 'y');
  LoopbackServer server({{answer("200 OK", body)}});
  CHECK(execute(server, {.expect_body = "needle"}).verdict == Verdict::pass);
  auto const lacks = execute(server, {.expect_body = "need\"le"});
  CHECK(lacks.verdict == Verdict::fail);
  CHECK(lacks.cause == "body");
  CHECK(lacks.reason == R"(the answer lacks the text "need\"le")");
  LoopbackServer packed({{answer("200 OK", "\x1f\x8b", "CONTENT-ENCODING: gzip\r\n")}});
  CHECK(execute(packed, {.expect_body = "needle"}).reason ==
        R"(the answer lacks the text "needle"; it is encoded: gzip)");
  for (std::size_t size = 1; size <= 9; ++size) {
    for (std::string_view const text : {"abc", "c", "abcabd", "zz"}) {
      internal::StreamSearch search{std::string(text)};
      std::string const all = "xxabcabcabdxx";
      for (std::size_t at = 0; at < all.size(); at += size) search.take(all.substr(at, size));
      CHECK(search.found() == (all.find(text) != std::string::npos));
    }
  }
}

TEST_CASE("the log is bounded, and ends with the reason") {
  LoopbackServer server({{answer("200 OK", std::string(1'000'000, 'x'))}});
  auto const outcome = execute(server, {.expect_body = "y", .log_limit = 1000});
  std::string const log = *outcome.output.text();
  CHECK(log.size() < 1100);
  CHECK(log.find(" bytes left out here]") != std::string::npos);
  CHECK(log.ends_with("\n[sla-runner: " + outcome.reason + "]\n"));
}

TEST_CASE("a secret that the server tells is masked in the log and in the reason") {
  std::string const body =
      "you said hunter2-of-the-store, or aHVudGVyMi1vZi10aGUtc3RvcmU=; hunter2";
  LoopbackServer server({{answer("200 OK", body, "X-Echo: hunter2-of-the-store\r\n")}});
  Masks const masks({Secret("hunter2-of-the-store")});
  auto const passed = execute(server, {.expect_body = "said hunter2-of-the-store", .masks = masks});
  CHECK(passed.verdict == Verdict::pass);
  std::string const log = *passed.output.text();
  CHECK(log.find("\r\nX-Echo: ***\r\n") != std::string::npos);
  CHECK(log.ends_with("you said ***, or ***; hunter2"));
  auto const failed = execute(server, {.expect_body = "no hunter2-of-the-store", .masks = masks});
  CHECK(failed.reason == R"(the answer lacks the text "no ***")");
  CHECK(failed.output.text()->ends_with("; hunter2\n[sla-runner: " + failed.reason + "]\n"));
}

TEST_CASE("each way not to answer has its cause") {
  std::string const cut = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort";
  struct {
    CannedAnswer answer;
    std::string_view cause, reason;
  } const cases[] = {
      {{"", Then::close}, "connect", " closed the connection without an answer"},
      {{"", Then::reset}, "connect", " reset the connection before it answered"},
      {{cut, Then::close}, "body", " was cut off after 5 bytes"},
      {{"SSH-2.0-OpenSSH\r\n", Then::close},
       "status",
       "is not HTTP: Received HTTP/0.9 when not allowed"},
  };
  for (auto const& one : cases) {
    LoopbackServer server({one.answer});
    auto const outcome = execute(server);
    CHECK(outcome.verdict == Verdict::fail);
    CHECK(outcome.cause == one.cause);
    CHECK_MESSAGE(outcome.reason.find(one.reason) != std::string::npos, outcome.reason);
  }
}

TEST_CASE("a limit is for the whole, and says what was waited for") {
  LoopbackServer server({{"", Then::hang}});
  auto const waits = execute(server, {.timeout = 500ms});
  CHECK(waits.verdict == Verdict::timeout);
  CHECK(waits.cause == "timeout");
  CHECK(waits.reason == "timeout after 0.5 s while waiting for the answer of 127.0.0.1:" +
                            std::to_string(server.port()));
  LoopbackServer slow({{"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", Then::hang}});
  auto const receives = execute(slow, {.timeout = 1s});
  CHECK(receives.verdict == Verdict::timeout);
  CHECK(receives.reason.ends_with(" came in, after 5 bytes"));
}

TEST_CASE("a stop cuts it at once, and then it is no result") {
  LoopbackServer server({{"", Then::hang}});
  HttpProbe<> probe{{.url = url_of(server), .timeout = 0s}};
  Stop const stop;
  std::thread stopping([&] {
    CHECK(support::eventually([&] { return !server.heads().empty(); }));
    stop.request();
  });
  auto const outcome = probe.execute({}, stop);
  stopping.join();
  REQUIRE(outcome);
  CHECK(outcome->verdict == Verdict::interrupted);
  CHECK(outcome->reason.empty());
}

TEST_CASE("what it may take is known, and what cannot be asked is an error without the URL") {
  CHECK(HttpProbe<>{{.timeout = 5s}}.longest_run() == 7s);
  CHECK_FALSE(HttpProbe<>{{.timeout = 0s}}.longest_run());
  for (char const* const url : {"", "ftp://me:secret@host/", "http://", "https://a b/", "host",
                                "http://host:99999/", "http://me:secret@/"}) {
    HttpProbe<> probe{{.url = url}};
    auto const outcome = probe.execute({}, Stop{});
    CAPTURE(url);
    REQUIRE_FALSE(outcome);
    CHECK(outcome.error().message ==
          "the URL of the probe: is no URL such as https://shop.example/health");
  }
  HttpProbe<> words{{.url = "http://b\xc3\xbc"
                            "cher.example/"}};
  CHECK(words.execute({}, Stop{}).error().message ==
        "the URL of the probe: has a host that is not ASCII; write it as xn--...");
  HttpProbe<> header{{.url = "http://127.0.0.1:1/", .headers = {{"a b", "secret"}}}};
  auto const outcome = header.execute({}, Stop{});
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().message.find("secret") == std::string::npos);
}
