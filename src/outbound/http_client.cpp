#include "outbound/http_client.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "outbound/exchange.hpp"

namespace troupe::outbound {

namespace {

failure stopping() {
  return {errc::stopping, category::unknown, "the node stops"};
}

} // namespace

std::string http_answer::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers)
    if (name == lower_case_name)
      return value;
  return {};
}

/// All but the number belongs to the client's thread.
struct http_client::parts {
  struct waiting {
    uint64_t number = 0;
    http_call what;
    http_callback then;
  };
  using timer = boost::asio::steady_timer;

  explicit parts(client_options with) : opts(std::move(with)) {}

  void post(std::function<void()> work);
  void take(waiting x);
  void begin(waiting x);
  void drop(uint64_t number);
  void end();

  const client_options opts;
  boost::asio::io_context io{1};
  lookup names{io};
  std::shared_ptr<boost::asio::ssl::context> trust; // Made when it is needed.
  std::map<uint64_t, std::shared_ptr<exchange>> under_way;
  std::map<uint64_t, std::unique_ptr<timer>> timers;
  std::deque<waiting> queue;
  bool closed = false;
  std::atomic<uint64_t> last{0};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{
    io.get_executor()};
  std::once_flag begun;
  std::thread thread;
};

void http_client::parts::take(waiting x) {
  if (closed)
    return x.then(stopping());
  if (under_way.size() < opts.connections_max)
    return begin(std::move(x));
  if (queue.size() >= opts.waiting_max)
    return x.then(failure{errc::limit_reached, category::resource,
                          "too many calls wait for a connection "
                          "(waiting_max)"});
  queue.push_back(std::move(x));
}

void http_client::parts::begin(waiting x) {
  std::unique_ptr<wire> over;
  if (x.what.to.secure) {
    if (!trust)
      trust = make_trust(opts.ca_file);
    over = tls_wire(io, *trust, x.what.to.host);
  } else {
    over = plain_wire(io);
  }
  auto done = [this, number = x.number,
               then = std::move(x.then)](core::result<http_answer> how) {
    // The next one goes before: `then` may send again.
    under_way.erase(number);
    if (!queue.empty() && !closed) {
      auto next = std::move(queue.front());
      queue.pop_front();
      begin(std::move(next));
    }
    then(std::move(how));
  };
  auto one = std::make_shared<exchange>(io, std::move(over), std::move(x.what),
                                        std::move(done));
  under_way.emplace(x.number, one);
  one->start(names);
}

void http_client::parts::drop(uint64_t number) {
  failure why{errc::cancelled, category::cancelled, "the call was cancelled"};
  if (auto pos = under_way.find(number); pos != under_way.end()) {
    auto one = pos->second;
    return one->end(std::move(why));
  }
  if (auto pos = timers.find(number); pos != timers.end()) {
    timers.erase(pos);
    return;
  }
  auto pos = std::find_if(queue.begin(), queue.end(),
                          [&](const auto& x) { return x.number == number; });
  if (pos == queue.end())
    return;
  auto then = std::move(pos->then);
  queue.erase(pos);
  then(std::move(why));
}

void http_client::parts::end() {
  closed = true;
  timers.clear();
  auto all = std::exchange(under_way, {});
  for (auto& [number, one] : all)
    one->end(stopping());
  auto left = std::exchange(queue, {});
  for (auto& x : left)
    x.then(stopping());
  work.reset();
}

http_client::http_client(client_options opts)
  : parts_(std::make_unique<parts>(std::move(opts))) {}

http_client::~http_client() {
  if (!parts_->thread.joinable())
    return; // Nobody asked for anything.
  boost::asio::post(parts_->io, [all = parts_.get()] { all->end(); });
  parts_->thread.join();
}

/// With the first call: a node that calls nobody has no thread for it.
void http_client::parts::post(std::function<void()> work) {
  std::call_once(begun, [this] { thread = std::thread{[this] { io.run(); }}; });
  boost::asio::post(io, std::move(work));
}

uint64_t http_client::send(http_call what, http_callback then) {
  auto number = ++parts_->last;
  parts::waiting x{number, std::move(what), std::move(then)};
  parts_->post([all = parts_.get(), x = std::move(x)]() mutable {
    all->take(std::move(x));
  });
  return number;
}

void http_client::cancel(uint64_t number) {
  parts_->post([all = parts_.get(), number] { all->drop(number); });
}

uint64_t http_client::after(std::chrono::milliseconds time,
                            std::function<void()> then) {
  auto number = ++parts_->last;
  auto begin = [all = parts_.get(), number, time, then = std::move(then)] {
    if (all->closed)
      return;
    auto& timer = all->timers[number];
    timer = std::make_unique<parts::timer>(all->io, time);
    timer->async_wait([all, number, then](boost::system::error_code ec) {
      if (ec || all->timers.erase(number) == 0)
        return;
      then();
    });
  };
  parts_->post(std::move(begin));
  return number;
}

} // namespace troupe::outbound
