#include "followers.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

namespace troupe::bench {

namespace {

constexpr size_t run_id_bytes = 36;

void send_all(int fd, std::string_view text) {
  while (!text.empty()) {
    auto n = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (n <= 0)
      throw std::runtime_error("the node closed a stream");
    text.remove_prefix(static_cast<size_t>(n));
  }
}

/// A text message as clients of a WebSocket send them; short ones only.
std::string frame_of(const std::string& text) {
  std::string out{"\x81"};
  out += static_cast<char>(0x80 | text.size());
  out += std::string(4, '\0'); // A mask that changes nothing.
  return out + text;
}

const std::string subscription = R"({"type":"subscribe","id":"all"})";

} // namespace

struct followers::reader {
  int fd = -1;
  bool reads = true;
  bool of_all = false;
  std::string rest;
  story seen;
  uint64_t facts = 0;

  ~reader() {
    if (fd >= 0)
      ::close(fd);
  }
};

followers::followers(uint16_t port)
  : port_(port), poll_(::epoll_create1(EPOLL_CLOEXEC)),
    thread_([this] { run(); }) {}

followers::~followers() {
  stop();
  ::close(poll_);
}

followers::reader& followers::connect() {
  auto made = std::make_unique<reader>();
  auto& x = *made;
  x.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port_);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(x.fd, reinterpret_cast<sockaddr*>(&where), sizeof where) != 0)
    throw std::runtime_error("the node does not listen");
  std::lock_guard guard{mutex_};
  readers_.push_back(std::move(made));
  return x;
}

/// From now on the thread has it.
void followers::begin(reader& x) {
  epoll_event wanted{};
  wanted.events = EPOLLIN;
  wanted.data.ptr = &x;
  ::epoll_ctl(poll_, EPOLL_CTL_ADD, x.fd, &wanted);
}

void followers::follow(const std::string& run) {
  auto& x = connect();
  send_all(x.fd, "GET /api/v1/runs/" + run
                   + "/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  begin(x);
}

void followers::follow_all() {
  begin(subscribe());
}

void followers::ignore_all() {
  auto& x = subscribe();
  std::lock_guard guard{mutex_};
  x.reads = false;
}

followers::reader& followers::subscribe() {
  auto& x = connect();
  {
    std::lock_guard guard{mutex_};
    x.of_all = true;
  }
  send_all(x.fd, "GET /api/v1/stream HTTP/1.1\r\nHost: localhost\r\n"
                 "Connection: Upgrade\r\nUpgrade: websocket\r\n"
                 "Sec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  std::string said;
  // The first message names the place where it begins.
  for (auto asked = false; said.find("\"cursor\"") == said.npos;) {
    char piece[4096];
    auto n = ::recv(x.fd, piece, sizeof piece, 0);
    if (n <= 0)
      throw std::runtime_error("the node refuses a WebSocket");
    said.append(piece, static_cast<size_t>(n));
    if (!asked && said.find("\r\n\r\n") != said.npos) {
      send_all(x.fd, frame_of(subscription));
      asked = true;
    }
  }
  return x;
}

void followers::stop() {
  stopping_ = true;
  if (thread_.joinable())
    thread_.join();
}

void followers::run() {
  std::vector<epoll_event> ready(256);
  while (!stopping_) {
    auto n =
      ::epoll_wait(poll_, ready.data(), static_cast<int>(ready.size()), 100);
    for (int i = 0; i < n; ++i)
      read(*static_cast<reader*>(ready[static_cast<size_t>(i)].data.ptr));
    uint64_t fewest = UINT64_MAX;
    std::lock_guard guard{mutex_};
    for (const auto& x : readers_)
      if (x->of_all && x->reads)
        fewest = std::min(fewest, x->facts);
    fewest_ = fewest;
  }
}

void followers::read(reader& from) {
  static thread_local std::vector<char> piece(256 * 1024);
  auto n = ::recv(from.fd, piece.data(), piece.size(), MSG_DONTWAIT);
  if (n <= 0) {
    ::epoll_ctl(poll_, EPOLL_CTL_DEL, from.fd, nullptr);
    broken_ += from.of_all;
    return;
  }
  auto& text = from.rest;
  text.append(piece.data(), static_cast<size_t>(n));
  // Frames and lines need not be told apart: a fact begins and ends alike in
  // all of them, and nothing else looks like it.
  size_t done = 0;
  for (;;) {
    auto begin = text.find("{\"seq\":", done);
    auto run = begin == text.npos ? begin : text.find("\"run\":\"", begin);
    if (run == text.npos || run + 7 + run_id_bytes > text.size())
      break;
    done = run + 7 + run_id_bytes;
    take(from, std::string_view{text}.substr(begin, done - begin));
  }
  if (text.find("{\"kind\":\"end\"}", done) != text.npos)
    ++ended_;
  broken_ += text.find("\"lost\"", done) != text.npos;
  // What may be the beginning of a fact is kept.
  auto keep = text.find("{\"seq\":", done);
  text.erase(0, keep == text.npos
                  ? text.size() - std::min<size_t>(text.size() - done, 8)
                  : keep);
}

void followers::take(reader& from, std::string_view fact) {
  auto seq = std::strtoull(fact.data() + 7, nullptr, 10);
  auto& run = from.seen[std::string{fact.substr(fact.size() - run_id_bytes)}];
  if (seq <= run.last_seq)
    ++disordered_;
  run.last_seq = seq;
  ++run.facts;
  ++from.facts;
  ++deliveries_;
}

std::vector<followers::story> followers::stories_of_all() const {
  std::vector<story> out;
  for (const auto& x : readers_)
    if (x->of_all && x->reads)
      out.push_back(x->seen);
  return out;
}

followers::story followers::stories_of_one() const {
  story out;
  for (const auto& x : readers_)
    if (!x->of_all)
      out.insert(x->seen.begin(), x->seen.end());
  return out;
}

} // namespace troupe::bench
