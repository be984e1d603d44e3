// SPDX-License-Identifier: MIT
#include "sla/core/secret_forms.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

using namespace sla;

namespace {

bool has(std::vector<std::string> const& forms, std::string_view form) {
  return std::find(forms.begin(), forms.end(), form) != forms.end();
}

std::string base64_of(std::string_view text) {
  std::vector<unsigned char> bytes;
  for (char const c : text) bytes.push_back(static_cast<unsigned char>(c));
  return base64(bytes);
}

}  // namespace

TEST_CASE("a secret shows as it is, in base64, percent-encoded and in JSON") {
  auto const forms = internal::secret_forms("pa ss/\"w?>\xc3\xa4");
  for (std::string_view const form :
       {"pa ss/\"w?>\xc3\xa4", "cGEgc3MvInc/PsOk", "cGEgc3MvInc_PsOk", "pa%20ss%2F%22w%3F%3E%C3%A4",
        "pa%20ss%2f%22w%3f%3e%c3%a4", "pa%20ss/%22w%3F%3E%C3%A4", "pa+ss%2F%22w%3F%3E%C3%A4",
        "%70%61%20%73%73%2F%22%77%3F%3E%C3%A4", "pa ss/\\\"w?>\xc3\xa4"}) {
    CHECK_MESSAGE(has(forms, form), form);
  }
  CHECK(has(internal::secret_forms("it's (*)!"), "it's%20(*)!"));
}

TEST_CASE("in the base64 of any text that holds it there is one of its forms") {
  std::string const text = "xyzabhunter2-\xff\xfe?>uvwxyz";
  std::string const secret = "hunter2-\xff\xfe?>";
  auto const forms = internal::secret_forms(secret);
  std::size_t const begin = text.find(secret);
  for (std::size_t from = 0; from <= begin; ++from) {
    for (std::size_t end = begin + secret.size(); end <= text.size(); ++end) {
      std::string const encoded = base64_of(text.substr(from, end - from));
      std::size_t longest = 0;
      for (std::string const& form : forms) {
        if (encoded.find(form) != encoded.npos) longest = std::max(longest, form.size());
      }
      CAPTURE(encoded);
      CHECK(longest >= secret.size() * 8 / 6 - 2);
      if (from == begin && end == begin + secret.size()) CHECK(longest == encoded.size());
    }
  }
}

TEST_CASE("base64 of a long secret has lines where programs break it") {
  std::string const secret(60, 'k');
  std::string const whole = base64_of(secret);
  auto const forms = internal::secret_forms(secret);
  CHECK(has(forms, whole));
  CHECK(has(forms, whole.substr(0, 76) + '\n' + whole.substr(76)));
  CHECK(has(forms, whole.substr(0, 64) + '\n' + whole.substr(64)));
}
