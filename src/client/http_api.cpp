#include "client/http_api.hpp"

#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "client/http_link.hpp"

namespace troupe::remote {

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
  auto how = to_http(what);
  if (how)
    return send(std::move(*how), std::move(what), std::move(then));
  asio::post(parts_->board.io, [op = what.op, then = std::move(then)] {
    core::api_answer out;
    out.error = {errc::invalid, category::validation,
                 "no route does `" + op + "` with these params"};
    then(std::move(out));
  });
}

void http_api::send(http_call what, core::api_request as,
                    std::function<void(core::api_answer)> then) {
  auto& board = parts_->board;
  asio::post(board.io, [&board, what = std::move(what), as = std::move(as),
                        then = std::move(then)]() mutable {
    std::make_shared<call_errand>(board, std::move(what), as, std::move(then))
      ->start();
  });
}

void http_api::watch(core::watch_request what,
                     std::function<bool(const core::watch_event&)> sink) {
  auto& board = parts_->board;
  asio::post(board.io,
             [&board, what = std::move(what), sink = std::move(sink)] {
               stream_query query;
               query.run = what.run ? to_string(what.run) : std::string{};
               query.after = what.after;
               std::make_shared<watch_errand>(board, stream_target(query),
                                              what.workspace, what.by, sink)
                 ->start();
             });
}

core::api_answer
http_api::watch_here(const stream_query& what, const std::string& workspace,
                     const std::function<bool(const core::watch_event&)>& sink,
                     std::stop_token stop) {
  const auto& ours = parts_->board;
  switchboard board;
  board.where = ours.where;
  board.tls = ours.tls;
  board.token = ours.token;
  board.limits = ours.limits;
  core::api_answer out;
  auto errand = std::make_shared<watch_errand>(
    board, stream_target(what), workspace, core::origin{}, sink,
    [&](core::api_answer got) { out = std::move(got); });
  errand->start();
  std::stop_callback on_stop{
    std::move(stop), [&] { asio::post(board.io, [&] { errand->give_up(); }); }};
  board.io.run();
  return out;
}

failure no_node(const node_address& where) {
  return {errc::stopping, category::network,
          "no node answers at " + to_text(where)
            + "; start one with `troupe node`"};
}

} // namespace troupe::remote
