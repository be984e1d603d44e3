// SPDX-License-Identifier: MIT
#include "sla/core/secret.hpp"

#include <doctest/doctest.h>

#include <concepts>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

using namespace sla;

static_assert(!std::convertible_to<std::string_view, Secret>);
static_assert(!std::convertible_to<Secret, std::string_view>);
static_assert(!std::convertible_to<Secret, std::string>);
static_assert(std::is_nothrow_move_constructible_v<Secret>);
static_assert(std::is_nothrow_move_assignable_v<Secret>);

namespace {

/// The bytes of a Secret within itself, the small-string buffer included.
std::string bytes_of(void const* place) {
  return {static_cast<char const*>(place), sizeof(Secret)};
}

}  // namespace

TEST_CASE("a secret shows itself as three stars, whatever it holds") {
  CHECK(to_string(Secret{"hunter2"}) == "***");
  CHECK(to_string(Secret{}) == "***");
  CHECK(Secret{"hunter2"}.reveal() == "hunter2");
  CHECK(Secret{}.reveal().empty());
  CHECK(Secret{}.empty());
  CHECK_FALSE(Secret{"x"}.empty());
}

TEST_CASE("secrets are equal where all their characters are") {
  std::string_view const texts[] = {"", "a", "b", "aa", "ab", "ba", "\xFF", "\x7F"};
  for (std::string_view const left : texts) {
    for (std::string_view const right : texts) {
      CHECK((Secret{left} == Secret{right}) == (left == right));
    }
  }
  std::string const lengthy(100, 'x');
  CHECK(Secret{lengthy} == Secret{lengthy});
  CHECK_FALSE(Secret{lengthy} == Secret{lengthy.substr(1) + 'y'});
}

TEST_CASE("copies and moves hand on the characters, short or long") {
  for (std::string const& text : {std::string("short"), std::string(200, 'k')}) {
    Secret first{text};
    Secret second = first;
    CHECK(second == first);
    Secret third = std::move(first);
    CHECK(third.reveal() == text);
    Secret other{"something else"};
    other = second;
    CHECK(other.reveal() == text);
    Secret another{std::string(300, 'z')};
    another = std::move(second);
    CHECK(another.reveal() == text);
    Secret& same = another;
    another = same;
    CHECK(another.reveal() == text);
    another = std::move(same);
    CHECK(another.reveal() == text);
    another = Secret{};
    CHECK(another.empty());
  }
}

TEST_CASE("a short secret leaves nothing where it was") {
  alignas(Secret) unsigned char place[sizeof(Secret)];
  auto* const secret = new (place) Secret{"hunter2"};
  REQUIRE(bytes_of(place).find("hunter2") != std::string::npos);
  Secret const moved = std::move(*secret);
  CHECK(bytes_of(place).find("unter2") == std::string::npos);
  *secret = moved;
  *secret = Secret{"x"};
  CHECK(bytes_of(place).find("unter2") == std::string::npos);
  *secret = moved;
  secret->~Secret();
  CHECK(bytes_of(place).find("unter2") == std::string::npos);
}
