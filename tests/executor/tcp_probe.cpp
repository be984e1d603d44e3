// SPDX-License-Identifier: MIT
#include "sla/executor/tcp_probe.hpp"

#include <doctest/doctest.h>

#include <string>
#include <type_traits>

#include "../support/loopback_server.hpp"

using namespace sla;

static_assert(std::is_move_constructible_v<TcpProbe>);

namespace {

Outcome probe(std::string const& address) {
  TcpProbe executor{{.address = address}};
  Stop const stop;
  auto outcome = executor.execute({}, stop);
  REQUIRE_MESSAGE(outcome, outcome.error().message);
  return *std::move(outcome);
}

}  // namespace

TEST_CASE("a port where something listens passes, and nothing is sent") {
  LoopbackServer server({CannedAnswer{}});
  std::string const address = "127.0.0.1:" + std::to_string(server.port());
  auto const outcome = probe(address);
  CHECK(outcome.verdict == Verdict::pass);
  CHECK(outcome.exit_code == 0);
  CHECK(outcome.probe.starts_with(R"({"ip":"127.0.0.1","resolveMs":)"));
  CHECK(outcome.probe.find("tlsMs") == std::string::npos);
  CHECK(*outcome.output.text() == "[sla-runner: connected to " + address + " (127.0.0.1)]\n");
  CHECK(server.heads().empty());
}

TEST_CASE("a port where nothing listens fails") {
  std::string address;
  {
    LoopbackServer const server({CannedAnswer{}});
    address = "127.0.0.1:" + std::to_string(server.port());
  }
  auto const outcome = probe(address);
  CHECK(outcome.verdict == Verdict::fail);
  CHECK(outcome.exit_code == 1);
  CHECK(outcome.cause == "connect");
  CHECK(outcome.reason == address + " refused the connection");
  CHECK(*outcome.output.text() == "[sla-runner: " + outcome.reason + "]\n");
}

TEST_CASE("an address is a host and a port, nothing else") {
  for (char const* const good : {"db.example:5432", "127.0.0.1:1", "[::1]:65535"}) {
    CHECK_MESSAGE(check_tcp_address(good), good);
  }
  for (char const* const bad : {"", "db.example", "db.example:", ":80", "db.example:0x", "a:b@c:80",
                                "db.example:80/", "db.example:80?", "db.example:65536", "a b:80"}) {
    CAPTURE(bad);
    CHECK_FALSE(check_tcp_address(bad));
  }
  TcpProbe executor{{.address = "nothing"}};
  auto const outcome = executor.execute({}, Stop{});
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().message ==
        "the address of the probe: is no host and port such as db.example:5432 or [::1]:5432");
}
