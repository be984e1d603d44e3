// SPDX-License-Identifier: MIT
#include "sla/aws/credential/first_of.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

using namespace sla;
using namespace sla::aws;

namespace {

/// A source that answers as it is told.
struct Told {
  std::string name;
  Stability how = Stability::strict;
  std::optional<Error> error = Error{Errc::not_configured, name + " is not set up"};
  int asked = 0;
};
struct Teller {
  std::shared_ptr<Told> told;

  Result<Credentials> credentials(WallTime /*now*/) const {
    ++told->asked;
    if (told->error) return *told->error;
    Credentials keys{};
    keys.access_key_id = told->name;
    return keys;
  }
  [[nodiscard]] Stability stability() const { return told->how; }
};
/// A source that cannot be copied and says nothing about its stability.
struct Unique {
  std::unique_ptr<int> nothing{};

  Result<Credentials> credentials(WallTime /*now*/) const {
    return Error{Errc::not_configured, "unique is not set up"};
  }
};

struct Three {
  std::shared_ptr<Told> a = std::make_shared<Told>(Told{"a"});
  std::shared_ptr<Told> b = std::make_shared<Told>(Told{"b"});
  FirstOf<Teller, Teller, Unique> chain{Teller{a}, Teller{b}, Unique{}};

  std::string ask() {
    auto const keys = chain.credentials({});
    return keys ? keys->access_key_id : keys.error().message;
  }
};
static_assert(CredentialSource<FirstOf<Teller, Unique>>);

}  // namespace

TEST_CASE("the first source that is configured gives the keys") {
  Three test;
  test.b->error.reset();
  CHECK(test.ask() == "b");
  REQUIRE(test.chain.tried().size() == 1);
  CHECK(test.chain.tried()[0].message == "a is not set up");
}

TEST_CASE("the source that won is asked alone from then on") {
  Three test;
  test.b->error.reset();
  CHECK(test.ask() == "b");
  test.a->error.reset();
  CHECK(test.ask() == "b");
  CHECK(test.a->asked == 1);
  test.b->error = Error{Errc::not_configured, "b is gone"};
  CHECK(test.ask() == "b is gone");
  CHECK(test.chain.credentials({}).error().code == Errc::unavailable);
  CHECK(test.a->asked == 1);
}

TEST_CASE("a source that is configured and fails stops the chain") {
  Three test;
  test.a->error = Error{Errc::denied, "a is refused"};
  test.b->error.reset();
  CHECK(test.ask() == "a is refused");
  CHECK(test.b->asked == 0);
  CHECK(test.chain.tried().size() == 1);
  test.a->error.reset();
  CHECK(test.ask() == "a");
}

TEST_CASE("where no source is configured the reasons of all are told in order") {
  Three test;
  CHECK(test.ask() ==
        "no credentials found: a is not set up; b is not set up; unique is not set up");
  CHECK(test.chain.credentials({}).error().code == Errc::not_configured);
  CHECK(test.chain.tried().size() == 3);
}

TEST_CASE("the stability is that of the source that won") {
  Three test;
  CHECK(test.chain.stability() == Stability::strict);
  test.b->error.reset();
  test.b->how = Stability::lasting;
  CHECK(test.ask() == "b");
  CHECK(test.chain.stability() == Stability::lasting);
}
