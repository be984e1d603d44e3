// SPDX-License-Identifier: MIT
#pragma once
// Which of many checks this process runs where several share a file: rendezvous hashing gives each
// service to the shard with the highest weight for it, so that one shard more takes its checks from
// all others alike and moves nothing else.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sla/app/quoted.hpp"
#include "sla/app/splayed.hpp"
#include "sla/core/environment.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::app {

/// One of so many shards, from 0. Without an index it is that of this process, as its engine says.
struct Shard {
  static constexpr std::uint64_t most = 10'000;

  std::optional<std::uint64_t> index{};
  std::uint64_t count = 1;
};

/// Reads `2/4` or `auto/4`. The Error reads on after the value.
[[nodiscard]] inline Result<Shard> parse_shard(std::string_view text) {
  text = trim(text);
  std::size_t const slash = std::min(text.find('/'), text.size());
  std::string_view const which = text.substr(0, slash);
  auto const count = parse_integer<std::uint64_t>(text.substr(std::min(slash + 1, text.size())));
  Shard const shard{parse_integer<std::uint64_t>(which), count.value_or(0)};
  if ((!shard.index && which != "auto") || !count) {
    return Error{Errc::invalid, "is no share K/N, such as 0/4 for the first of four, nor auto/4"};
  }
  if (shard.count < 1 || shard.count > Shard::most) {
    return Error{Errc::invalid, "is no share of 1 to 10000"};
  }
  if (shard.index && *shard.index >= shard.count) {
    return Error{Errc::invalid, "is not there: of " + std::to_string(shard.count) +
                                    " shards the last is " + std::to_string(shard.count - 1) +
                                    ", since the first is 0"};
  }
  return shard;
}

namespace detail {

/// Returns the number at the end of a name such as `runner-2`, as the pods of a StatefulSet have
/// it. That of an address such as `ip-10-0-0-2` is none.
inline std::optional<std::uint64_t> ordinal_of(std::string_view host) {
  std::size_t const dash = host.rfind('-');
  bool const address = host.starts_with("ip-") && split(host, '-').size() == 5;
  if (dash == std::string_view::npos || dash == 0 || address) return std::nullopt;
  return parse_integer<std::uint64_t>(host.substr(dash + 1));
}

/// Returns the weight of a shard for a service, by the service's hash.
constexpr std::uint64_t weight_of(std::uint64_t service, std::uint64_t shard) noexcept {
  return mixed(service + (shard + 1) * 0x9E3779B97F4A7C15ULL);
}

}  // namespace detail

/// Finds the index of the shard of this process, if it is to be found: an Indexed Job of Kubernetes
/// and an array of AWS Batch have a variable, a pod of a StatefulSet has it in its host's name. The
/// Error is a sentence.
[[nodiscard]] inline Result<Shard> find_shard(Shard shard, Environment const& environment,
                                              std::string const& host) {
  if (shard.index) return shard;
  std::string where;
  for (std::string_view const name : {"JOB_COMPLETION_INDEX", "AWS_BATCH_JOB_ARRAY_INDEX"}) {
    auto const text = environment.get(name);
    if (!text || !where.empty()) continue;
    where = std::string("$").append(name).append(" is ").append(quoted(*text));
    shard.index = parse_integer<std::uint64_t>(*text);
  }
  if (where.empty()) {
    shard.index = detail::ordinal_of(host);
    where = "the host is " + quoted(std::string_view(host));
  }
  std::string const last = std::to_string(shard.count - 1);
  if (shard.index && *shard.index < shard.count) return shard;
  if (shard.index) {
    return Error{Errc::invalid,
                 where + ", and of " + std::to_string(shard.count) + " shards the last is " + last};
  }
  return Error{
      Errc::invalid,
      "nothing says which: neither $JOB_COMPLETION_INDEX nor $AWS_BATCH_JOB_ARRAY_INDEX is "
      "a number, and no number is at the end of the host's name, as in runner-0; " +
          where};
}

/// Returns the shard that a service is in, of so many.
[[nodiscard]] constexpr std::uint64_t shard_of(std::string_view service,
                                               std::uint64_t count) noexcept {
  std::uint64_t const hash = detail::hash_of(service, {});
  std::uint64_t best = 0;
  std::uint64_t most = detail::weight_of(hash, best);
  for (std::uint64_t shard = 1; shard < count; ++shard) {
    std::uint64_t const weight = detail::weight_of(hash, shard);
    if (weight <= most) continue;
    best = shard;
    most = weight;
  }
  return best;
}

/// A share of 1 to 10000, as text.
[[nodiscard]] inline Result<void> check_shard(std::string_view text) {
  auto const shard = parse_shard(text);
  return shard ? Result<void>() : shard.error();
}

}  // namespace sla::inline v1::app
