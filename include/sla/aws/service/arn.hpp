// SPDX-License-Identifier: MIT
#pragma once
// Amazon resource names, `arn:partition:service:region:account:resource`, and the rules of those
// that name an SNS topic. They are taken apart at the colons, never matched against one partition.
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sla/aws/config/region.hpp"
#include "sla/core/result.hpp"
#include "sla/core/text.hpp"

namespace sla::inline v1::aws {

/// The parts of a resource name. Region and account are empty for services that have none.
struct Arn {
  std::string partition{};
  std::string service{};
  std::string region{};
  std::string account{};
  std::string resource{};  ///< may itself hold colons and slashes

  bool operator==(Arn const&) const = default;
};

[[nodiscard]] inline std::string to_string(Arn const& arn) {
  return "arn:" + arn.partition + ':' + arn.service + ':' + arn.region + ':' + arn.account + ':' +
         arn.resource;
}

/// Takes a resource name apart. Only its form is checked.
[[nodiscard]] inline Result<Arn> parse_arn(std::string_view text) {
  if (has_control(text) || text.find(' ') != std::string_view::npos) {
    return Error{Errc::invalid, "an ARN holds no blanks and no control characters"};
  }
  std::vector<std::string_view> const parts = split(text, ':');
  if (parts.front() != "arn" || parts.size() < 6) {
    return Error{Errc::invalid, "'" + std::string(text) +
                                    "' is no ARN: it must read "
                                    "arn:partition:service:region:account:resource"};
  }
  std::size_t const before =
      parts[0].size() + parts[1].size() + parts[2].size() + parts[3].size() + parts[4].size() + 5;
  Arn arn{std::string(parts[1]), std::string(parts[2]), std::string(parts[3]),
          std::string(parts[4]), std::string(text.substr(before))};
  if (arn.partition.empty() || arn.service.empty() || arn.resource.empty()) {
    return Error{Errc::invalid, "'" + std::string(text) +
                                    "' is no ARN: its partition, service or resource is empty"};
  }
  return arn;
}

/// Returns true if a text is an account id: 12 digits.
[[nodiscard]] constexpr bool is_account_id(std::string_view text) noexcept {
  for (char const c : text) {
    if (!is_digit(c)) return false;
  }
  return text.size() == 12;
}

/// Returns true if a topic, by its ARN or its name, keeps order (FIFO).
[[nodiscard]] constexpr bool is_fifo_topic(std::string_view topic) noexcept {
  return topic.ends_with(".fifo");
}

/// Checks that SNS allows the name of a topic: 1 to 256 of A-Z a-z 0-9 _ and -, and an optional
/// .fifo.
[[nodiscard]] inline Result<void> check_topic_name(std::string_view name) {
  std::string_view stem = name;
  if (is_fifo_topic(stem)) stem.remove_suffix(5);
  bool allowed = !stem.empty() && name.size() <= 256;
  for (char const c : stem)
    allowed = allowed && (is_alpha(c) || is_digit(c) || c == '_' || c == '-');
  if (allowed) return {};
  return Error{Errc::invalid,
               "the name of a topic is 1 to 256 letters, digits, hyphens and underscores, and may "
               "end in .fifo"};
}

/// Takes the ARN of a topic apart and checks each part.
[[nodiscard]] inline Result<Arn> parse_topic_arn(std::string_view text) {
  auto arn = parse_arn(text);
  if (!arn) return arn;
  auto const wrong = [&](std::string_view why) {
    return Error{Errc::invalid, "'" + std::string(text) + "' is no topic: " + std::string(why)};
  };
  if (arn->service != "sns") return wrong("its service is not sns");
  if (!valid_region(arn->region)) return wrong("its region is no region");
  if (!is_account_id(arn->account)) return wrong("its account must be 12 digits");
  if (arn->resource.find(':') != std::string::npos) {
    return wrong("it has a part too many, as the ARN of a subscription has");
  }
  if (auto name = check_topic_name(arn->resource); !name) return wrong(name.error().message);
  return arn;
}

/// What a topic's ARN is made of when only its name is known.
struct TopicName {
  std::string_view region;
  std::string_view account;
  std::string_view name;
};

/// Returns the ARN of a topic by its name, in the partition of the region.
[[nodiscard]] inline Result<Arn> topic_arn(TopicName topic) {
  Arn const arn{std::string(partition_of(topic.region).name), "sns", std::string(topic.region),
                std::string(topic.account), std::string(topic.name)};
  return parse_topic_arn(to_string(arn));
}

}  // namespace sla::inline v1::aws
