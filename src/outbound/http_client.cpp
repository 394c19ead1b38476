#include "outbound/http_client.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "outbound/exchange.hpp"

namespace troupe::outbound {

namespace {

/// A deadline beyond it is none; a clock's numbers have an end.
constexpr std::chrono::hours deadline_max{24 * 365};

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
  using timer = boost::asio::steady_timer;
  struct waiting {
    uint64_t number = 0;
    http_call what;
    http_callback then;
    exchange::clock::time_point until{};
    std::shared_ptr<timer> patience{}; // While it stands in the queue.
  };

  explicit parts(client_options with) : opts(std::move(with)) {}

  void post(std::function<void()> work);
  void take(waiting x);
  void wait(waiting x);
  std::unique_ptr<wire> wire_to(const core::url& to, failure& why);
  void begin(waiting x);
  void drop(uint64_t number);
  using reason = std::function<failure(const http_call&)>;
  void give_up(uint64_t number, const reason& why);
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
  std::mutex beginning;
  std::thread thread;
};

void http_client::parts::take(waiting x) {
  if (closed)
    return x.then(stopping());
  if (under_way.size() < opts.connections_max)
    return begin(std::move(x));
  if (queue.size() >= opts.waiting_max)
    return x.then(failure{errc::limit_reached, category::resource,
                          std::to_string(queue.size())
                            + " calls wait for a connection already, as all "
                            + std::to_string(opts.connections_max)
                            + " are taken by calls that take long; raise "
                              "outbound.connections_max"});
  wait(std::move(x));
}

void http_client::parts::wait(waiting x) {
  x.patience = std::make_shared<timer>(io, x.until);
  x.patience->async_wait(
    [this, number = x.number](boost::system::error_code ec) {
      if (!ec)
        give_up(number, too_late);
    });
  auto before = queue.end();
  if (x.what.urgent)
    before = std::find_if(queue.begin(), queue.end(),
                          [](const auto& one) { return !one.what.urgent; });
  queue.insert(before, std::move(x));
}

std::unique_ptr<wire> http_client::parts::wire_to(const core::url& to,
                                                  failure& why) {
  if (to.secure && !trust) {
    if (auto made = make_trust(opts.ca_file))
      trust = std::move(*made);
    else
      why = made.error();
  }
  return to.secure && trust ? tls_wire(io, *trust, to.host) : plain_wire(io);
}

void http_client::parts::begin(waiting x) {
  failure why;
  auto over = wire_to(x.what.to, why);
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
  if (why)
    one->end_soon(std::move(why));
  else
    one->start(names, x.until);
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
  give_up(number, [&](const http_call&) { return why; });
}

/// One that waits.
void http_client::parts::give_up(uint64_t number, const reason& why) {
  auto pos = std::find_if(queue.begin(), queue.end(),
                          [&](const auto& x) { return x.number == number; });
  if (pos == queue.end())
    return;
  auto one = std::move(*pos);
  queue.erase(pos);
  one.then(why(one.what));
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
}

failure check_options(const client_options& opts) {
  auto made = make_trust(opts.ca_file);
  return made ? failure{} : made.error();
}

http_client::http_client(client_options opts)
  : parts_(std::make_unique<parts>(std::move(opts))) {}

http_client::~http_client() {
  boost::asio::post(parts_->io, [all = parts_.get()] {
    all->end();
    all->work.reset();
  });
  if (parts_->thread.joinable())
    parts_->thread.join();
  else
    parts_->io.run(); // Nobody asked for anything, or no thread was to be had.
}

/// The thread comes with the first call: a node that calls nobody has none.
/// Where the system has none to give, the work waits for the next call, which
/// asks again.
void http_client::parts::post(std::function<void()> what) {
  boost::asio::post(io, std::move(what));
  std::lock_guard guard{beginning};
  if (thread.joinable())
    return;
  try {
    thread = std::thread{[this] { io.run(); }};
  } catch (const std::system_error&) {
  }
}

void http_client::stop() {
  parts_->post([all = parts_.get()] { all->end(); });
}

uint64_t http_client::send(http_call what, http_callback then) {
  auto number = ++parts_->last;
  auto until =
    exchange::clock::now()
    + std::min<std::chrono::milliseconds>(what.deadline, deadline_max);
  parts::waiting x{number, std::move(what), std::move(then), until};
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
