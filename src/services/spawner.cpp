#include "services/spawner.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "services/spawner_launch.hpp"

namespace troupe::services {

namespace {

constexpr std::chrono::minutes restart_period{1};

// Both ends close on exec; ours does not block, theirs does.
bool open_pipe(descriptor& read_end, descriptor& write_end,
               const descriptor& ours) {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return false;
  read_end = descriptor{ends[0]};
  write_end = descriptor{ends[1]};
  return ::fcntl(ours.get(), F_SETFL, O_NONBLOCK) == 0;
}

bool open_pipes(child_pipes& ours, std::vector<descriptor>& theirs) {
  theirs.resize(3);
  return open_pipe(theirs[0], ours.input, ours.input)
         && open_pipe(ours.output, theirs[1], ours.output)
         && open_pipe(ours.errors, theirs[2], ours.errors);
}

bool has_ended(const descriptor& pidfd) {
  pollfd wanted{pidfd.get(), POLLIN, 0};
  return ::poll(&wanted, 1, 0) == 1;
}

failure no_resources(const std::string& name, const std::string& step,
                     int error) {
  return {errc::agent_failed, category::resource,
          "cannot start `" + name + "`: " + step + ": " + std::strerror(error)
            + "; give the node more (ulimit -n, ulimit -u) or the agents fewer "
              "slots"};
}

failure not_started(const std::string& name, const spawn_message& report) {
  std::string cause = std::strerror(report.code);
  if (report.text == "exec")
    return {errc::agent_failed, category::dependency,
            "cannot start `" + name + "`: " + cause
              + "; check the command, its mode and PATH"};
  if (report.text == "chdir")
    return {errc::agent_failed, category::dependency,
            "cannot start `" + name + "` in its directory: " + cause
              + "; check the directory"};
  return no_resources(name, report.text, report.code);
}

} // namespace

core::result<std::unique_ptr<spawner>> spawner::open(spawner_options options) {
  std::unique_ptr<spawner> made{new spawner{std::move(options)}};
  std::promise<failure> tried;
  made->loop_.post([&] { tried.set_value(made->launch()); });
  if (auto why = tried.get_future().get())
    return why;
  return made;
}

spawner::spawner(spawner_options options) : options_(std::move(options)) {}

spawner::~spawner() {
  loop_.post([this] { stop(); });
  auto over = all_ended_.get_future();
  if (over.wait_for(options_.stop_time_max) == std::future_status::ready)
    return;
  // Something of them cannot be killed; their users must hear of an end all
  // the same.
  std::promise<void> told;
  loop_.post([this, &told] {
    for (auto pos = links_.begin(); pos != links_.end(); ++pos)
      lose_children(pos);
    told.set_value();
  });
  told.get_future().wait();
}

uint64_t spawner::start(spawn_spec spec, child_events events) {
  auto id = ++last_id_;
  bool room = ++running_ <= options_.children_max;
  loop_.post([this, id, room, spec = std::move(spec),
              events = std::move(events)]() mutable {
    if (auto why = room ? problem(spec) : too_many())
      return refuse(events, std::move(why));
    start_on_loop(id, std::move(spec), std::move(events));
  });
  return id;
}

failure spawner::too_many() const {
  return {errc::limit_reached, category::resource,
          "the node runs " + std::to_string(options_.children_max)
            + " processes (children_max); try again later or raise it"};
}

void spawner::terminate(uint64_t child) {
  loop_.post([this, child] { signal(child, spawn_word::terminate); });
}

void spawner::kill(uint64_t child) {
  loop_.post([this, child] { signal(child, spawn_word::kill); });
}

failure spawner::launch() {
  auto made = launch_spawner(options_.program);
  if (!made)
    return made.error();
  auto pos = links_.emplace(links_.end());
  pos->socket = std::move(made->socket);
  pos->death = std::move(made->death);
  pos->pid = made->pid;
  pid_ = made->pid;
  pos->socket_watch = loop_.watch(pos->socket.get(), EPOLLIN,
                                  [this, pos](uint32_t) { read(pos); });
  pos->death_watch = loop_.watch(pos->death.get(), EPOLLIN,
                                 [this, pos](uint32_t) { on_death(pos); });
  return {};
}

core::result<spawner::link_pos> spawner::usable_link() {
  if (stopping_)
    return failure{errc::stopping, category::cancelled,
                   "the node is stopping; the process was not started"};
  // The loop may not have come to its death yet.
  if (!links_.empty() && !links_.back().dead && has_ended(links_.back().death))
    on_death(std::prev(links_.end()));
  if (!links_.empty() && !links_.back().dead && !links_.back().ended)
    return std::prev(links_.end());
  auto now = process_loop::clock::now();
  while (!deaths_.empty() && now - deaths_.front() > restart_period)
    deaths_.pop_front();
  if (deaths_.size() >= options_.restarts_max)
    return failure{errc::escalated, category::resource,
                   "the spawner died " + std::to_string(deaths_.size())
                     + " times within a minute (restarts_max); see what kills "
                       "troupe-spawner, e.g. the out-of-memory killer"};
  if (auto why = launch())
    return why;
  return std::prev(links_.end());
}

void spawner::start_on_loop(uint64_t id, spawn_spec spec, child_events events) {
  auto to = usable_link();
  if (!to)
    return refuse(events, to.error());
  child made;
  outgoing packet;
  if (!open_pipes(made.pipes, packet.descriptors))
    return refuse(events, no_resources(spec.command[0], "pipe", errno));
  made.name = spec.command[0];
  made.events = std::move(events);
  spawn_message order{spawn_word::start, id, 0, {}, {}, std::move(spec)};
  packet.bytes = encode(order);
  if (auto error = send(*to, std::move(packet)))
    return refuse(made.events, no_resources(made.name, "send", error));
  (*to)->children.emplace(id, std::move(made));
}

void spawner::refuse(const child_events& events, failure why) {
  --running_;
  if (events.failed)
    events.failed(std::move(why));
}

// Answers an errno where it is the packet's fault. A dead spawner is none: its
// end is on the way and says so for all.
int spawner::send(link_pos to, outgoing packet) {
  if (to->waiting.empty()) {
    auto error = send_packet(to->socket.get(), packet.bytes, packet.descriptors,
                             MSG_DONTWAIT);
    if (error == 0 || error == EPIPE || error == ECONNRESET)
      return 0;
    if (error != EAGAIN)
      return error;
    // Its own descriptor, because epoll takes each only once.
    to->write_end =
      descriptor{::fcntl(to->socket.get(), F_DUPFD_CLOEXEC, spawner_socket_fd)};
    to->write_watch = loop_.watch(to->write_end.get(), EPOLLOUT,
                                  [this, to](uint32_t) { flush(to); });
  }
  to->waiting.push_back(std::move(packet));
  return 0;
}

void spawner::flush(link_pos to) {
  while (!to->waiting.empty()) {
    auto& packet = to->waiting.front();
    auto error = send_packet(to->socket.get(), packet.bytes, packet.descriptors,
                             MSG_DONTWAIT);
    if (error == EAGAIN)
      return;
    to->waiting.pop_front();
  }
  loop_.unwatch(to->write_watch);
  to->write_end.close();
}

void spawner::signal(uint64_t id, spawn_word what) {
  for (auto pos = links_.begin(); pos != links_.end(); ++pos)
    if (pos->children.contains(id)) {
      send(pos, {encode({what, id, 0, {}, {}, {}}), {}});
      return;
    }
}

void spawner::read(link_pos from) {
  spawn_packet packet;
  // Bounded, so that timers and pipes get their turn.
  for (int i = 0; i < 64; ++i) {
    switch (receive_packet(from->socket.get(), packet)) {
      case received::packet:
        on_message(from, packet.message);
        break;
      case received::nothing:
        return;
      case received::end:
        return on_end(from);
    }
  }
}

void spawner::on_message(link_pos from, const spawn_message& message) {
  auto pos = from->children.find(message.id);
  if (pos == from->children.end())
    return;
  if (message.what == spawn_word::started) {
    auto& [id, c] = *pos;
    if (c.events.started)
      c.events.started(message.code, std::move(c.pipes));
    return;
  }
  auto last = from->children.extract(pos);
  auto& [pipes, events, name] = last.mapped();
  --running_;
  if (message.what == spawn_word::gone && events.gone)
    events.gone(message.end);
  if (message.what == spawn_word::failed && events.failed)
    events.failed(not_started(name, message));
}

void spawner::on_death(link_pos of) {
  loop_.unwatch(of->death_watch);
  // Somebody else's waitpid(-1) may have been faster; that is no harm.
  ::waitpid(of->pid, nullptr, WNOHANG);
  of->dead = true;
  if (!stopping_)
    deaths_.push_back(process_loop::clock::now());
  drop_if_over(of);
}

void spawner::on_end(link_pos of) {
  loop_.unwatch(of->socket_watch);
  loop_.unwatch(of->write_watch);
  of->ended = true;
  lose_children(of);
  drop_if_over(of);
}

void spawner::drop_if_over(link_pos which) {
  if (!which->dead || !which->ended)
    return;
  links_.erase(which);
  if (stopping_ && links_.empty())
    all_ended_.set_value();
}

void spawner::lose_children(link_pos of) {
  auto children = std::move(of->children);
  of->children.clear();
  for (auto& [id, c] : children) {
    --running_;
    if (c.events.gone)
      c.events.gone({end_kind::lost, 0});
  }
}

void spawner::stop() {
  stopping_ = true;
  if (links_.empty())
    return all_ended_.set_value();
  // Its end of file; ours stays open for the last words.
  for (auto& each : links_)
    ::shutdown(each.socket.get(), SHUT_WR);
}

} // namespace troupe::services
