// SPDX-License-Identifier: MIT
#pragma once
// A Client with keys of its own whose service is a script, and what it signed for.
#include <chrono>
#include <cstddef>
#include <initializer_list>
#include <string>

#include "fake_clock.hpp"
#include "scripted_transport.hpp"
#include "sla/aws/call/client.hpp"
#include "sla/aws/call/retry.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/sign/credentials.hpp"
#include "sla/core/result.hpp"
#include "sla/core/secret.hpp"
#include "sla/core/time.hpp"

struct FixedKeys {
  sla::Result<sla::aws::Credentials> credentials(sla::WallTime /*now*/) {
    return sla::aws::Credentials{.access_key_id = "AKID",
                                 .secret_access_key = sla::Secret("secret")};
  }
};

/// The script, the time and the client that follows them.
struct ScriptedClient {
  Script script{};
  FakeTime time{};
  sla::aws::Client<ScriptedBatchTransport, FixedKeys, FakeClock> client{
      ScriptedBatchTransport(script), FixedKeys{}, sla::aws::RetryOptions{}, FakeClock(time)};
  sla::Instant later = time.now + std::chrono::minutes{1};

  ScriptedClient(std::initializer_list<sla::aws::Response> answers) {
    script.answers.assign(answers.begin(), answers.end());
  }
  ScriptedClient(ScriptedClient&&) = delete;
  ScriptedClient& operator=(ScriptedClient&&) = delete;

  /// `20191123/eu-west-1/s3`, from the signature of a request.
  [[nodiscard]] std::string scope(std::size_t number) const {
    auto const header = sla::aws::find_header(script.requests.at(number).headers, "authorization");
    std::string const text(header.value_or(""));
    std::size_t const start = text.find("AKID/") + 5;
    return text.substr(start, text.find("/aws4_request") - start);
  }
};
