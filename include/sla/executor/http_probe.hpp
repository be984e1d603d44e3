// SPDX-License-Identifier: MIT
#pragma once
// Asks a server over HTTP whether it is well, in the process itself: an image that holds nothing
// else can test something. Each run has a connection of its own and sees what a new visitor sees,
// unless it is told to keep it. TLS is always verified. What was measured, and why it failed, is in
// the outcome's probe, cause and reason; the log is the answer as it came.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sla/aws/http/curl_probe.hpp"
#include "sla/aws/http/probe_facts.hpp"
#include "sla/aws/http/transport.hpp"
#include "sla/aws/http/trust.hpp"
#include "sla/aws/http/url.hpp"
#include "sla/core/json.hpp"
#include "sla/core/masks.hpp"
#include "sla/core/text.hpp"
#include "sla/executor.hpp"
#include "sla/executor/capture.hpp"
#include "sla/executor/name_answer.hpp"
#include "sla/executor/probe_judgement.hpp"
#include "sla/executor/process_options.hpp"
#include "sla/executor/status_ranges.hpp"

namespace sla::inline v1 {

/// What an HttpProbe asks, and what it expects.
struct HttpProbeOptions {
  std::string url{};  ///< http or https; a name and a password in it are for Basic authentication
  std::string method{};  ///< empty: GET, or POST if there is a body
  std::vector<aws::Header> headers{};
  std::string body{};
  std::vector<StatusRange> expect_status{StatusRange{}};
  std::string expect_body{};       ///< a text that the answer must hold; empty is none
  int max_redirects = 0;           ///< how many are followed
  std::optional<int> cert_days{};  ///< degraded if the server's certificate has fewer days left
  Duration timeout = std::chrono::seconds{30};  ///< for the whole; 0 is no limit
  std::uint64_t log_limit = 16U << 20U;         ///< bytes kept of the answer; 0 keeps all
  bool keep_alive = false;  ///< whether the next run may use the connection of this one
  Masks masks{};            ///< what becomes *** in the log
  aws::Trust trust{};       ///< whom to trust; empty is the system's authorities, or else Amazon's
};

namespace internal {

/// Looks for a text in what comes in blocks, also over their borders.
class StreamSearch {
 public:
  explicit StreamSearch(std::string text) : text_(std::move(text)) {}

  void take(std::string_view block) {
    if (found()) return;
    // The end of what came before and as much of this as a match over the border can have.
    std::string border = end_ + std::string(block.substr(0, text_.size() - 1));
    found_ = border.find(text_) != border.npos || block.find(text_) != block.npos;
    std::size_t const most = text_.size() - 1;
    if (block.size() >= most) border = block;
    end_ = border.substr(border.size() - std::min(most, border.size()));
  }
  [[nodiscard]] bool found() const noexcept { return found_ || text_.empty(); }
  /// Forgets what came so far.
  void restart() noexcept {
    found_ = false;
    end_.clear();
  }

 private:
  std::string text_;
  std::string end_{};  ///< of what came before, one byte shorter than the text
  bool found_ = false;
};

/// Returns the end of a probe's reason if that is not an answer as it was expected.
[[nodiscard]] inline ProbeFinding judge_answer(ProbeFacts const& facts,
                                               HttpProbeOptions const& options, bool found,
                                               std::string const& encoding) {
  if (!has_status(options.expect_status, facts.status)) {
    bool const redirect = facts.status >= 300 && facts.status < 400 && facts.status != 304;
    std::string reason = "http status " + std::to_string(facts.status) + ", expected " +
                         to_string(options.expect_status);
    if (redirect) {
      reason +=
          options.max_redirects > 0 ? "; it says not where to" : "; redirects are not followed";
    }
    return {"status", std::move(reason)};
  }
  if (found) return {};
  std::string reason =
      "the answer lacks the text " + JsonWriter().string(options.expect_body).text();
  if (!encoding.empty()) reason += "; it is encoded: " + encoding;
  return {"body", std::move(reason)};
}

/// Takes in an answer. D as in Capture.
template <class D>
struct HttpAnswer {
  Capture<D> log;
  StreamSearch search;
  MaskStream masks;
  std::string encoding{};  ///< of the body, where it is said
  char last = '\n';

  void head(std::string_view line) {
    constexpr std::string_view name = "content-encoding:";
    if (line.starts_with("HTTP/")) {  // of the answer that a redirect led to
      search.restart();
      encoding.clear();
    }
    if (same_ignoring_case(line.substr(0, name.size()), name)) {
      encoding = trim(line.substr(name.size()));
    }
    write(line);
  }
  void body(std::string_view block) {
    search.take(block);
    write(block);
  }
  void write(std::string_view text) { keep(masks.take(text)); }
  void keep(std::string_view text) {
    if (!text.empty()) last = text.back();
    log.append(text);
  }
  /// Returns the log, which ends with the reason if there is one.
  Output finish(std::string const& reason) && {
    keep(masks.finish());
    if (!reason.empty()) {
      log.append((last == '\n' ? "[sla-runner: " : "\n[sla-runner: ") + reason + "]\n");
    }
    return std::move(log).finish();
  }
};

}  // namespace internal

/// Executes each job as one request. D is NoDigest, or the digest to take of the log as it streams,
/// such as Sha256. Needs no command. Not thread-safe.
template <class D = NoDigest>
class HttpProbe {
 public:
  explicit HttpProbe(HttpProbeOptions options)
      : options_(std::move(options)), curl_(options_.trust) {}

  Result<Outcome> execute(Job const&, Stop const& stop) {
    auto address = internal::address_of_url(options_.url);
    if (!address) return std::move(address).error().within("the URL of the probe");
    internal::HttpAnswer<D> answer{.log = internal::Capture<D>(options_.log_limit),
                                   .search = internal::StreamSearch(options_.expect_body),
                                   .masks = internal::MaskStream(options_.masks)};
    auto const facts = curl_.ask(request(), options_.timeout, stop, answer);
    if (!facts) return facts.error();
    internal::ProbeTarget target{.address = *std::move(address),
                                 .tls = aws::is_https(options_.url),
                                 .limit = options_.timeout};
    if (auto last = internal::address_of_url(facts->redirect)) target.address = *std::move(last);
    target.name = internal::why_no_name(*facts, target, stop);
    auto finding = internal::judge_fault(*facts, target);
    if (facts->fault == internal::ProbeFault::none) {
      finding = internal::judge_answer(*facts, options_, answer.search.found(), answer.encoding);
    }
    Outcome outcome = internal::probe_outcome(*facts, target, std::move(finding));
    if (outcome.verdict == Verdict::pass) look_at_validity(*facts, target, outcome);
    outcome.reason = internal::masked(options_.masks, outcome.reason);
    outcome.output = std::move(answer).finish(outcome.reason);
    return outcome;
  }

  [[nodiscard]] std::optional<Duration> longest_run() const {
    if (options_.timeout <= Duration::zero()) return std::nullopt;
    return options_.timeout + std::chrono::seconds{2};  // and a moment to find out why
  }

 private:
  [[nodiscard]] internal::ProbeRequest request() const {
    std::string const usual = options_.body.empty() ? "GET" : "POST";
    return {.url = options_.url,
            .method = options_.method.empty() ? usual : options_.method,
            .headers = options_.headers,
            .body = options_.body,
            .redirects = options_.max_redirects,
            .keep_alive = options_.keep_alive};
  }

  /// A kept connection does not show its certificates again.
  void look_at_validity(internal::ProbeFacts const& facts, internal::ProbeTarget const& target,
                        Outcome& outcome) const {
    if (!options_.cert_days || !facts.validity) return;
    std::int64_t const days = internal::whole_days(*facts.validity);
    if (days >= *options_.cert_days) return;
    outcome.degraded = true;
    outcome.cause = "cert";
    outcome.reason = "the certificate of " + target.address + " expires in " +
                     internal::rough_time(*facts.validity) + ", expected at least " +
                     internal::counted(*options_.cert_days, "day");
  }

  HttpProbeOptions options_;
  internal::CurlProbe curl_;
};
static_assert(Executor<HttpProbe<>>);

}  // namespace sla::inline v1
