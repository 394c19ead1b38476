#include "runtime/scheduler.hpp"

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_set>

#include <caf/actor_system_config.hpp>
#include <caf/policy/unprofiled.hpp>
#include <caf/scheduler/coordinator.hpp>

namespace troupe::runtime {

namespace {

using caf::detail::thread_safe_actor_clock;

/// How long a worker without work stays awake. A message that comes meanwhile
/// need not wake it, which takes longer than most handlers.
constexpr std::chrono::microseconds stays_awake{50};

/// One queue of runnable actors for all workers, in the order of arrival.
class run_queue {
public:
  void push(caf::resumable* job) {
    auto wake = false;
    {
      std::lock_guard guard{mutex_};
      jobs_.push_back(job);
      size_ = jobs_.size();
      // Those who are awake look by themselves.
      wake = sleeping_ > 0 && jobs_.size() > looking_;
    }
    if (wake)
      more_.notify_one();
  }

  caf::resumable* pop() {
    if (auto* job = try_pop())
      return job;
    ++looking_;
    auto* job = look();
    --looking_;
    return job ? job : wait();
  }

  template <class F>
  void drain(F each) {
    while (auto* job = try_pop())
      each(job);
  }

private:
  caf::resumable* take() { // REQUIRES: locked, not empty.
    auto* job = jobs_.front();
    jobs_.pop_front();
    size_ = jobs_.size();
    return job;
  }

  caf::resumable* try_pop() {
    if (size_ == 0)
      return nullptr;
    std::lock_guard guard{mutex_};
    return jobs_.empty() ? nullptr : take();
  }

  caf::resumable* look() {
    using clock = std::chrono::steady_clock;
    for (auto until = clock::now() + stays_awake; clock::now() < until;) {
      if (auto* job = try_pop())
        return job;
      std::this_thread::yield(); // To threads that have something to do.
    }
    return nullptr;
  }

  caf::resumable* wait() {
    std::unique_lock guard{mutex_};
    ++sleeping_;
    more_.wait(guard, [this] { return !jobs_.empty(); });
    --sleeping_;
    return take();
  }

  std::mutex mutex_;
  std::condition_variable more_;
  std::deque<caf::resumable*> jobs_;
  std::atomic<size_t> size_{0};
  std::atomic<size_t> looking_{0};
  size_t sleeping_ = 0;
};

/// What CAF asks of a policy.
class one_queue : public caf::policy::unprofiled {
public:
  struct coordinator_data {
    explicit coordinator_data(caf::scheduler::abstract_coordinator*) {}
    run_queue jobs;
  };
  struct worker_data {
    explicit worker_data(caf::scheduler::abstract_coordinator*) {}
  };

  template <class Coordinator>
  void central_enqueue(Coordinator* self, caf::resumable* job) {
    d(self).jobs.push(job);
  }
  template <class Worker>
  void external_enqueue(Worker* self, caf::resumable* job) {
    d(self->parent()).jobs.push(job);
  }
  template <class Worker>
  void internal_enqueue(Worker* self, caf::resumable* job) {
    d(self->parent()).jobs.push(job);
  }
  template <class Worker>
  void resume_job_later(Worker* self, caf::resumable* job) {
    d(self->parent()).jobs.push(job);
  }
  template <class Worker>
  caf::resumable* dequeue(Worker* self) {
    return d(self->parent()).jobs.pop();
  }
  template <class Worker, class F>
  void foreach_resumable(Worker*, F) {}
  template <class Coordinator, class F>
  void foreach_central_resumable(Coordinator* self, F each) {
    d(self).jobs.drain(each);
  }
};

/// Actors that have had a timeout since they began. From many threads.
class timed_actors {
public:
  void add(caf::abstract_actor* who) {
    auto& part = part_of(who);
    std::lock_guard guard{part.mutex};
    part.actors.insert(who);
  }
  bool remove(caf::abstract_actor* who) {
    auto& part = part_of(who);
    std::lock_guard guard{part.mutex};
    return part.actors.erase(who) > 0;
  }

private:
  struct part {
    std::mutex mutex;
    std::unordered_set<caf::abstract_actor*> actors;
  };

  part& part_of(caf::abstract_actor* who) {
    // Actors are larger than a cache line: the low bits say nothing.
    return parts_[reinterpret_cast<uintptr_t>(who) / 1024 % parts_.size()];
  }

  std::array<part, 16> parts_;
};

/// Everything goes on to CAF's clock, but for ends that do not concern it.
class quiet_clock : public thread_safe_actor_clock {
public:
  explicit quiet_clock(thread_safe_actor_clock& to) : to_(to) {}

  void set_ordinary_timeout(time_point t, caf::abstract_actor* self,
                            caf::atom_value type, uint64_t id) override {
    timed_.add(self);
    to_.set_ordinary_timeout(t, self, type, id);
  }
  void set_request_timeout(time_point t, caf::abstract_actor* self,
                           caf::message_id id) override {
    timed_.add(self);
    to_.set_request_timeout(t, self, id);
  }
  void set_multi_timeout(time_point t, caf::abstract_actor* self,
                         caf::atom_value type, uint64_t id) override {
    timed_.add(self);
    to_.set_multi_timeout(t, self, type, id);
  }
  void cancel_ordinary_timeout(caf::abstract_actor* self,
                               caf::atom_value type) override {
    to_.cancel_ordinary_timeout(self, type);
  }
  void cancel_request_timeout(caf::abstract_actor* self,
                              caf::message_id id) override {
    to_.cancel_request_timeout(self, id);
  }
  void cancel_timeouts(caf::abstract_actor* self) override {
    if (timed_.remove(self))
      to_.cancel_timeouts(self);
  }
  void schedule_message(time_point t, caf::strong_actor_ptr receiver,
                        caf::mailbox_element_ptr content) override {
    to_.schedule_message(t, std::move(receiver), std::move(content));
  }
  void schedule_message(time_point t, caf::group target,
                        caf::strong_actor_ptr sender,
                        caf::message content) override {
    to_.schedule_message(t, std::move(target), std::move(sender),
                         std::move(content));
  }
  void cancel_all() override { to_.cancel_all(); }

private:
  thread_safe_actor_clock& to_;
  timed_actors timed_;
};

class node_scheduler : public caf::scheduler::coordinator<one_queue> {
public:
  using super = caf::scheduler::coordinator<one_queue>;

  explicit node_scheduler(caf::actor_system& sys) : super(sys) {}

  thread_safe_actor_clock& clock() noexcept override { return clock_; }

private:
  quiet_clock clock_{super::clock()};
};

} // namespace

void load_scheduler(caf::actor_system_config& cfg) {
  cfg.module_factories.push_back(
    [](caf::actor_system& sys) -> caf::actor_system::module* {
      return new node_scheduler(sys);
    });
}

} // namespace troupe::runtime
