// SPDX-License-Identifier: MIT
#include "sla/aws/sign/digest.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <utility>

#include "sla/core/text.hpp"

using namespace sla;
using namespace sla::aws;

namespace {

constexpr std::string_view digest_of_nothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view digest_of_abc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

std::string hex_of(Result<Sha256Bytes> const& digest) {
  return digest ? hex(*digest) : digest.error().message;
}
std::string hmac(std::string_view key, std::string const& text) {
  return hex_of(hmac_sha256(bytes_of(key), text));
}

}  // namespace

TEST_CASE("sha-256 gives the values that NIST published") {
  CHECK(hex_of(sha256("")) == digest_of_nothing);
  CHECK(hex_of(sha256("abc")) == digest_of_abc);
  CHECK(hex_of(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(hex_of(sha256(std::string(1'000'000, 'a'))) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("how the bytes are cut into blocks does not matter") {
  Sha256 hash;
  for (std::string_view const block : {"a", "", "bc"}) CHECK(hash.update(block));
  CHECK(hex_of(hash.finish()) == digest_of_abc);
}

TEST_CASE("after finish a hash starts anew") {
  Sha256 hash;
  CHECK(hash.update("something else"));
  CHECK(hash.finish());
  CHECK(hash.update("abc"));
  CHECK(hex_of(hash.finish()) == digest_of_abc);
  CHECK(hex_of(hash.finish()) == digest_of_nothing);
}

TEST_CASE("after reset a hash starts anew") {
  Sha256 hash;
  CHECK(hash.update("something else"));
  hash.reset();
  CHECK(hash.update("abc"));
  CHECK(hex_of(hash.finish()) == digest_of_abc);
}

TEST_CASE("a fork and its origin go on by themselves") {
  Sha256 hash;
  CHECK(hash.update("ab"));
  auto fork = hash.fork();
  REQUIRE(fork);
  CHECK(hash.update("something else"));
  CHECK(fork->update("c"));
  CHECK(hex_of(fork->finish()) == digest_of_abc);
  CHECK(hex_of(hash.finish()) == hex_of(sha256("absomething else")));
}

TEST_CASE("a fork before the first byte is a new hash") {
  Sha256 const hash;
  auto fork = hash.fork();
  REQUIRE(fork);
  CHECK(hex_of(fork->finish()) == digest_of_nothing);
}

TEST_CASE("a moved hash keeps its bytes and the one it was moved from starts anew") {
  Sha256 first;
  CHECK(first.update("ab"));
  Sha256 second = std::move(first);
  CHECK(first.update("abc"));  // NOLINT(bugprone-use-after-move): that is what is shown
  CHECK(second.update("c"));
  CHECK(hex_of(second.finish()) == digest_of_abc);
  CHECK(hex_of(first.finish()) == digest_of_abc);
  first = std::move(second);
  CHECK(hex_of(first.finish()) == digest_of_nothing);
}

TEST_CASE("hmac-sha-256 gives the values of RFC 4231") {
  CHECK(hmac(std::string(20, '\x0b'), "Hi There") ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hmac("Jefe", "what do ya want for nothing?") ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hmac(std::string(20, '\xaa'), std::string(50, '\xdd')) ==
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  std::string counting;
  for (char c = 1; c <= 25; ++c) counting += c;
  CHECK(hmac(counting, std::string(50, '\xcd')) ==
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
}

TEST_CASE("a key longer than a block is hashed first") {
  CHECK(hmac(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First") ==
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  CHECK(hmac(std::string(131, '\xaa'),
             "This is a test using a larger than block-size key and a larger than block-size "
             "data. The key needs to be hashed before being used by the HMAC algorithm.") ==
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

TEST_CASE("an hmac forgets what its hash had taken in") {
  Sha256 hash;
  CHECK(hash.update("something else"));
  CHECK(hex_of(hmac_sha256(hash, bytes_of("Jefe"), "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hash.update("abc"));
  CHECK(hex_of(hash.finish()) == digest_of_abc);
}
