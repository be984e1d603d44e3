// SPDX-License-Identifier: MIT
// What a signature costs, with the signing key at hand and with one to derive, beside the bare
// primitives over texts of the same size in the same process. `allocations` is how often the
// signature asked for memory, the first one not counted, `openssl` how often OpenSSL did for it: up
// to 3.0 it does so once for each hash, whoever asks for the hash.
#include <benchmark/benchmark.h>
#include <openssl/crypto.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>

#include "sla/aws/sign/sigv4.hpp"
#include "sla/core/parse_time.hpp"

namespace {

std::atomic<unsigned long> allocations{0};
std::atomic<unsigned long> openssl_allocations{0};

void* allocate(std::size_t size, char const*, int) {
  ++openssl_allocations;
  return std::malloc(size);
}
void* reallocate(void* memory, std::size_t size, char const*, int) {
  ++openssl_allocations;
  return std::realloc(memory, size);
}
void release(void* memory, char const*, int) { std::free(memory); }

}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

constexpr std::string_view body =
    "Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aeu-central-1%3A123456789012%3A"
    "results&Message=%7B%22service%22%3A%22shop%22%2C%22group%22%3A%5B%22web%22%5D%2C%22groups%22"
    "%3A%5B%22web%22%5D%2C%22succeeded%22%3Atrue%2C%22timestamp%22%3A%221574515200%22%7D";

sla::Secret const secrets[] = {sla::Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
                               sla::Secret("xJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")};

/// Puts down how often memory was asked for while it lived.
class Counted {
 public:
  explicit Counted(benchmark::State& state) : state_(state) {}
  ~Counted() {
    auto const each = [this](unsigned long now, unsigned long before) {
      return static_cast<double>(now - before) / static_cast<double>(state_.iterations());
    };
    state_.counters["allocations"] = each(allocations, own_);
    state_.counters["openssl"] = each(openssl_allocations, openssl_);
  }

 private:
  benchmark::State& state_;
  unsigned long own_ = allocations;
  unsigned long openssl_ = openssl_allocations;
};

/// The argument: whether each signature has another key.
void sign(benchmark::State& state) {
  sla::aws::Request request{.method = sla::aws::Method::post,
                            .url = {.host = "sns.eu-central-1.amazonaws.com"},
                            .headers = {{"Content-Type", "application/x-www-form-urlencoded"}},
                            .body = sla::Output(std::string(body))};
  sla::aws::Credentials keys[2];
  for (std::size_t i = 0; i < 2; ++i) {
    keys[i].access_key_id = "AKIAIOSFODNN7EXAMPLE";
    keys[i].secret_access_key = secrets[i];
  }
  sla::aws::SigningScope const scope{.region = "eu-central-1", .service = "sns"};
  sla::WallTime const now = sla::parse_iso_time("2026-01-01T00:00:00Z").value();
  sla::aws::Signer signer;
  (void)signer.sign(request, keys[1], scope, now);
  (void)signer.sign(request, keys[0], scope, now);
  Counted const counted(state);
  std::size_t turn = 0;
  std::size_t const step = state.range(0) != 0 ? 1 : 0;
  for (auto _ : state) {
    turn = (turn + step) % 2;
    if (!signer.sign(request, keys[turn], scope, now)) state.SkipWithError("it failed");
  }
}
BENCHMARK(sign)->ArgName("new_key")->Arg(0)->Arg(1)->Repetitions(3);

/// The hash of the body, that of the canonical request, and the HMAC; four more derive a key.
void primitives(benchmark::State& state) {
  sla::aws::Sha256 hash;
  std::string const canonical(250, 'c');
  std::string const text(130, 's');
  (void)sla::aws::sha256(hash, body);
  Counted const counted(state);
  for (auto _ : state) {
    sla::Sha256Bytes key{};
    if (state.range(0) != 0) {
      for (std::string_view const part : {"20260101", "eu-central-1", "sns", "aws4_request"}) {
        key = sla::aws::hmac_sha256(hash, key, part).value();
      }
    }
    benchmark::DoNotOptimize(sla::aws::sha256(hash, body));
    benchmark::DoNotOptimize(sla::aws::sha256(hash, canonical));
    benchmark::DoNotOptimize(sla::aws::hmac_sha256(hash, key, text));
  }
}
BENCHMARK(primitives)->ArgName("new_key")->Arg(0)->Arg(1)->Repetitions(3);

}  // namespace

int main(int count, char** words) {
  if (CRYPTO_set_mem_functions(&allocate, &reallocate, &release) != 1) return 70;
  benchmark::Initialize(&count, words);
  benchmark::RunSpecifiedBenchmarks();
}
