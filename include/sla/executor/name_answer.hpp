// SPDX-License-Identifier: MIT
#pragma once
// Asks why a name could not be resolved, as libcurl does not tell: whether it does not exist, or
// nobody answered.
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "sla/core/clock.hpp"
#include "sla/core/descriptor.hpp"
#include "sla/core/stop.hpp"
#include "sla/core/thread.hpp"
#include "sla/core/time.hpp"

namespace sla::inline v1::internal {

/// What DNS says of a name.
enum class NameAnswer { exists, no_address, no_name, none };

/// Returns the meaning of a result of getaddrinfo(3).
[[nodiscard]] constexpr NameAnswer name_answer(int result) noexcept {
  if (result == 0) return NameAnswer::exists;
  if (result == EAI_NONAME) return NameAnswer::no_name;
  constexpr int no_data = -5;  // EAI_NODATA, which has no name in POSIX
  return result == no_data ? NameAnswer::no_address : NameAnswer::none;
}

/// Asks for the name, for as long as the limit allows and no stop comes; NameAnswer::none if there
/// was no answer by then.
[[nodiscard]] inline NameAnswer ask_for_name(std::string name, Duration limit, Stop const& stop) {
  struct Question {
    std::string name;
    Descriptor answered;
    std::atomic<NameAnswer> answer = NameAnswer::none;
  };
  auto const question = std::make_shared<Question>();
  question->name = std::move(name);
  question->answered = Descriptor{::eventfd(0, EFD_CLOEXEC)};
  auto thread = Thread::start([question] {  // the resolver has limits of its own, longer ones
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    int const result = ::getaddrinfo(question->name.c_str(), nullptr, &hints, &found);
    if (found != nullptr) ::freeaddrinfo(found);
    question->answer = name_answer(result);
    std::uint64_t const one = 1;
    (void)!::write(question->answered.get(), &one, sizeof one);
  });
  if (!thread) return NameAnswer::none;
  thread->detach();
  auto const news = stop.watch();
  std::array<pollfd, 3> watched{pollfd{question->answered.get(), POLLIN, 0}, news[0], news[1]};
  timespec const time = to_timespec(limit);
  (void)::ppoll(watched.data(), watched.size(), &time, nullptr);
  return question->answer;
}

}  // namespace sla::inline v1::internal
