// SPDX-License-Identifier: MIT
#pragma once
// Keeps the credentials of a source and renews them by the rule of credential/refresh_policy.hpp.
// Copies share them, so that the clients of several services renew once. Keys that are valid are
// given at once, whatever becomes of their renewal; who finds none that are waits for it.
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sla/aws/credential/refresh_policy.hpp"
#include "sla/aws/sign/credentials.hpp"
#include "sla/core/log.hpp"
#include "sla/core/random.hpp"
#include "sla/core/result.hpp"
#include "sla/core/thread.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// On whose time keys are renewed that are still good.
enum class Renewals {
  in_turn,  ///< of one of those who ask; the others go on with what is there
  beside,   ///< of a thread that does only this, so that nobody waits
};

/// The log of renewals that fail, the dice, and who renews.
struct RefreshOptions {
  Logger log{Logger::Options{.format = LogFormat::none}};
  double (*jitter)() = random_fraction;  ///< from 0 to below 1
  Renewals renewals = Renewals::in_turn;
};

/// The credentials of `Source`, renewed ahead of their end. Thread-safe, and so are its copies; the
/// source itself is asked by one thread at a time. The last copy waits for a renewal that is under
/// way.
template <class Source>
class Refreshing {
  using Held = internal::HeldCredentialSource<Source>;

 public:
  explicit Refreshing(Source source, RefreshOptions options = {})
      : shared_(std::make_shared<Shared>(std::move(source), options)) {}

  /// Returns the keys to sign with now. The first failure is the source's own; later ones are an
  /// Error only where the keys from before must not be used, and otherwise a warning in the log.
  [[nodiscard]] Result<Credentials> credentials(WallTime now) {
    Shared& shared = *shared_;
    std::unique_lock<std::mutex> lock(shared.mutex);
    for (;;) {
      RefreshVerdict const verdict = shared.policy.decide(now);
      if (verdict == RefreshVerdict::use) return *shared.held;
      if (verdict == RefreshVerdict::refuse) return shared.refusal;
      bool const ahead = verdict == RefreshVerdict::ahead;
      if (ahead && (shared.renewing || shared.renew_beside(now))) return *shared.held;
      if (!shared.renewing) break;
      shared.renewed.wait(lock);  // whoever renews them now may do it for this one too
    }
    shared.renewing = true;
    lock.unlock();
    return shared.renew(now);
  }

  /// A service took these keys for expired: they are renewed before they are given again, unless
  /// they were replaced meanwhile, or the source failed a short time ago.
  void reject(std::string_view access_key_id) {
    std::lock_guard<std::mutex> const lock(shared_->mutex);
    bool const current = shared_->held && shared_->held->access_key_id == access_key_id;
    if (current) shared_->policy.expire(shared_->asked_at);
  }

 private:
  struct Shared {
    Shared(Held from, RefreshOptions with) : source(std::move(from)), options(with) {}

    /// Starts a thread that renews, if that is wanted and there can be one. The caller has the
    /// lock.
    bool renew_beside(WallTime now) {
      if (options.renewals != Renewals::beside) return false;
      helper.reset();  // it has done its work, or another one would be renewing
      renewing = true;
      auto started = internal::Thread::start([this, now] { (void)renew(now); });
      if (started) helper.emplace(*std::move(started));
      renewing = helper.has_value();
      return renewing;
    }

    /// Asks the source, without holding up those who have keys. The caller has said that it renews.
    Result<Credentials> renew(WallTime now) {
      auto answer = source.credentials(now);
      std::lock_guard<std::mutex> const lock(mutex);
      renewing = false;
      renewed.notify_all();
      asked_at = now;
      if (answer) return accept(*std::move(answer), now);
      bool const final = answer.error().code == Errc::revoked;
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
                           {"reason", why}});
    }

    std::mutex mutex{};  ///< of all below but the source, which is asked by whoever renews
    std::condition_variable renewed{};
    bool renewing = false;
    Held source;
    RefreshOptions options;
    RefreshPolicy policy{};
    std::optional<Credentials> held{};
    Error refusal{};
    WallTime asked_at{};
    std::optional<internal::Thread> helper{};  ///< the last: it ends before what it works on
  };

  std::shared_ptr<Shared> shared_;

  static_assert(CredentialSource<Source>,
                "Refreshing's parameter must be a sla::aws::CredentialSource: movable, with "
                "sla::Result<sla::aws::Credentials> credentials(sla::WallTime now)");
};

}  // namespace sla::inline v1::aws
