// SPDX-License-Identifier: MIT
// Signs one request by hand and shows what AWS would be sent. Keys and time are fixed examples, so
// that the output is always the same; a program takes them from a credential source and a clock.
#include <cstdio>

#include "sla/aws/sign/sigv4.hpp"
#include "sla/core/parse_time.hpp"

int main() {
  sla::aws::Request request{
      .method = sla::aws::Method::post,
      .url = {.host = "sns.eu-central-1.amazonaws.com"},
      .headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
      .body = sla::Output("Action=Publish&Version=2010-03-31&Message=hello"
                          "&TopicArn=arn%3Aaws%3Asns%3Aeu-central-1%3A123456789012%3Aresults")};
  sla::aws::Credentials const credentials{
      .access_key_id = "AKIAIOSFODNN7EXAMPLE",
      .secret_access_key = sla::Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")};
  sla::aws::SigningScope const scope{.region = "eu-central-1", .service = "sns"};
  auto const now = sla::parse_iso_time("2026-01-01T00:00:00Z");

  sla::aws::Signer signer;
  if (auto done = signer.sign(request, credentials, scope, now.value()); !done) {
    std::fprintf(stderr, "%s\n", done.error().message.c_str());
    return 1;
  }
  for (sla::aws::Header const& header : request.headers) {
    std::printf("%s: %s\n", header.name.c_str(), header.value.c_str());
  }
}
