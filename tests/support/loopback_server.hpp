// SPDX-License-Identifier: MIT
#pragma once
// A plain HTTP server on 127.0.0.1 in a thread of the test. It gives the answers of a list, one for
// each request, the last one again and again, and remembers what it was sent, byte for byte.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "sla/core/descriptor.hpp"

/// What the server does with one request.
struct CannedAnswer {
  enum class Then {
    keep,   ///< the connection stays open
    close,  ///< it ends in order
    reset,  ///< it is torn down
    hang,   ///< nothing more is said
  };
  std::string text{};
  Then then = Then::keep;
};

namespace loopback {

/// A socket that listens on 127.0.0.1, and its port.
struct Listener {
  sla::Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  std::uint16_t port = 0;

  explicit Listener(int queue) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const general = reinterpret_cast<sockaddr*>(&address);
    if (::bind(socket.get(), general, size) != 0 || ::listen(socket.get(), queue) != 0 ||
        ::getsockname(socket.get(), general, &size) != 0) {
      std::abort();
    }
    port = ntohs(address.sin_port);
  }
};

inline bool receive(int peer, std::string& text, std::size_t count) {
  std::vector<char> buffer(std::min<std::size_t>(count, 64 * 1024));
  while (count > 0) {
    ssize_t const n = ::recv(peer, buffer.data(), std::min(buffer.size(), count), 0);
    if (n <= 0) return false;
    text.append(buffer.data(), static_cast<std::size_t>(n));
    count -= static_cast<std::size_t>(n);
  }
  return true;
}

/// Reads one request; false at the end of the connection.
inline bool receive_request(int peer, std::string& head, std::string& body) {
  while (!head.ends_with("\r\n\r\n")) {
    if (!receive(peer, head, 1)) return false;
  }
  std::size_t const at = head.find("Content-Length: ");
  std::size_t const length =
      at == std::string::npos ? 0 : std::strtoul(head.c_str() + at + 16, nullptr, 10);
  return receive(peer, body, length);
}

/// Gives one answer and does what follows it; whether the connection stays.
inline bool send_answer(int peer, CannedAnswer const& answer) {
  std::string_view left = answer.text;
  while (!left.empty()) {
    ssize_t const n = ::send(peer, left.data(), left.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    left.remove_prefix(static_cast<std::size_t>(n));
  }
  std::string nothing;
  if (answer.then == CannedAnswer::Then::hang) (void)receive(peer, nothing, 1);
  if (answer.then == CannedAnswer::Then::reset) {
    linger const at_once{1, 0};
    ::setsockopt(peer, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  return answer.then == CannedAnswer::Then::keep;
}

}  // namespace loopback

class LoopbackServer {
 public:
  explicit LoopbackServer(std::vector<CannedAnswer> answers) : answers_(std::move(answers)) {
    thread_ = std::thread([this] { serve(); });
  }
  LoopbackServer(LoopbackServer const&) = delete;
  LoopbackServer& operator=(LoopbackServer const&) = delete;
  ~LoopbackServer() {
    ::shutdown(listener_.socket.get(), SHUT_RDWR);
    {
      std::lock_guard const lock(mutex_);
      if (open_ >= 0) ::shutdown(open_, SHUT_RDWR);
      ended_ = true;
    }
    thread_.join();
  }

  [[nodiscard]] std::uint16_t port() const { return listener_.port; }
  /// How many connections there were so far.
  [[nodiscard]] int connections() const {
    std::lock_guard const lock(mutex_);
    return connections_;
  }
  /// The heads of the requests so far, each with its empty line.
  [[nodiscard]] std::vector<std::string> heads() const {
    std::lock_guard const lock(mutex_);
    return heads_;
  }
  [[nodiscard]] std::vector<std::string> bodies() const {
    std::lock_guard const lock(mutex_);
    return bodies_;
  }

 private:
  /// One connection at a time, in the order of their arrival.
  void serve() {
    for (;;) {
      sla::Descriptor const peer(::accept4(listener_.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!peer) return;
      if (!opened(peer.get())) return;
      while (exchange(peer.get())) {
      }
      (void)opened(-1);
    }
  }
  bool opened(int descriptor) {
    std::lock_guard const lock(mutex_);
    open_ = descriptor;
    if (descriptor >= 0) ++connections_;
    return !ended_;
  }

  /// One request and its answer; whether the connection stays.
  bool exchange(int peer) {
    std::string head, body;
    return loopback::receive_request(peer, head, body) &&
           loopback::send_answer(peer, next(head, body));
  }
  CannedAnswer next(std::string const& head, std::string const& body) {
    std::lock_guard const lock(mutex_);
    heads_.push_back(head);
    bodies_.push_back(body);
    return answers_[std::min(heads_.size(), answers_.size()) - 1];
  }

  std::vector<CannedAnswer> answers_;
  loopback::Listener listener_{16};
  mutable std::mutex mutex_;
  std::vector<std::string> heads_;
  std::vector<std::string> bodies_;
  int connections_ = 0;
  int open_ = -1;
  bool ended_ = false;
  std::thread thread_;
};
