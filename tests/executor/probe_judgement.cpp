// SPDX-License-Identifier: MIT
// Covers: aws/http/probe_facts.hpp
#include "sla/executor/probe_judgement.hpp"

#include <doctest/doctest.h>
#include <errno.h>

#include <chrono>
#include <string>
#include <string_view>

using namespace sla;
using namespace sla::internal;
using namespace std::chrono_literals;

namespace {

struct Case {
  ProbeFacts facts;
  std::string_view cause;
  std::string_view reason;
};

ProbeTarget shop() { return {.address = "shop.example:443", .tls = true, .limit = 10s}; }

ProbeFacts late(ProbePhase reached) { return {.fault = ProbeFault::late, .reached = reached}; }
ProbeFacts refused(int system) {
  return {.fault = ProbeFault::no_connection, .system = system, .words = "libcurl's words"};
}

}  // namespace

TEST_CASE("each fault has its cause and a sentence of its own") {
  for (Case const& one : {
           Case{late(ProbePhase::resolve), "timeout",
                "timeout after 10 s while resolving the name shop.example"},
           Case{late(ProbePhase::connect), "timeout",
                "timeout after 10 s while connecting to shop.example:443"},
           Case{late(ProbePhase::tls), "timeout",
                "timeout after 10 s in the TLS handshake with shop.example:443"},
           Case{late(ProbePhase::wait), "timeout",
                "timeout after 10 s while waiting for the answer of shop.example:443"},
           Case{late(ProbePhase::receive), "timeout",
                "timeout after 10 s while the answer of shop.example:443 came in, after 0 bytes"},
           Case{refused(ECONNREFUSED), "connect", "shop.example:443 refused the connection"},
           Case{refused(EHOSTUNREACH), "connect",
                "shop.example:443 is unreachable: No route to host"},
           Case{refused(ENETUNREACH), "connect",
                "shop.example:443 is unreachable: Network is unreachable"},
           Case{refused(EACCES), "connect",
                "could not connect to shop.example:443: libcurl's words"},
           Case{{.fault = ProbeFault::no_proxy},
                "dns",
                "the name of the proxy could not be resolved (HTTPS_PROXY, http_proxy)"},
           Case{{.fault = ProbeFault::proxy_refused, .status = 403},
                "connect",
                "the proxy did not connect to shop.example:443: http status 403"},
           Case{{.fault = ProbeFault::expired, .validity = -73h},
                "cert",
                "the certificate of shop.example:443 expired 3 days ago"},
           Case{{.fault = ProbeFault::expired, .validity = -61min},
                "cert",
                "the certificate of shop.example:443 expired 1 hour ago"},
           Case{{.fault = ProbeFault::expired},
                "cert",
                "the certificate of shop.example:443 expired"},
           Case{{.fault = ProbeFault::not_yet_valid},
                "cert",
                "the certificate of shop.example:443 is not valid yet"},
           Case{{.fault = ProbeFault::wrong_host},
                "cert",
                "the certificate of shop.example:443 is for another host"},
           Case{{.fault = ProbeFault::self_signed, .trusted = "/ca.pem"},
                "cert",
                "the certificate of shop.example:443 is self-signed; trusted are those in /ca.pem"},
           Case{{.fault = ProbeFault::unknown_authority, .trusted = "/ca.pem"},
                "cert",
                "the certificate of shop.example:443 is signed by an unknown authority; trusted "
                "are those in /ca.pem"},
           Case{{.fault = ProbeFault::tls, .words = "handshake failure"},
                "tls",
                "no TLS with shop.example:443: handshake failure"},
           Case{{.fault = ProbeFault::closed},
                "connect",
                "shop.example:443 closed the connection without an answer"},
           Case{{.fault = ProbeFault::reset},
                "connect",
                "shop.example:443 reset the connection before it answered"},
           Case{{.fault = ProbeFault::cut_off, .received = 1},
                "body",
                "the answer of shop.example:443 was cut off after 1 byte"},
           Case{{.fault = ProbeFault::redirects},
                "status",
                "shop.example:443 redirects more often than is allowed"},
           Case{{.fault = ProbeFault::other, .reached = ProbePhase::tls, .words = "why"},
                "tls",
                "the probe of shop.example:443 failed: why"},
       }) {
    auto const finding = judge_fault(one.facts, shop());
    CHECK(finding.cause == one.cause);
    CHECK(finding.reason == one.reason);
  }
  CHECK(judge_fault({}, shop()).cause.empty());
}

TEST_CASE("a name that does not exist is told from DNS that does not answer") {
  ProbeFacts const facts{.fault = ProbeFault::no_name};
  ProbeTarget target = shop();
  auto const reason = [&](NameAnswer answer) {
    target.name = answer;
    auto const finding = judge_fault(facts, target);
    CHECK(finding.cause == "dns");
    return finding.reason;
  };
  CHECK(reason(NameAnswer::no_name) == "the name shop.example does not exist");
  CHECK(reason(NameAnswer::no_address) == "the name shop.example has no address");
  CHECK(reason(NameAnswer::none) ==
        "DNS does not answer: the name shop.example could not be resolved");
  CHECK(reason(NameAnswer::exists) == "the name shop.example could not be resolved");
}

TEST_CASE("the phases are in milliseconds whose sum is the whole, as far as it got") {
  ProbeFacts facts{.reached = ProbePhase::receive,
                   .took = {1900us, 2900us, 3900us, 4900us, 5900us},
                   .ip = "192.0.2.1",
                   .status = 200,
                   .validity = 60h};
  CHECK(probe_json(facts, shop()) ==
        R"({"status":200,"ip":"192.0.2.1","resolveMs":1,"connectMs":3,"tlsMs":4,)"
        R"("processingMs":5,"transferMs":6,"certDays":2})");
  facts.reached = ProbePhase::connect;
  CHECK(probe_json({.reached = ProbePhase::connect, .took = {1900us, 2900us}}, shop()) ==
        R"({"resolveMs":1,"connectMs":3})");
  ProbeTarget const plain{.address = "shop.example:80"};
  CHECK(probe_json({.reached = ProbePhase::wait, .took = {0us, 1ms, 0us, 7ms}}, plain) ==
        R"({"resolveMs":0,"connectMs":1,"processingMs":7})");
  CHECK(probe_json({.validity = -1h}, plain) == R"({"resolveMs":0,"certDays":-1})");
}

TEST_CASE("a timeout is a verdict of its own, and what a stop cut short is no result") {
  auto const verdict = [](ProbeFacts const& facts) {
    return probe_outcome(facts, shop(), judge_fault(facts, shop())).verdict;
  };
  CHECK(verdict({}) == Verdict::pass);
  CHECK(verdict(late(ProbePhase::wait)) == Verdict::timeout);
  CHECK(verdict(refused(ECONNREFUSED)) == Verdict::fail);
  CHECK(verdict({.fault = ProbeFault::stopped}) == Verdict::interrupted);
}

TEST_CASE("a short time is rough") {
  CHECK(rough_time(72h) == "3 days");
  CHECK(rough_time(47h) == "1 day");
  CHECK(rough_time(2h) == "2 hours");
  CHECK(rough_time(60s) == "1 minute");
}
