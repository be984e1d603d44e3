// SPDX-License-Identifier: MIT
#pragma once
// Keeps the credentials of a source and renews them by the rule of credential/refresh_policy.hpp.
// Copies share them, so that the clients of several services renew once. Whoever asks pays for the
// renewal: there is no thread of its own. Ahead of the end one who asks renews, and the others go
// on with what is there.
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/attempts.hpp"
#include "sla/aws/credential/refresh_policy.hpp"
#include "sla/aws/credential/stability.hpp"
#include "sla/aws/credentials.hpp"
#include "sla/core/log.hpp"
#include "sla/core/result.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1 {

/// What a renewal that fails is told to, and the dice.
struct RefreshOptions {
  Logger log{Logger::Options{.format = LogFormat::none}};
  double (*jitter)() = random_fraction;  ///< from 0 to below 1
};

/// The credentials of `Source`, renewed ahead of their end. Thread-safe, and so are its copies; the
/// source itself is asked by one thread at a time.
template <CredentialSource Source>
class Refreshing {
 public:
  explicit Refreshing(Source source, RefreshOptions options = {})
      : shared_(std::make_shared<Shared>(std::move(source), options)) {}

  /// The keys to sign with now. The first failure is the source's own; later ones are an Error only
  /// where the keys from before must not be used, and otherwise a warning in the log.
  [[nodiscard]] Result<Credentials> credentials(WallTime now) {
    Shared& shared = *shared_;
    std::unique_lock<std::mutex> state(shared.state);
    RefreshVerdict const verdict = shared.policy.decide(now);
    if (verdict == RefreshVerdict::use) return *shared.held;
    if (verdict == RefreshVerdict::refuse) return shared.refusal;
    std::unique_lock<std::mutex> turn(shared.turn, std::defer_lock);
    if (verdict == RefreshVerdict::ahead) {
      if (!turn.try_lock()) return *shared.held;
      state.unlock();
      return shared.renew(now);
    }
    state.unlock();
    turn.lock();
    state.lock();
    // Whoever had the turn before may have done it.
    RefreshVerdict const left = shared.policy.decide(now);
    if (left == RefreshVerdict::use) return *shared.held;
    if (left == RefreshVerdict::refuse) return shared.refusal;
    state.unlock();
    return shared.renew(now);
  }

  /// A service took these keys for expired: they are renewed before they are given again, unless
  /// they were replaced meanwhile, or the source failed a short time ago.
  void reject(std::string_view access_key_id) {
    std::lock_guard<std::mutex> const state(shared_->state);
    bool const current = shared_->held && shared_->held->access_key_id == access_key_id;
    if (current) shared_->policy.expire(shared_->asked_at);
  }

 private:
  struct Shared {
    Shared(Source from, RefreshOptions with) : source(std::move(from)), options(with) {}

    /// Asks the source, without holding up those who have keys. The caller has the turn.
    Result<Credentials> renew(WallTime now) {
      auto answer = source.credentials(now);
      std::lock_guard<std::mutex> const lock(state);
      asked_at = now;
      if (answer) return accept(*std::move(answer), now);
      bool const final =
          answer.error().code == Errc::denied || answer.error().code == Errc::rejected;
      policy.fail(now, final ? RefreshFailure::final : RefreshFailure::passing, options.jitter());
      refusal = answer.error();
      if (!policy.usable_after_failure(now)) return std::move(answer).error();
      warn(now, answer.error().message);
      return *held;
    }

    Result<Credentials> accept(Credentials keys, WallTime now) {
      Stability const stability = stability_of(source);
      bool const expired = keys.expires && *keys.expires <= now;
      if (expired && stability == Stability::strict) {
        return Error{Errc::expired, keys.source + ": the credentials have expired"};
      }
      bool const replaces = policy.renew(now, {keys.expires, stability, options.jitter()});
      if (replaces) held = std::move(keys);
      if (expired) warn(now, "its source gives credentials that have expired");
      return *held;
    }

    void warn(WallTime now, std::string_view why) const {
      auto const expires = policy.expires();
      bool const late = expires && *expires <= now;
      options.log.warning(late ? "credentials have expired and are not renewed; they stay in use"
                               : "credentials are not renewed yet; those from before stay in use",
                          {{"source", held->source},
                           {"expires", expires ? iso_time(*expires) : std::string("never")},
                           {"reason", std::string(why)}});
    }

    std::mutex turn;   ///< whoever asks the source; taken before the other one or tried
    std::mutex state;  ///< all below but the source
    Source source;
    RefreshOptions options;
    RefreshPolicy policy{};
    std::optional<Credentials> held{};
    Error refusal{};
    WallTime asked_at{};
  };

  std::shared_ptr<Shared> shared_;
};

}  // namespace sla::inline v1
