// SPDX-License-Identifier: MIT
// Lets libFuzzer try the target that $SLA_FUZZ_TARGET names.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "fuzz_target.hpp"

namespace {

FuzzTarget::Function chosen = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* /*count*/, char*** /*words*/) {
  char const* const name = std::getenv("SLA_FUZZ_TARGET");
  for (FuzzTarget const& target : FuzzTarget::all()) {
    if (name != nullptr && target.name == name) chosen = target.function;
  }
  if (chosen != nullptr) return 0;
  std::fputs("SLA_FUZZ_TARGET has to name one of:", stderr);
  for (FuzzTarget const& target : FuzzTarget::all()) {
    std::fprintf(stderr, " %s", std::string(target.name).c_str());
  }
  std::fputs("\n", stderr);
  std::exit(64);
}

extern "C" int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(data[i]);
  chosen(text);
  return 0;
}
