#include "services/spawn_wire.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace troupe::services {

namespace {

constexpr size_t descriptors_max = 3;

// Both ends are on one machine, so numbers travel as they lie in memory.
class writer {
public:
  template <class T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T> writer&
  operator<<(T value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  writer& operator<<(const std::string& text) {
    *this << static_cast<uint32_t>(text.size());
    bytes += text;
    return *this;
  }

  std::string bytes;
};

class reader {
public:
  explicit reader(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  requires std::is_arithmetic_v<T> || std::is_enum_v<T> reader&
  operator>>(T& value) {
    if (need(sizeof value)) {
      std::memcpy(&value, rest_.data(), sizeof value);
      rest_.remove_prefix(sizeof value);
    }
    return *this;
  }
  reader& operator>>(std::string& text) {
    uint32_t size = 0;
    *this >> size;
    if (need(size)) {
      text = rest_.substr(0, size);
      rest_.remove_prefix(size);
    }
    return *this;
  }

  bool good() const { return good_; }
  bool done() const { return good_ && rest_.empty(); }

private:
  bool need(size_t bytes) { return good_ = good_ && rest_.size() >= bytes; }

  std::string_view rest_;
  bool good_ = true;
};

void write_spec(writer& out, const spawn_spec& spec) {
  out << static_cast<uint32_t>(spec.command.size());
  for (auto& arg : spec.command)
    out << arg;
  out << spec.directory << static_cast<uint32_t>(spec.environment.size());
  for (auto& [name, value] : spec.environment)
    out << name << value;
  auto& limits = spec.limits;
  out << static_cast<uint8_t>(spec.clean)
      << static_cast<uint8_t>(spec.new_privileges) << limits.memory_bytes_max
      << limits.cpu_seconds_max << limits.open_files_max
      << limits.file_bytes_max;
}

void read_spec(reader& in, spawn_spec& spec) {
  uint32_t count = 0;
  uint8_t clean = 0, privileges = 0;
  in >> count;
  for (uint32_t i = 0; i < count && in.good(); ++i)
    in >> spec.command.emplace_back();
  in >> spec.directory >> count;
  for (uint32_t i = 0; i < count && in.good(); ++i) {
    std::string name, value;
    in >> name >> value;
    spec.environment.emplace(std::move(name), std::move(value));
  }
  auto& limits = spec.limits;
  in >> clean >> privileges >> limits.memory_bytes_max >> limits.cpu_seconds_max
    >> limits.open_files_max >> limits.file_bytes_max;
  spec.clean = clean != 0;
  spec.new_privileges = privileges != 0;
}

void take_descriptors(msghdr& header, std::vector<descriptor>& into) {
  for (auto* c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
      continue;
    auto count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
      into.emplace_back(fd);
    }
  }
}

} // namespace

std::string encode(const spawn_message& message) {
  writer out;
  out << message.what << message.id << message.code << message.end.how
      << static_cast<int32_t>(message.end.code) << message.text;
  if (message.what == spawn_word::start)
    write_spec(out, message.spec);
  return std::move(out.bytes);
}

std::optional<spawn_message> decode(std::string_view bytes) {
  reader in{bytes};
  spawn_message message;
  int32_t code = 0;
  in >> message.what >> message.id >> message.code >> message.end.how >> code
    >> message.text;
  message.end.code = code;
  if (message.what == spawn_word::start)
    read_spec(in, message.spec);
  if (!in.done() || message.what > spawn_word::gone
      || message.end.how > end_kind::lost)
    return std::nullopt;
  return message;
}

int send_packet(int socket, std::string_view bytes,
                const std::vector<descriptor>& descriptors, int flags) {
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(descriptors_max * sizeof(int))>
    control{};
  if (!descriptors.empty()) {
    header.msg_control = control.data();
    header.msg_controllen = CMSG_SPACE(descriptors.size() * sizeof(int));
    auto* c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(descriptors.size() * sizeof(int));
    for (size_t i = 0; i < descriptors.size(); ++i) {
      auto fd = descriptors[i].get();
      std::memcpy(CMSG_DATA(c) + i * sizeof fd, &fd, sizeof fd);
    }
  }
  while (::sendmsg(socket, &header, flags | MSG_NOSIGNAL) < 0)
    if (errno != EINTR)
      return errno;
  return 0;
}

received receive_packet(int socket, spawn_packet& into) {
  // The peek tells the packet's length; writers are bound by spawn_bytes_max.
  auto size = ::recv(socket, nullptr, 0, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
    return received::nothing;
  if (size <= 0)
    return received::end;
  std::string bytes(static_cast<size_t>(size), '\0');
  iovec part{bytes.data(), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(descriptors_max * sizeof(int))>
    control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  if (::recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0)
    return errno == EINTR ? received::nothing : received::end;
  into.descriptors.clear();
  take_descriptors(header, into.descriptors);
  auto message = decode(bytes);
  if (!message)
    return received::end;
  into.message = std::move(*message);
  return received::packet;
}

} // namespace troupe::services
