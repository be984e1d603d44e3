// SPDX-License-Identifier: MIT
#include "sla/core/masks.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace sla;

namespace {

Masks masks_of(std::vector<std::string> const& texts) {
  std::vector<Secret> secrets;
  for (std::string const& text : texts) secrets.emplace_back(text);
  return Masks(secrets);
}

/// What the masked text is by its definition: each stretch that occurrences cover is ***.
std::string by_definition(std::vector<std::string> const& forms, std::string_view text) {
  std::string out;
  std::size_t end = 0;  // of the stretch
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::size_t longest = 0;
    for (std::string const& form : forms) {
      if (text.substr(at).starts_with(form)) longest = std::max(longest, form.size());
    }
    if (longest != 0 && at >= end) out += "***";
    if (longest != 0) end = std::max(end, at + longest);
    if (at >= end) out += text[at];
  }
  return out;
}

std::string in_blocks(Masks const& masks, std::string_view text,
                      std::vector<std::size_t> const& sizes) {
  internal::MaskStream stream(masks);
  std::string out;
  for (std::size_t const size : sizes) {
    // A copy that is exactly as large shows a sanitizer what is read beyond it.
    std::vector<char> const block(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(size));
    out += stream.take({block.data(), block.size()});
    text.remove_prefix(size);
  }
  return out.append(stream.finish());
}

std::vector<std::string> forms_of(std::vector<std::string> const& secrets) {
  std::vector<std::string> all;
  for (std::string const& secret : secrets) {
    for (std::string& form : internal::secret_forms(secret)) all.push_back(std::move(form));
  }
  return all;
}

}  // namespace

TEST_CASE("a secret becomes three stars, whatever stands around it") {
  Masks const masks = masks_of({"hunter2-of-the-store\n", "0123456"});
  CHECK(internal::masked(masks, "key=hunter2-of-the-store;") == "key=***;");
  CHECK(internal::masked(masks, "0123456012345678") == "******78");
  CHECK(internal::masked(masks, "aHVudGVyMi1vZi10aGUtc3RvcmU=\n") == "***\n");
  CHECK(internal::masked(masks, "hunter2-of-the-stor") == "hunter2-of-the-stor");
  CHECK(internal::masked(masks, "") == "");
}

TEST_CASE("the longest secret wins, and what several cover is one stretch") {
  Masks const masks = masks_of({"abcdef", "abcdefghi", "defghixyz"});
  CHECK(internal::masked(masks, "-abcdefg-") == "-***g-");
  CHECK(internal::masked(masks, "-abcdefghi-") == "-***-");
  CHECK(internal::masked(masks, "-abcdefghixyz-") == "-***-");
  CHECK(internal::masked(masks, "abcdefghixy") == "***xy");
  CHECK(internal::masked(masks_of({"aaaaaa"}), std::string(20, 'a')) == "***");
}

TEST_CASE("a secret of less than six bytes is not masked") {
  CHECK_FALSE(Masks::can_mask("12345"));
  CHECK_FALSE(Masks::can_mask("  12345\n"));
  CHECK(Masks::can_mask("123456"));
  Masks const masks = masks_of({"12345", "", "\n"});
  CHECK(masks.empty());
  CHECK(internal::masked(masks, "12345") == "12345");
}

TEST_CASE("without secrets a block is handed on as it is, and with them where none is in it") {
  std::string const block = "a line of output\n";
  internal::MaskStream none{Masks{}};
  CHECK(none.take(block).data() == block.data());
  CHECK(none.take(block).size() == block.size());
  CHECK(none.finish().empty());
  internal::MaskStream some{masks_of({"hunter2"})};
  CHECK(some.take(block).data() == block.data());
  CHECK(some.take(block).size() == block.size());
}

TEST_CASE("only what may be the begin of a secret is held back, until it is decided") {
  internal::MaskStream stream{masks_of({"hunter2"})};
  CHECK(stream.take("go hun") == "go ");
  CHECK(stream.take("").empty());
  CHECK(stream.take("t") == "");
  CHECK(stream.take("ing h") == "hunting ");
  CHECK(stream.take("unter2") == "***");
  CHECK(stream.take("!hunter") == "!");
  CHECK(stream.finish() == "hunter");
  CHECK(stream.finish().empty());
}

TEST_CASE("over all borders of blocks it is what its definition says") {
  std::vector<std::string> const secrets{"abcabc", "abcabcabd", "cabcab", "bcabdab"};
  auto const forms = forms_of(secrets);
  Masks const masks = masks_of(secrets);
  for (std::string_view const text : {"abcabcabcabdab", "xabcabcabdabcabcabx", "abcabcabcabcabc",
                                      "bcabdabcabcab", "YWJjYWJjYQ"}) {
    std::string const expected = by_definition(forms, text);
    // Each bit of the number is a border.
    std::size_t const borders = std::min<std::size_t>(text.size() - 1, 13);
    for (std::size_t bits = 0; bits < std::size_t{1} << borders; ++bits) {
      std::vector<std::size_t> sizes{1};
      for (std::size_t i = 1; i < text.size(); ++i) {
        bool const border = i <= borders ? (bits >> (i - 1) & 1U) != 0 : false;
        border ? sizes.push_back(1) : (void)++sizes.back();
      }
      if (in_blocks(masks, text, sizes) == expected) continue;
      CAPTURE(text);
      CAPTURE(bits);
      CHECK(in_blocks(masks, text, sizes) == expected);
    }
  }
}

TEST_CASE("with secrets, texts and blocks by chance it is what its definition says") {
  std::mt19937 random(20240229);
  auto const below = [&](std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random);
  };
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::string> secrets(1 + below(4));
    for (std::string& secret : secrets) {
      secret.resize(6 + below(6));
      for (char& c : secret) c = "ab/%"[below(round % 2 == 0 ? 2 : 4)];
    }
    auto const forms = forms_of(secrets);
    std::string text;
    for (std::size_t parts = 1 + below(8); parts != 0; --parts) {
      std::string const& form = forms[below(forms.size())];
      text += below(2) == 0 ? form : form.substr(0, below(form.size()));
      if (below(2) == 0) text += "ab/%"[below(4)];
    }
    std::vector<std::size_t> sizes;
    for (std::size_t left = text.size(); left != 0; left -= sizes.back()) {
      sizes.push_back(std::min(left, 1 + below(below(2) == 0 ? 3 : 40)));
    }
    std::string const masked = in_blocks(masks_of(secrets), text, sizes);
    if (masked == by_definition(forms, text)) continue;
    CAPTURE(text);
    CHECK(masked == by_definition(forms, text));
  }
}
