// SPDX-License-Identifier: MIT
// A server for measurements: loopback [--delay MILLISECONDS] [--keep FILE] [CERTIFICATE KEY]. Takes
// any POST as SNS would, batches too, or as STS if it asks who calls, which is not counted, and any
// PUT as S3 would, of an object that is there too if it may replace it, a thread for each
// connection, with TLS where it is given a certificate; each answer but to GET comes so much later.
// Its port is the first line of its stdout. GET answers with how many POSTs, PUTs, connections and
// messages of POSTs there were so far, itself not counted. FILE gets the form of each POST, a line
// each.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_set>

#include "sla/core/descriptor.hpp"

namespace {

constexpr std::string_view published =
    "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult>"
    "<MessageId>94f20ce6-13c5-43a0-9a9e-ca52d816e90b</MessageId></PublishResult>"
    "<ResponseMetadata><RequestId>f187a3c1-376f-11df-8963-01868b7c937a</RequestId>"
    "</ResponseMetadata></PublishResponse>";

constexpr std::string_view caller =
    "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">"
    "<GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/bench</Arn>"
    "<UserId>AIDAEXAMPLE</UserId><Account>123456789012</Account></GetCallerIdentityResult>"
    "<ResponseMetadata><RequestId>01234567-89ab-cdef-0123-456789abcdef</RequestId>"
    "</ResponseMetadata></GetCallerIdentityResponse>";

std::atomic<unsigned long> posts{0};
std::atomic<unsigned long> messages{0};
std::atomic<unsigned long> puts{0};
std::atomic<unsigned long> connections{0};

/// The paths of all objects.
class Objects {
 public:
  /// Adds one; returns false if it was there.
  bool add(std::string const& path) {
    std::lock_guard const lock(mutex_);
    return paths_.insert(path).second;
  }
  bool has(std::string const& path) {
    std::lock_guard const lock(mutex_);
    return paths_.count(path) != 0;
  }

 private:
  std::mutex mutex_{};
  std::unordered_set<std::string> paths_{};
};
Objects objects;

/// What keeps the forms of all POSTs, if anything does.
class Forms {
 public:
  bool open(char const* path) {
    file_.reset(std::fopen(path, "w"));
    return file_ != nullptr;
  }
  void add(std::string_view form) {
    if (!file_) return;
    std::lock_guard const lock(mutex_);
    std::fwrite(form.data(), 1, form.size(), file_.get());
    std::fputc('\n', file_.get());
    std::fflush(file_.get());
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  std::mutex mutex_{};
  std::unique_ptr<std::FILE, Close> file_{};
};
Forms forms;

/// What is looked at of a request.
struct Request {
  std::string method{};  ///< empty at the end of a connection
  std::string path{};
  bool if_none_match = false;
  bool asks_who = false;    ///< STS, for the account of a topic's name
  std::size_t entries = 0;  ///< of a batch for SNS
};

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* connection) const { SSL_free(connection); }
};

/// One connection, plain or with TLS.
class Peer {
 public:
  Peer(int socket, SSL_CTX* context) : socket_(socket) {
    int const on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (context == nullptr) return;
    tls_.reset(SSL_new(context));
    good_ = SSL_set_fd(tls_.get(), socket) == 1 && SSL_accept(tls_.get()) == 1;
  }

  Request request() {
    std::size_t end = std::string::npos;
    while ((end = text_.find("\r\n\r\n")) == std::string::npos) {
      if (!read_more()) return {};
    }
    std::size_t const at = text_.find("Content-Length: ");
    std::size_t const size = end + 4 + (at < end ? std::strtoul(&text_[at + 16], nullptr, 10) : 0);
    std::size_t const path = text_.find(' ') + 1;
    Request request{.method = text_.substr(0, path - 1),
                    .path = text_.substr(path, text_.find(' ', path) - path),
                    .if_none_match = text_.find("\r\nIf-None-Match: *") < end};
    while (text_.size() < size) {
      if (!read_more()) return {};
    }
    request.asks_who = text_.find("Action=GetCallerIdentity", end) < size;
    if (text_.find("Action=PublishBatch&", end) < size) {
      for (std::size_t id = end; (id = text_.find(".Id=", id + 1)) < size;) ++request.entries;
    }
    bool const publishes = request.method == "POST" && !request.asks_who;
    if (publishes) forms.add(std::string_view(text_).substr(end + 4, size - end - 4));
    text_.erase(0, size);
    return request;
  }

  bool answer(std::string_view status, std::string_view body) {
    std::string const text = "HTTP/1.1 " + std::string(status) +
                             "\r\nETag: \"0\"\r\nContent-Length: " + std::to_string(body.size()) +
                             "\r\n\r\n" + std::string(body);
    int const size = static_cast<int>(text.size());
    if (tls_) return SSL_write(tls_.get(), text.data(), size) == size;
    return ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) == size;
  }

 private:
  bool read_more() {
    char block[16 * 1024];
    if (!good_) return false;
    ssize_t const n = tls_ ? SSL_read(tls_.get(), block, sizeof block)
                           : ::recv(socket_.get(), block, sizeof block, 0);
    if (n > 0) text_.append(block, static_cast<std::size_t>(n));
    return n > 0;
  }

  sla::Descriptor socket_;
  std::unique_ptr<SSL, Free> tls_{};
  std::string text_{};
  bool good_ = true;
};

/// Does what is asked for; the status of the answer.
std::string_view act(Request const& request) {
  if (request.method == "POST" && !request.asks_who) {
    ++posts;
    messages += request.entries == 0 ? 1 : request.entries;
  }
  if (request.method == "HEAD") return objects.has(request.path) ? "200 OK" : "404 Not Found";
  if (request.method != "PUT") return "200 OK";
  if (!objects.add(request.path) && request.if_none_match) return "412 Precondition Failed";
  ++puts;
  return "200 OK";
}

/// What SNS answers to a batch, whose ids are the numbers from 1 on.
std::string published_batch(std::size_t entries) {
  std::string text = "<PublishBatchResponse><PublishBatchResult><Failed/><Successful>";
  for (std::size_t id = 1; id <= entries; ++id) {
    text += "<member><Id>" + std::to_string(id) +
            "</Id><MessageId>94f20ce6-13c5-43a0-9a9e-ca52d816e90b</MessageId></member>";
  }
  return text + "</Successful></PublishBatchResult></PublishBatchResponse>";
}

void serve(int socket, SSL_CTX* context, std::chrono::milliseconds delay) {
  Peer peer(socket, context);
  for (bool first = true;; first = false) {
    Request const request = peer.request();
    if (request.method.empty()) return;
    std::string text;
    if (request.method == "GET") {
      text = std::to_string(posts) + ' ' + std::to_string(puts) + ' ' +
             std::to_string(connections) + ' ' + std::to_string(messages) + '\n';
    } else {
      if (first) ++connections;
      std::this_thread::sleep_for(delay);
    }
    std::string_view const status = act(request);
    if (request.entries != 0) text = published_batch(request.entries);
    std::string_view body = text;
    if (request.method == "POST" && text.empty()) body = request.asks_who ? caller : published;
    if (!peer.answer(status, body)) return;
  }
}

}  // namespace

int main(int count, char** words) {
  ::signal(SIGPIPE, SIG_IGN);
  std::chrono::milliseconds delay{0};
  if (count > 2 && std::string_view(words[1]) == "--delay") {
    delay = std::chrono::milliseconds{std::strtol(words[2], nullptr, 10)};
    count -= 2;
    words += 2;
  }
  if (count > 2 && std::string_view(words[1]) == "--keep") {
    if (!forms.open(words[2])) return 73;
    count -= 2;
    words += 2;
  }
  std::unique_ptr<SSL_CTX, Free> context;
  if (count == 3) {
    context.reset(SSL_CTX_new(TLS_server_method()));
    if (SSL_CTX_use_certificate_chain_file(context.get(), words[1]) != 1 ||
        SSL_CTX_use_PrivateKey_file(context.get(), words[2], SSL_FILETYPE_PEM) != 1) {
      return 78;
    }
  }
  int const listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener, any, size) != 0 || ::listen(listener, 256) != 0 ||
      ::getsockname(listener, any, &size) != 0) {
    return 71;
  }
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  for (;;) {
    int const socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket >= 0) std::thread(serve, socket, context.get(), delay).detach();
  }
}
