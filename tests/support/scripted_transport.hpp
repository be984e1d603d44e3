// SPDX-License-Identifier: MIT
#pragma once
// A Transport that gives the answers of a script, one for each request, and remembers what was
// sent.
#include <cstddef>
#include <functional>
#include <stdexcept>
#include <vector>

#include "sla/aws/http/transport.hpp"
#include "sla/core/result.hpp"
#include "sla/core/time.hpp"

/// The script and the record, shared by the test and every ScriptedTransport made from it.
struct Script {
  std::vector<sla::Result<sla::aws::Response>> answers{};
  std::vector<sla::aws::Request> requests{};
  std::vector<sla::Instant> deadlines{};
  std::vector<std::size_t> batches{};  ///< how many requests were sent at once, each time
  std::function<void()> on_send{};     ///< happens while a request is under way, where it is set
};

class ScriptedTransport {
 public:
  explicit ScriptedTransport(Script& script) : script_(&script) {}

  sla::Result<sla::aws::Response> send(sla::aws::Request const& request, sla::Instant deadline) {
    script_->requests.push_back(request);
    script_->deadlines.push_back(deadline);
    if (script_->on_send) script_->on_send();
    if (script_->requests.size() > script_->answers.size()) {
      throw std::logic_error("a request that the script does not have");
    }
    return script_->answers[script_->requests.size() - 1];
  }

 private:
  Script* script_;
};
static_assert(sla::aws::Transport<ScriptedTransport>);

/// The same for several requests at once; remembers how many there were each time.
class ScriptedBatchTransport : public ScriptedTransport {
 public:
  explicit ScriptedBatchTransport(Script& script) : ScriptedTransport(script), script_(&script) {}

  std::vector<sla::Result<sla::aws::Response>> send_all(
      std::vector<sla::aws::Request> const& requests, sla::Instant deadline) {
    script_->batches.push_back(requests.size());
    std::vector<sla::Result<sla::aws::Response>> answers;
    for (sla::aws::Request const& request : requests) answers.push_back(send(request, deadline));
    return answers;
  }

 private:
  Script* script_;
};
static_assert(sla::aws::BatchTransport<ScriptedBatchTransport>);
