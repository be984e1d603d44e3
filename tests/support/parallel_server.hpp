// SPDX-License-Identifier: MIT
#pragma once
// A plain HTTP server on 127.0.0.1 that serves each connection in a thread of its own and answers
// as the test says.
#include <sys/socket.h>

#include <algorithm>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "loopback_server.hpp"
#include "sla/core/descriptor.hpp"

class ParallelServer {
 public:
  /// What is answered to a request, from its head and its body; it may wait.
  using Answer = std::function<CannedAnswer(std::string_view head, std::string_view body)>;

  explicit ParallelServer(Answer answer) : answer_(std::move(answer)) {
    thread_ = std::thread([this] { accept(); });
  }
  ParallelServer(ParallelServer const&) = delete;
  ParallelServer& operator=(ParallelServer const&) = delete;
  ~ParallelServer() {
    ::shutdown(listener_.socket.get(), SHUT_RDWR);
    thread_.join();
    for (auto& peer : peers_) ::shutdown(peer.socket.get(), SHUT_RDWR);
    for (auto& peer : peers_) peer.thread.join();
  }

  [[nodiscard]] std::uint16_t port() const { return listener_.port; }
  /// How many connections there were so far.
  [[nodiscard]] std::size_t connections() const {
    std::lock_guard const lock(mutex_);
    return peers_.size();
  }

 private:
  struct Peer {
    sla::Descriptor socket;
    std::thread thread{};
  };

  void accept() {
    for (;;) {
      sla::Descriptor made(::accept4(listener_.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!made) return;
      std::lock_guard const lock(mutex_);
      Peer& peer = peers_.emplace_back(Peer{std::move(made)});
      peer.thread = std::thread([this, socket = peer.socket.get()] { serve(socket); });
    }
  }
  void serve(int socket) {
    for (std::string head, body; loopback::receive_request(socket, head, body);
         head.clear(), body.clear()) {
      if (!loopback::send_answer(socket, answer_(head, body))) break;
    }
    ::shutdown(socket, SHUT_RDWR);
  }

  Answer answer_;
  loopback::Listener listener_{256};
  mutable std::mutex mutex_{};
  std::list<Peer> peers_{};
  std::thread thread_{};
};
