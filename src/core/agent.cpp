#include "troupe/agent.hpp"

#include <utility>

namespace troupe {

outcome outcome::done(std::string output) {
  outcome x;
  x.output = std::move(output);
  return x;
}

outcome outcome::failed(std::string message, category kind) {
  outcome x;
  x.what = verdict::failed;
  x.error = {errc::agent_failed, kind, std::move(message)};
  return x;
}

outcome outcome::give_up(std::string message) {
  return failed(std::move(message), category::business);
}

outcome outcome::snooze(std::chrono::milliseconds delay) {
  outcome x;
  x.what = verdict::snooze;
  x.delay = delay;
  return x;
}

outcome outcome::with_tasks(std::string tasks) && {
  more = std::move(tasks);
  return std::move(*this);
}

reply::reply(std::shared_ptr<sink> to) : sink_(std::move(to)) {}

void reply::operator()(outcome result) const {
  sink_->give(std::move(result));
}

void reply::after(std::chrono::milliseconds delay, outcome result) const {
  sink_->give_after(delay, std::move(result));
}

bool reply::cancelled() const {
  return sink_->cancelled();
}

void reply::progress(double fraction, std::string note) const {
  sink_->progress(fraction, std::move(note));
}

void reply::on_cancel(std::function<void(bool force)> react) const {
  sink_->on_cancel(std::move(react));
}

void reply::log(std::string line) const {
  sink_->log(std::move(line));
}

void reply::sink::on_cancel(std::function<void(bool force)>) {}

void reply::sink::log(std::string) {}

} // namespace troupe
