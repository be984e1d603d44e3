// SPDX-License-Identifier: MIT
#pragma once
// A log store and a publisher of events that speak to a server on this machine as to AWS.
#include <cstddef>
#include <string>
#include <utility>

#include "sla/aws/call/client.hpp"
#include "sla/aws/http/curl.hpp"
#include "sla/publisher/s3_log.hpp"
#include "sla/publisher/sns.hpp"
#include "sla/publisher/topic.hpp"

/// A CredentialSource: keys that are known.
struct KnownKeys {
  sla::Result<sla::aws::Credentials> credentials(sla::WallTime) const {
    return sla::aws::Credentials{
        .access_key_id = "AKIAIOSFODNN7EXAMPLE",
        .secret_access_key = sla::Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")};
  }
};

struct AwsSinks {
  using Client = sla::aws::Client<sla::aws::Curl, KnownKeys>;

  std::string url;
  std::string ca_file{};

  [[nodiscard]] sla::S3Log<Client> logs() const {
    return {client(),
            {.bucket = {
                 .name = "cycle-logs",
                 .endpoint = {.region = "eu-central-1", .custom = sla::aws::parse_url(url).value()},
                 .addressing = sla::aws::Addressing::path}}};
  }
  [[nodiscard]] sla::Sns<Client> events() const {
    sla::aws::EndpointSettings endpoints;
    endpoints.custom[static_cast<std::size_t>(sla::aws::Service::sns)] =
        sla::aws::parse_url(url).value();
    return {client(),
            sla::FixedTopic{"arn:aws:sns:eu-central-1:123456789012:results"},
            {.endpoints = std::move(endpoints)}};
  }

 private:
  [[nodiscard]] Client client() const {
    return {sla::aws::Curl{{.trust = {.file = ca_file}}}, KnownKeys{}};
  }
};
