// SPDX-License-Identifier: MIT
// A runner with SNS and S3: sns_s3 TOPIC-ARN BUCKET WORD... Each log goes to the bucket, then its
// event to the topic. Credentials are found as the SDKs find them.
#include <chrono>
#include <utility>

#include "sla/aws/call/client.hpp"
#include "sla/aws/credential/default_chain.hpp"
#include "sla/aws/credential/refreshing.hpp"
#include "sla/aws/http/curl.hpp"
#include "sla/executor/shell.hpp"
#include "sla/publisher/log_first.hpp"
#include "sla/publisher/s3_log.hpp"
#include "sla/publisher/sns.hpp"
#include "sla/runner.hpp"
#include "sla/scheduler/fixed_delay.hpp"

int main(int count, char** words) {
  auto const stop = sla::Stop::on_signals();
  if (!stop || count != 4) return 64;
  auto const environment = sla::Environment::of_process();
  std::string const region(environment.get("AWS_REGION").value_or("eu-central-1"));
  sla::aws::Refreshing const keys{sla::aws::default_chain<sla::aws::Curl, sla::SteadyClock>(
      {.profile = {.environment = environment},
       .sts = {.region = region},
       .services = {},
       .metadata = sla::aws::Curl{{.proxy = sla::aws::Proxy::none}},
       .clock = {}})};
  sla::S3Log logs{sla::aws::Client{sla::aws::Curl{}, keys},
                  {.bucket = {words[2], {.region = region}}}};
  sla::Sns events{sla::aws::Client{sla::aws::Curl{}, keys}, sla::FixedTopic{words[1]}};
  sla::Runner runner{sla::FixedDelay{std::chrono::seconds{30}}, sla::Shell<sla::aws::Sha256>{},
                     sla::LogFirst{std::move(logs), std::move(events)}};
  runner.run({.service = "shop", .command = {words[3]}}, *stop);
}
