// SPDX-License-Identifier: MIT
#include "sla/app/masking.hpp"

#include <doctest/doctest.h>

#include <string>

#include "../support/memory_file.hpp"

using namespace sla;
using namespace sla::app;

namespace {

/// What a text becomes under the settings.
struct Masked {
  Parsed parsed{};
  Environment environment{};
  MemoryFile said{};

  std::string operator()(std::string const& text) {
    Logger const log{{.descriptor = said.descriptor()}};
    return internal::masked(masks_of(values_to_mask(parsed, environment), log), text);
  }
};

}  // namespace

TEST_CASE("parameters that are secret are masked, others are not") {
  Masked masked;
  masked.parsed.loaded = {{"PASSWORD", {"/prod/shop/PASSWORD", Shown::as_stars}},
                          {"STAGE", {"/prod/shop/STAGE", Shown::plainly}},
                          {"PIN", {"/prod/shop/PIN", Shown::as_stars}},
                          {"NONE", {"/prod/shop/NONE", Shown::as_stars}}};
  masked.environment = Environment{
      {{"PASSWORD", "hunter2-x\n"}, {"STAGE", "production"}, {"PIN", "1234"}, {"NONE", ""}}};
  CHECK(masked("hunter2-x in production, 1234") == "*** in production, 1234");
  CHECK(masked.said.text().ends_with(
      " warning: the value of the parameter /prod/shop/PIN has less than 6 bytes "
      "and is not masked in output\n"));
  CHECK(masked.said.text().find("1234") == std::string::npos);
}

TEST_CASE("of headers the usual ones are not masked, and of a scheme its credentials are, too") {
  Masked masked;
  masked.parsed.settings.headers.lines = {
      "Accept: text/html",   "USER-AGENT: my-agent", "Authorization: Bearer abc.def.ghi",
      "X-Health: let-me-in", "X-Debug: 1",           "X-Empty:"};
  CHECK(masked("text/html my-agent Bearer abc.def.ghi; abc.def.ghi let-me-in") ==
        "text/html my-agent ***; *** ***");
  std::string const said = masked.said.text();
  CHECK_MESSAGE(
      said.find(" warning: the value of the header X-Debug has less than 6 bytes ") != said.npos,
      said);
  CHECK(said.find('\n') == said.size() - 1);
}

TEST_CASE("of a URL the password is masked, and what in its query sounds like a secret") {
  Masked masked;
  masked.parsed.settings.url =
      "https://someone:pa%20ss%2Fwd@host/a?q=trousers&api_key=0123456789#x";
  CHECK(masked("someone pa ss/wd trousers 0123456789 pa%20ss%2Fwd") ==
        "someone *** trousers *** ***");
  CHECK(masked("Basic c29tZW9uZTpwYSBzcy93ZA==") == "Basic ***");
  CHECK(masked.said.text().empty());
  masked.parsed.settings.url = "https://0123456789abcdef@host/";
  CHECK(masked("0123456789abcdef") == "***");
}

TEST_CASE("without secrets nothing is masked") {
  Masked masked;
  masked.parsed.settings.url = "https://host/a?q=1";
  CHECK(masks_of(values_to_mask(masked.parsed, masked.environment), Logger{}).empty());
  CHECK(masked.said.text().empty());
}
