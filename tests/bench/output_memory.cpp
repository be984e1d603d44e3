// SPDX-License-Identifier: MIT
// The memory of a run with very much output: output_memory [GIB [PROGRAM]], with the default limit
// and with a digest, passed on to stdout. Says on stderr what the peak was before and after, and
// fails where the difference is 4 MiB or more. PROGRAM or $SLA_TEST_CHILD is test_child.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sla/aws/digest.hpp"
#include "sla/executor/direct.hpp"

namespace {

/// The peak of the resident memory of this process so far, in KiB.
long peak() {
  auto const status = sla::read_file("/proc/self/status", 65536);
  if (!status) return -1;
  std::size_t const at = status->find("VmHWM:");
  return at == std::string::npos ? -1 : std::strtol(status->c_str() + at + 6, nullptr, 10);
}

}  // namespace

int main(int count, char** words) {
  char const* const program = count > 2 ? words[2] : std::getenv("SLA_TEST_CHILD");
  unsigned long long const gib = count > 1 ? std::strtoull(words[1], nullptr, 10) : 10;
  auto const stop = sla::Stop::on_signals();
  if (!stop || program == nullptr) return 64;
  sla::Direct<sla::Sha256> executor;
  (void)executor.execute({.command = {program, "write", "100000", "4096"}}, *stop);
  long const idle = peak();
  auto const begin = std::chrono::steady_clock::now();
  auto const outcome =
      executor.execute({.command = {program, "write", std::to_string(gib << 30U), "65536"}}, *stop);
  std::chrono::duration<double> const took = std::chrono::steady_clock::now() - begin;
  long const over = peak() - idle;
  if (!outcome) return 70;
  std::fprintf(stderr, "%llu GiB in %.1f s, %.2f GB/s; exit code %d; log %llu bytes; %s\n", gib,
               took.count(), static_cast<double>(gib << 30U) / took.count() / 1e9,
               outcome->exit_code, static_cast<unsigned long long>(outcome->output.size()),
               outcome->remark.c_str());
  std::fprintf(stderr, "peak %ld KiB before, %ld KiB more after\n", idle, over);
  return outcome->exit_code == 0 && over < 4096 ? 0 : 1;
}
