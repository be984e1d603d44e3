// SPDX-License-Identifier: MIT
#pragma once
// What the shipped program is told to do, as values. A Settings is plain data: where it comes from
// is the business of parse_settings.hpp, what each is called that of setting_table.hpp.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sla/aws/config/bucket.hpp"
#include "sla/core/log.hpp"
#include "sla/core/time.hpp"
#include "sla/executor/by_exit_code.hpp"
#include "sla/executor/shown_if_failed.hpp"
#include "sla/publisher/event.hpp"
#include "sla/publisher/log_first.hpp"

namespace sla::inline v1::app {

/// The headers of a request, each a line.
struct HeaderLines {
  std::vector<std::string> lines{};
};

/// Every setting of the program; an empty text and an empty list are "not set".
struct Settings {
  std::string command{};             ///< the command as text; empty if there are words
  std::vector<std::string> words{};  ///< the command as words, to be executed directly
  std::string url{};                 ///< what the program itself asks, instead of a command
  std::string tcp{};                 ///< or the host:port that it connects to
  std::string method{};
  HeaderLines headers{};
  std::string body{};  ///< a text, or @ and a file
  std::string expect_status = "200-299";
  std::string expect_body{};
  std::string max_redirects = "0";
  std::string cert_days{};  ///< a number
  bool keep_alive = false;
  std::string service{};  ///< the component under test
  std::vector<std::string> groups{};
  std::optional<Duration> delay{};  ///< between the end of a run and the start of the next
  std::optional<Duration> every{};  ///< between the starts of two runs; instead of delay
  bool once = false;
  ExitCodes exit_codes = ExitCodes::plain;
  std::string skip_code{};  ///< a number
  std::string retries = "0";
  Duration retry_delay = std::chrono::seconds{1};
  std::optional<Duration> slow{};
  std::vector<std::string> witness{};      ///< addresses, or aws
  Duration splay{};                        ///< the first run waits for a part of it
  std::optional<Duration> expect_every{};  ///< between two processes that make one run each
  bool disabled = false;
  bool dry_run = false;
  std::string sns_topic_arn{};   ///< goes before the name where both are set
  std::string sns_topic_name{};  ///< a topic of the own account and region
  std::string s3_bucket_name{};
  aws::Addressing s3_addressing = aws::Addressing::automatic;  ///< then as AWS's own settings say
  std::string s3_sse{};                                        ///< how objects are encrypted
  std::string s3_kms_key_id{};
  std::string s3_acl{};
  std::string s3_storage_class{};
  std::vector<std::string> s3_tags{};
  std::string s3_bucket_owner{};         ///< an account
  std::optional<Duration> log_bundle{};  ///< how long logs of passes wait for others
  std::string store_days{};              ///< a number
  std::string store{};                   ///< a folder
  UploadLogs upload_logs = UploadLogs::always;
  OutputShown pass_through = OutputShown::all;
  Duration timeout = std::chrono::hours{1};  ///< of one run; zero is no limit
  Duration grace = std::chrono::seconds{5};
  Duration stop_timeout = std::chrono::seconds{25};
  std::uint64_t log_limit = std::uint64_t{16} << 20U;  ///< in bytes; 0 keeps all
  std::string spool{};                                 ///< a folder; empty is in memory
  std::string spool_limit{};                           ///< in bytes; empty: the usual one
  std::vector<std::string> ssm_names{};                ///< of parameters that become variables
  std::string role{};                                  ///< the ARN of the role to act as
  EventFormat event_format = EventFormat::documented;
  LogFormat log_format = LogFormat::text;
  std::string metrics_namespace{};  ///< of CloudWatch; empty: no metrics are put
  std::string location{};           ///< where the runner looks from; empty: the region
  std::string slo{};                ///< the target in percent; empty: sla_target, if that is one
  Duration slo_window = std::chrono::hours{30 * 24};
  std::int64_t slo_min_failures = 3;   ///< below which there is no alert
  std::int64_t failure_threshold = 3;  ///< results in a row that change the state
  std::int64_t success_threshold = 2;
  std::string checks{};       ///< a file of many checks; empty: there is one
  std::string shard{};        ///< the share of this process of them; empty: all
  std::int64_t workers = 16;  ///< how many of them run at once
  std::string tag_id{};       ///< passed through to the event
  std::string sla_target{};   ///< passed through to the event
};

/// Returns true if results go anywhere.
[[nodiscard]] inline bool has_sink(Settings const& settings) noexcept {
  return !settings.sns_topic_arn.empty() || !settings.sns_topic_name.empty() ||
         !settings.s3_bucket_name.empty() || !settings.store.empty() ||
         !settings.metrics_namespace.empty();
}

/// Where the value of a setting came from.
enum class Origin {
  fallback,
  ssm,  ///< a variable that a parameter filled
  environment,
  flag,
  defaults,  ///< those of a file of checks
  check,     ///< one in the file
};

}  // namespace sla::inline v1::app
