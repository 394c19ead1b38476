#include "gateway/mcp_door.hpp"

#include <cstdio>
#include <random>

namespace troupe::gateway {

namespace {

/// 128 random bits.
std::string chance() {
  std::random_device source;
  std::string out;
  for (int i = 0; i < 4; ++i) {
    char digits[9];
    std::snprintf(digits, sizeof digits, "%08x", source());
    out += digits;
  }
  return out;
}

void set_alarm(const house_ptr& in, std::chrono::milliseconds time,
               std::function<void()> then) {
  auto alarm = std::make_shared<boost::asio::steady_timer>(in->io, time);
  auto& all = in->mcp->alarms;
  all.insert(alarm);
  // The house outlives its alarms: it cancels them before it goes.
  alarm->async_wait(
    [&all, alarm, then = std::move(then)](boost::system::error_code ec) {
      all.erase(alarm);
      if (!ec)
        then();
    });
}

} // namespace

void mcp_door::close() {
  server.close();
  for (const auto& x : alarms)
    x->cancel();
}

std::unique_ptr<mcp_door> make_mcp_door(const house_ptr& in) {
  mcp::surroundings around;
  around.after = [weak = std::weak_ptr<house>{in}](
                   std::chrono::milliseconds time, std::function<void()> then) {
    auto self = weak.lock();
    if (self)
      self->post([weak, time, then = std::move(then)]() mutable {
        if (auto again = weak.lock())
          set_alarm(again, time, std::move(then));
      });
  };
  around.chance = chance;
  around.secret = chance() + chance();
  around.fixtures = in->opts.conformance_fixtures;
  return std::make_unique<mcp_door>(std::move(around));
}

} // namespace troupe::gateway
