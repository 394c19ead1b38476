#include "cli/http_api.hpp"

#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "cli/http_link.hpp"

namespace troupe::cli {

namespace asio = boost::asio;

struct http_api::parts {
  switchboard board;
  asio::executor_work_guard<asio::io_context::executor_type> work{
    board.io.get_executor()};
  std::thread thread;
  failure problem;
};

http_api::http_api(node_address where) : http_api(std::move(where), limits{}) {}

http_api::http_api(node_address where, node_login as)
  : http_api(std::move(where), limits{}, std::move(as)) {}

http_api::http_api(node_address where, limits with, node_login as)
  : parts_(std::make_shared<parts>()) {
  parts_->board.where = std::move(where);
  parts_->board.limits = with;
  parts_->board.token = std::move(as.token);
  if (parts_->board.where.secure) {
    auto made = wire::tls_for_client(as.ca_file);
    if (made)
      parts_->board.tls = *made;
    else
      parts_->problem = made.error();
  }
  parts_->thread = std::thread{[all = parts_.get()] { all->board.io.run(); }};
}

http_api::~http_api() {
  auto* all = parts_.get();
  asio::post(all->board.io, [all] {
    auto errands = all->board.errands;
    for (const auto& x : errands)
      x->give_up();
    all->board.idle.clear();
    all->work.reset();
    all->board.io.stop();
  });
  all->thread.join();
}

bool http_api::reachable() const {
  switchboard probe;
  probe.where = parts_->board.where;
  probe.limits = parts_->board.limits;
  connection line{probe.io};
  boost::beast::error_code result = asio::error::not_connected;
  connect_plainly(probe, line,
                  [&](boost::beast::error_code ec) { result = ec; });
  probe.io.run();
  return !result;
}

failure http_api::problem() const {
  return parts_->problem;
}

void http_api::call(core::api_request what,
                    std::function<void(core::api_answer)> then) {
  auto& board = parts_->board;
  asio::post(board.io, [&board, what = std::move(what),
                        then = std::move(then)]() mutable {
    auto how = to_http(what);
    if (!how) {
      core::api_answer out;
      out.error = {errc::invalid, category::validation,
                   "no route does `" + what.op + "` with these params"};
      return then(std::move(out));
    }
    std::make_shared<call_errand>(board, std::move(*how), std::move(what),
                                  std::move(then))
      ->start();
  });
}

void http_api::watch(core::watch_request what,
                     std::function<bool(const core::watch_event&)> sink) {
  auto& board = parts_->board;
  asio::post(board.io,
             [&board, what = std::move(what), sink = std::move(sink)] {
               std::make_shared<watch_errand>(board, what, sink)->start();
             });
}

failure no_node(const node_address& where) {
  return {errc::stopping, category::network,
          "no node answers at " + to_text(where)
            + "; start one with `troupe node`"};
}

} // namespace troupe::cli
