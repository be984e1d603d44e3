// SPDX-License-Identifier: MIT
#pragma once
// SHA-256 and HMAC-SHA-256 by OpenSSL, which only aws/http/trust.hpp needs besides. OpenSSL starts
// with the first byte hashed, not with the program, and the algorithm is looked up once. Use one
// hash again and again where it matters; what held a key is wiped.
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "sla/core/output.hpp"
#include "sla/core/result.hpp"

namespace sla::inline v1::aws {

namespace detail {

struct OpensslFree {
  void operator()(EVP_MD* algorithm) const noexcept { EVP_MD_free(algorithm); }
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};

/// Looked up by the first call; null if OpenSSL has no SHA-256.
inline EVP_MD const* sha256_algorithm() {
  static std::unique_ptr<EVP_MD, OpensslFree> const algorithm(
      EVP_MD_fetch(nullptr, "SHA256", nullptr));
  return algorithm.get();
}

/// Takes OpenSSL's own reason, and leaves its queue of errors empty for libcurl.
inline Error digest_error() {
  char const* const reason = ERR_reason_error_string(ERR_peek_last_error());
  Error error{Errc::system, std::string("sha-256: ") + (reason != nullptr ? reason : "failed")};
  ERR_clear_error();
  return error;
}

}  // namespace detail

/// Returns a text seen as bytes.
[[nodiscard]] inline std::span<unsigned char const> bytes_of(std::string_view text) noexcept {
  return {reinterpret_cast<unsigned char const*>(text.data()), text.size()};
}
/// Returns a digest seen as a text of 32 characters; valid while the digest lives.
[[nodiscard]] inline std::string_view text_of(Sha256Bytes const& digest) noexcept {
  return {reinterpret_cast<char const*>(digest.data()), digest.size()};
}

/// Hashes bytes as they come. A new one costs nothing before its first update. Not thread-safe.
class Sha256 {
 public:
  Sha256() = default;
  Sha256(Sha256&& other) noexcept
      : context_(std::move(other.context_)), state_(std::exchange(other.state_, State::fresh)) {}
  Sha256& operator=(Sha256&& other) noexcept {
    context_ = std::move(other.context_);
    state_ = std::exchange(other.state_, State::fresh);
    return *this;
  }

  /// Takes in the next bytes. A failure also fails the finish() that follows.
  Result<void> update(std::string_view block) {
    if (state_ == State::fresh) start();
    if (state_ == State::running &&
        EVP_DigestUpdate(context_.get(), block.data(), block.size()) != 1) {
      state_ = State::failed;
    }
    if (state_ == State::failed) return detail::digest_error();
    return {};
  }

  /// The digest of all bytes since the last start; the next update starts anew.
  Result<Sha256Bytes> finish() {
    Sha256Bytes digest{};
    if (state_ == State::fresh) start();
    bool const good =
        state_ == State::running && EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1;
    reset();
    if (!good) return detail::digest_error();
    return digest;
  }

  /// Another hash that has taken in the same bytes; both go on by themselves.
  [[nodiscard]] Result<Sha256> fork() const {
    Sha256 copy;
    copy.state_ = state_;
    if (state_ != State::running) return copy;
    copy.context_.reset(EVP_MD_CTX_new());
    if (!copy.context_ || EVP_MD_CTX_copy_ex(copy.context_.get(), context_.get()) != 1) {
      return detail::digest_error();
    }
    return copy;
  }

  /// Forgets the bytes so far; the next update starts anew.
  void reset() noexcept { state_ = State::fresh; }

 private:
  enum class State { fresh, running, failed };

  void start() {
    EVP_MD const* const algorithm = detail::sha256_algorithm();
    if (!context_) context_.reset(EVP_MD_CTX_new());
    bool const good = algorithm != nullptr && context_ &&
                      EVP_DigestInit_ex2(context_.get(), algorithm, nullptr) == 1;
    state_ = good ? State::running : State::failed;
  }

  std::unique_ptr<EVP_MD_CTX, detail::OpensslFree> context_;
  State state_ = State::fresh;
};

/// Returns the digest of one text, with a hash at hand; whatever that had taken in is forgotten.
[[nodiscard]] inline Result<Sha256Bytes> sha256(Sha256& hash, std::string_view text) {
  hash.reset();
  if (auto taken = hash.update(text); !taken) return taken.error();
  return hash.finish();
}
/// Returns the digest of one text.
[[nodiscard]] inline Result<Sha256Bytes> sha256(std::string_view text) {
  Sha256 hash;
  return sha256(hash, text);
}

/// Returns the digest of an output's bytes as they are now, with a hash at hand; whatever that had
/// taken in is forgotten.
[[nodiscard]] inline Result<Sha256Bytes> sha256(Sha256& hash, Output const& output) {
  hash.reset();
  std::array<char, 16 * 1024> block;
  for (std::uint64_t offset = 0; offset < output.size();) {
    auto const count = output.read(offset, block.data(), block.size());
    if (!count) return count.error();
    if (auto taken = hash.update({block.data(), *count}); !taken) return taken.error();
    offset += *count;
  }
  return hash.finish();
}

namespace detail {

/// The digest of one block and what follows it: one half of an HMAC.
inline Result<Sha256Bytes> sha256_after(Sha256& hash, std::array<char, 64> const& block,
                                        std::string_view text) {
  hash.reset();
  if (auto taken = hash.update({block.data(), block.size()}); !taken) return taken.error();
  if (auto taken = hash.update(text); !taken) return taken.error();
  return hash.finish();
}

}  // namespace detail

/// HMAC-SHA-256 (RFC 2104) with a hash at hand; whatever that had taken in is forgotten.
/// By hand, because OpenSSL's own costs twice the time and allocates.
[[nodiscard]] inline Result<Sha256Bytes> hmac_sha256(Sha256& hash,
                                                     std::span<unsigned char const> key,
                                                     std::string_view text) {
  std::array<char, 64> block{};
  std::string_view given(reinterpret_cast<char const*>(key.data()), key.size());
  Sha256Bytes short_key{};
  if (given.size() > block.size()) {
    auto const digest = sha256(hash, given);
    if (!digest) return digest.error();
    short_key = *digest;
    given = text_of(short_key);
  }
  given.copy(block.data(), given.size());
  auto const mask = [&block](unsigned bits) {
    for (char& c : block) c = static_cast<char>(static_cast<unsigned char>(c) ^ bits);
  };
  mask(0x36U);
  auto const inner = detail::sha256_after(hash, block, text);
  mask(0x36U ^ 0x5CU);
  auto outer = inner ? detail::sha256_after(hash, block, text_of(*inner)) : inner;
  OPENSSL_cleanse(block.data(), block.size());
  OPENSSL_cleanse(short_key.data(), short_key.size());
  return outer;
}
/// HMAC-SHA-256 (RFC 2104).
[[nodiscard]] inline Result<Sha256Bytes> hmac_sha256(std::span<unsigned char const> key,
                                                     std::string_view text) {
  Sha256 hash;
  return hmac_sha256(hash, key, text);
}

}  // namespace sla::inline v1::aws
