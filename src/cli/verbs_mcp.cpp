#include <atomic>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <ostream>
#include <random>
#include <set>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "cli/verbs.hpp"
#include "mcp/server.hpp"

// The MCP over a pipe: a message a line, both ways; nothing else goes to
// stdout.

namespace troupe::cli {

namespace {

namespace asio = boost::asio;

/// As the HTTP door's body_bytes_max.
constexpr size_t message_bytes_max = 16 * 1024 * 1024;
/// What is under way when the client has closed the pipe.
constexpr std::chrono::seconds farewell{20};

/// Calls back later, on a thread of its own.
class alarm_clock {
public:
  alarm_clock() : thread_([all = all_] { all->io.run(); }) {}

  ~alarm_clock() {
    asio::post(all_->io, [all = all_] {
      for (const auto& x : all->alarms)
        x->cancel();
      all->work.reset();
    });
    thread_.join();
  }

  /// May outlive the clock, which then rings no more.
  std::function<void(std::chrono::milliseconds, std::function<void()>)>
  setter() const {
    return [all = all_](auto time, auto then) {
      asio::post(all->io,
                 [raw = all.get(), time, then = std::move(then)]() mutable {
                   raw->set(time, std::move(then));
                 });
    };
  }

private:
  struct parts {
    asio::io_context io;
    asio::executor_work_guard<asio::io_context::executor_type> work{
      io.get_executor()};
    std::set<std::shared_ptr<asio::steady_timer>> alarms;

    void set(std::chrono::milliseconds time, std::function<void()> then) {
      auto alarm = std::make_shared<asio::steady_timer>(io, time);
      alarms.insert(alarm);
      alarm->async_wait(
        [this, alarm, then = std::move(then)](boost::system::error_code ec) {
          alarms.erase(alarm);
          if (!ec)
            then();
        });
    }
  };

  const std::shared_ptr<parts> all_ = std::make_shared<parts>();
  std::thread thread_;
};

/// The way to the client, which all answers share.
class pipe {
public:
  explicit pipe(std::ostream& out) : out_(out) {}

  bool write(const nlohmann::json& message) {
    auto line = mcp::to_line(message);
    std::lock_guard guard{mutex_};
    if (!open_)
      return false;
    out_ << line << '\n' << std::flush;
    return static_cast<bool>(out_);
  }

  void begin() {
    std::lock_guard guard{mutex_};
    ++under_way_;
  }

  void end() {
    std::lock_guard guard{mutex_};
    --under_way_;
    changed_.notify_all();
  }

  /// Nothing is written after this.
  void close() {
    std::unique_lock guard{mutex_};
    changed_.wait_for(guard, farewell, [this] { return under_way_ == 0; });
    open_ = false;
  }

  bool open() const {
    std::lock_guard guard{mutex_};
    return open_;
  }

private:
  std::ostream& out_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  size_t under_way_ = 0;
  bool open_ = true;
};

/// What belongs to one message of the client.
class pipe_outlet : public mcp::outlet {
public:
  explicit pipe_outlet(std::shared_ptr<pipe> to) : to_(std::move(to)) {
    to_->begin();
  }

  ~pipe_outlet() override {
    if (!finished_)
      to_->end();
  }

  bool send(const nlohmann::json& message) override {
    return to_->write(message);
  }

  void finish(const mcp::reply& last) override {
    if (!last.message.is_null())
      to_->write(last.message);
    if (!finished_.exchange(true))
      to_->end();
  }

  bool open() const override { return !finished_ && to_->open(); }

private:
  const std::shared_ptr<pipe> to_;
  std::atomic<bool> finished_{false};
};

/// What is told without having been asked for.
class standing_outlet : public mcp::outlet {
public:
  explicit standing_outlet(std::shared_ptr<pipe> to) : to_(std::move(to)) {}

  bool send(const nlohmann::json& message) override {
    return to_->write(message);
  }
  void finish(const mcp::reply&) override {}
  bool open() const override { return to_->open(); }

private:
  const std::shared_ptr<pipe> to_;
};

std::string chance() {
  std::random_device source;
  std::string out;
  for (int i = 0; i < 4; ++i)
    out += std::to_string(source()) + "-";
  return out;
}

/// The next line; `too_long` where it was cut. False at the end.
bool next_line(std::istream& in, std::string& line, bool& too_long) {
  line.clear();
  too_long = false;
  for (auto c = in.get(); c != std::istream::traits_type::eof(); c = in.get()) {
    if (c == '\n')
      return true;
    too_long = too_long || line.size() >= message_bytes_max;
    if (!too_long)
      line += static_cast<char>(c);
  }
  return !line.empty();
}

int serve(verb_call& call, const std::shared_ptr<core::api>& api) {
  auto out = std::make_shared<pipe>(call.out());
  alarm_clock clock;
  mcp::surroundings around;
  around.after = clock.setter();
  around.chance = chance;
  around.secret = chance();
  around.fixtures = call.has("conformance-fixtures");
  mcp::server server{std::move(around)};
  auto conversation = server.open_pipe();
  conversation->listen(std::make_shared<standing_outlet>(out));
  bool too_long = false;
  for (std::string line; next_line(std::cin, line, too_long);) {
    if (too_long)
      out->write(mcp::error_message(nullptr, mcp::code::parse_error,
                                    "a message has at most "
                                      + std::to_string(message_bytes_max)
                                      + " bytes (message_bytes_max)"));
    else if (line.find_first_not_of(" \t\r") != line.npos)
      server.take(
        {line, {api, call.workspace(), {"local", "mcp", "", ""}}, false},
        std::make_shared<pipe_outlet>(out), conversation);
  }
  server.close(); // Who only listens is not waited for.
  out->close();
  conversation->close();
  return exit_ok;
}

} // namespace

void mcp_options(adder& add) {
  add("config", po::value<std::string>()->value_name("FILE"),
      "settings of the node in this process, where none is running");
  add("conformance-fixtures",
      "offer also what the MCP conformance suite asks for");
}

int run_mcp(verb_call& call) {
  auto args = node_args_of(call);
  if (auto there = running_node(call, args))
    return serve(call, there);
  if (args.data.empty())
    call.err() << "troupe: no node is running, so the work is done in this "
                  "process and is gone with it\n"
                  "  hint: start `troupe node`, or name a directory with "
                  "--data"
               << std::endl;
  return call.around().in_process(args, [&](core::api& local) {
    // It outlives whatever asks it: the node stops after this.
    return serve(call, {std::shared_ptr<void>{}, &local});
  });
}

} // namespace troupe::cli
