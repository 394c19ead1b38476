#include "gateway/http_server.hpp"

#include <thread>
#include <vector>

#include "gateway/house.hpp"
#include "gateway/listener.hpp"
#include "gateway/mcp_door.hpp"

namespace troupe::gateway {

namespace {

using work_guard =
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type>;

std::string joined(const std::vector<std::string>& sentences) {
  std::string out;
  for (const auto& x : sentences)
    out += (out.empty() ? "" : "; ") + x;
  return out;
}

} // namespace

struct http_server::parts {
  house_ptr house;
  std::vector<std::shared_ptr<listener>> listeners;
  std::unique_ptr<boost::asio::steady_timer> deadline;
  std::unique_ptr<work_guard> work;
  std::thread thread;
  uint16_t port = 0;

  failure secure();
  failure listen();
  void begin_stop(std::chrono::milliseconds time);
  void end();
};

// Before the thread is there.
failure http_server::parts::secure() {
  if (house->opts.tls.empty())
    return {};
  auto made = wire::tls_for_server(house->opts.tls);
  if (!made)
    return made.error();
  house->tls = *made;
  return {};
}

failure http_server::parts::listen() {
  const auto& opts = house->opts;
  if (!opts.listen.empty()) {
    auto made = listener::on_tcp(house);
    if (!made)
      return made.error();
    port = (*made)->port();
    listeners.push_back(*made);
  }
  if (!opts.unix_socket.empty()) {
    auto made = listener::on_unix(house);
    if (!made)
      return made.error();
    listeners.push_back(*made);
  }
  return {};
}

// On the house's thread.
void http_server::parts::begin_stop(std::chrono::milliseconds time) {
  for (auto& x : listeners)
    x->close();
  house->stopping = true;
  house->when_empty = [this] { end(); };
  deadline = std::make_unique<boost::asio::steady_timer>(house->io, time);
  deadline->async_wait([this](boost::system::error_code ec) {
    if (!ec)
      end();
  });
  // Leaving changes the book, so go through a copy.
  auto all = house->guests;
  for (auto* x : all)
    if (house->guests.count(x) > 0)
      x->leave();
  if (house->guests.empty())
    end();
}

void http_server::parts::end() {
  house->when_empty = nullptr;
  deadline->cancel();
  auto all = house->guests;
  for (auto* x : all)
    if (house->guests.count(x) > 0)
      x->close();
  work.reset();
}

http_server::http_server(std::shared_ptr<core::api> api, gateway_options opts)
  : parts_(std::make_unique<parts>()) {
  parts_->house = std::make_shared<house>(std::move(api), std::move(opts));
  parts_->house->mcp = make_mcp_door(parts_->house);
}

http_server::~http_server() {
  stop(std::chrono::milliseconds{0});
}

failure http_server::start() {
  auto wrong = problems(parts_->house->opts);
  if (!wrong.empty())
    return {errc::invalid, category::validation, joined(wrong)};
  if (auto bad = parts_->secure())
    return bad;
  if (auto bad = parts_->listen()) {
    parts_->listeners.clear();
    return bad;
  }
  auto& io = parts_->house->io;
  parts_->work = std::make_unique<work_guard>(io.get_executor());
  for (auto& x : parts_->listeners)
    x->start();
  parts_->thread = std::thread{[&io] { io.run(); }};
  return {};
}

uint16_t http_server::port() const {
  return parts_->port;
}

failure http_server::renew_tls() {
  const auto& in = parts_->house;
  if (in->opts.tls.empty())
    return {};
  auto made = wire::tls_for_server(in->opts.tls);
  if (!made)
    return made.error();
  in->post([in, with = *made] { in->tls = with; });
  return {};
}

failure http_server::renew_login(login_rules_ptr rules) {
  const auto& in = parts_->house;
  auto as = in->opts;
  as.login = rules;
  auto wrong = problems(as);
  if (!wrong.empty())
    return {errc::invalid, category::validation, joined(wrong)};
  in->post([in, with = std::move(rules)] { in->keeper.renew(with); });
  return {};
}

void http_server::end_token_streams() {
  const auto& in = parts_->house;
  in->post([in] {
    for (auto* x : std::set<guest*>{in->by_token})
      if (in->by_token.count(x) > 0)
        x->expire();
  });
}

void http_server::on_answer(answer_listener listen) {
  parts_->house->figures.on_answer(std::move(listen));
}

void http_server::add_figures(core::metric_page& to) const {
  parts_->house->figures.add_to(to);
}

void http_server::stop(std::chrono::milliseconds deadline) {
  if (!parts_->thread.joinable())
    return;
  auto* all = parts_.get();
  all->house->post([all, deadline] { all->begin_stop(deadline); });
  all->thread.join();
  // Answers that come later find the gate shut. What slipped in before that is
  // run here, so that nothing is kept alive by a queue that nobody runs.
  all->house->shut();
  all->house->mcp->close();
  all->house->io.restart();
  all->house->io.poll();
  all->listeners.clear();
}

} // namespace troupe::gateway
