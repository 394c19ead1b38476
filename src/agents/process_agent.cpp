#include "agents/process_agent.hpp"

#include <map>
#include <mutex>
#include <utility>

#include "agents/task_environment.hpp"
#include "services/process_contract.hpp"

namespace troupe::agents {

using services::process_run;

struct process_agent::attempts {
  using key = std::pair<std::string, uint32_t>;

  // False if it is there already.
  bool reserve(const key& which) {
    std::lock_guard guard{mutex};
    return runs.try_emplace(which).second;
  }
  void remove(const key& which) {
    std::lock_guard guard{mutex};
    runs.erase(which);
  }

  std::mutex mutex;
  std::map<key, std::weak_ptr<process_run>> runs;
};

namespace {

outcome failed(const failure& why) {
  auto result = outcome::failed(why.message, why.kind);
  result.error.code = why.code;
  return result;
}

void end(const std::weak_ptr<process_run>& which, bool force) {
  auto run = which.lock();
  if (!run)
    return; // It is over.
  if (force)
    run->kill();
  else
    run->cancel();
}

} // namespace

process_agent::process_agent(services::spawner& through,
                             std::shared_ptr<const process_kind> kind)
  : spawner_(through), kind_(std::move(kind)),
    attempts_(std::make_shared<attempts>()) {}

process_agent::~process_agent() {
  std::lock_guard guard{attempts_->mutex};
  for (auto& [key, run] : attempts_->runs)
    end(run, true);
}

void process_agent::perform(const task& t, reply done) {
  auto request = kind_->plan(t);
  if (!request)
    return done(failed(request.error()));
  attempts::key key{t.id, t.attempt};
  if (!attempts_->reserve(key))
    return done(failed({errc::invalid_state, category::unknown,
                        "attempt " + std::to_string(t.attempt) + " of task "
                          + t.id + " is running here already"}));
  services::run_events events;
  events.progress = [done](double fraction, std::string note) {
    done.progress(fraction, std::move(note));
  };
  events.log = [done](std::string line) { done.log(std::move(line)); };
  events.ended = [done, key, t, kind = kind_,
                  all = attempts_](services::run_end end) {
    all->remove(key);
    done(kind->judge(t, std::move(end)));
  };
  // Under the lock, or a run that ends at once would be entered after its end.
  std::weak_ptr<process_run> run;
  {
    std::lock_guard guard{attempts_->mutex};
    run = process_run::start(spawner_, std::move(*request), std::move(events));
    attempts_->runs[key] = run;
  }
  done.on_cancel([run](bool force) { end(run, force); });
}

void process_agent::start(const task& t, std::shared_ptr<reply::sink> to) {
  perform(t, reply{std::move(to)});
}

void process_agent::cancel(const std::string& task_id, uint32_t attempt,
                           bool force) {
  std::lock_guard guard{attempts_->mutex};
  auto pos = attempts_->runs.find({task_id, attempt});
  if (pos != attempts_->runs.end())
    end(pos->second, force);
}

size_t process_agent::running() const {
  std::lock_guard guard{attempts_->mutex};
  return attempts_->runs.size();
}

namespace {

class command : public process_kind {
public:
  command(services::spawn_spec program, services::run_limits limits,
          services::answer_form answers)
    : program_(std::move(program)), limits_(limits), answers_(answers) {}

  core::result<services::run_request> plan(const task& t) const override {
    services::run_request request;
    request.program = program_;
    request.input = services::task_object(t);
    request.limits = limits_;
    add_task(request.program.environment, t);
    return request;
  }

  outcome judge(const task&, services::run_end end) const override {
    auto name = program_.command.empty() ? "process" : program_.command[0];
    return services::judge(std::move(end), name, answers_);
  }

private:
  services::spawn_spec program_;
  services::run_limits limits_;
  services::answer_form answers_;
};

} // namespace

std::shared_ptr<const process_kind>
command_kind(services::spawn_spec program, services::run_limits limits,
             services::answer_form answers) {
  return std::make_shared<command>(std::move(program), limits, answers);
}

} // namespace troupe::agents
