// SPDX-License-Identifier: MIT
#pragma once
// Several sources of credentials as one: the first that is configured is used from then on. A
// source that is configured and fails is not passed over, since the next one might answer with the
// identity of somebody else.
#include <cstddef>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "sla/aws/sign/credentials.hpp"
#include "sla/core/result.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::aws {

/// Asks the sources in order. What a program does not name here is not in its binary.
template <class... Sources>
class FirstOf {
 public:
  explicit FirstOf(Sources... sources) : sources_(std::move(sources)...) {}

  /// Returns the keys of the first source that is configured; that one is asked alone from then on.
  /// Errc::not_configured if none is, with the reasons of all.
  [[nodiscard]] Result<Credentials> credentials(WallTime now) {
    if (winner_) return ask_winner(now);
    tried_.clear();
    std::optional<Result<Credentials>> answer;
    visit([&](std::size_t index, auto& source) {
      if (answer) return;
      auto keys = source.credentials(now);
      if (keys) winner_ = index;
      if (!keys) tried_.push_back(keys.error());
      if (keys || keys.error().code != Errc::not_configured) answer = std::move(keys);
    });
    if (answer) return *std::move(answer);
    std::string reasons;
    for (Error const& error : tried_) {
      reasons.append(reasons.empty() ? "" : "; ").append(error.message);
    }
    return Error{Errc::not_configured, "no credentials found: " + reasons};
  }

  /// Why each source that was asked before there was an answer gave none, in order; the last one
  /// is why there was no answer, if there was none.
  [[nodiscard]] std::vector<Error> const& tried() const noexcept { return tried_; }

  /// Returns what the source that is used says.
  [[nodiscard]] Stability stability() const {
    Stability found = Stability::strict;
    visit([&](std::size_t index, auto const& source) {
      if (winner_ == index) found = stability_of(source);
    });
    return found;
  }

 private:
  Result<Credentials> ask_winner(WallTime now) {
    std::optional<Result<Credentials>> answer;
    visit([&](std::size_t index, auto& source) {
      if (winner_ == index) answer = source.credentials(now);
    });
    bool const gone = !*answer && answer->error().code == Errc::not_configured;
    if (gone) return Error{Errc::unavailable, answer->error().message, answer->error().native};
    return *std::move(answer);
  }

  template <class Visitor>
  void visit(Visitor visitor) {
    visit(sources_, visitor, std::index_sequence_for<Sources...>());
  }
  template <class Visitor>
  void visit(Visitor visitor) const {
    visit(sources_, visitor, std::index_sequence_for<Sources...>());
  }
  template <class Tuple, class Visitor, std::size_t... Index>
  static void visit(Tuple& sources, Visitor& visitor, std::index_sequence<Index...>) {
    (visitor(Index, std::get<Index>(sources)), ...);
  }

  std::tuple<internal::HeldCredentialSource<Sources>...> sources_;
  std::optional<std::size_t> winner_;
  std::vector<Error> tried_;

  static_assert((CredentialSource<Sources> && ...),
                "Each of FirstOf's parameters must be a sla::aws::CredentialSource: movable, with "
                "sla::Result<sla::aws::Credentials> credentials(sla::WallTime now)");
};

}  // namespace sla::inline v1::aws
