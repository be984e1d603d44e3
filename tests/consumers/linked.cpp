// SPDX-License-Identifier: MIT
// What main.cpp uses of the libraries that sla needs, and nothing else: for ways of finding the
// same headers that main.cpp is compiled with already.
#include <cstdio>
#include <sla/aws/http/curl_options.hpp>
#include <sla/aws/sign/digest.hpp>
#include <sla/aws/wire/reply.hpp>

int main() {
  if (!sla::aws::sha256("abc") || !sla::aws::JsonReply::parse("{}")) return 1;
  if (!sla::aws::initialise_curl()) return 1;
  std::puts("pass");
}
