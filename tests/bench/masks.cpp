// SPDX-License-Identifier: MIT
// How fast output is masked: 50 secrets of 40 characters, in blocks as a pipe gives them. The
// argument: how many lines of 100 hold one of the secrets.
#include "sla/core/masks.hpp"

#include <benchmark/benchmark.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

void mask(benchmark::State& state) {
  std::mt19937 random(1);
  std::vector<sla::Secret> secrets;
  for (int i = 0; i < 50; ++i) {
    std::string text;
    while (text.size() < 40)
      text += "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl0123456789"[random() % 48];
    secrets.emplace_back(text);
  }
  std::string text;
  for (std::int64_t line = 0; text.size() < std::size_t{16} << 20U; ++line) {
    text += "2024-02-29T12:00:00Z INFO request GET /api/v1/items?id=123 status=200 took=12ms key=";
    if (line % 100 < state.range(0)) text += secrets[random() % secrets.size()].reveal();
    text += '\n';
  }
  sla::Masks const masks(secrets);
  constexpr std::size_t block = 64 * 1024;
  for (auto _ : state) {
    sla::internal::MaskStream stream(masks);
    std::size_t size = 0;
    for (std::size_t at = 0; at < text.size(); at += block) {
      size += stream.take(std::string_view(text).substr(at, block)).size();
    }
    size += stream.finish().size();
    benchmark::DoNotOptimize(size);
  }
  auto const bytes = static_cast<double>(text.size()) * static_cast<double>(state.iterations());
  state.counters["MBs"] = benchmark::Counter(bytes / 1e6, benchmark::Counter::kIsRate);
}
BENCHMARK(mask)->ArgName("masked")->Arg(0)->Arg(1)->Arg(100);

}  // namespace

BENCHMARK_MAIN();
