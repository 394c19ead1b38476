#pragma once

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/allocation.hpp"
#include "core/id_table.hpp"
#include "core/permits.hpp"
#include "core/ranked_heap.hpp"

namespace troupe::core {

/// Equal for needs that the same agents serve with the same scores.
std::string lineup_key(const needs& need);

/// Lowest first; fixed when a task is queued, so that waiting needs no sweep.
int64_t rank_of(instant queued_at, uint8_t priority, duration ageing_step);

/// 24 bytes: there are a million.
struct queued_task {
  id task;
  uint32_t owner = nowhere; // Its class.
  uint32_t attempt : 26 = 0;
  uint32_t priority : 4 = 0;
  uint32_t careful : 1 = 0;
  uint32_t gone : 1 = 0; // Withdrawn; its place in the heap is still taken.
};

struct queued_place {
  int64_t rank = 0;
  uint32_t row = 0;
};

/// Tasks that the same agents, limits and workspace decide about.
struct ready_class {
  text workspace;
  std::shared_ptr<const needs> need; // Null: the number is free.
  text concurrency_key;
  bool limited = false; // Asks for permits.
  uint32_t lane = nowhere;
  uint32_t line = nowhere;
  uint32_t shape = nowhere;
  ranked_heap<queued_place> tasks;
  uint32_t gone = 0;       // Withdrawn tasks in the heap; never its top.
  uint64_t serial = 0;     // Tells owners of one number apart.
  uint64_t idle_since = 0; // A serial; 0: it has tasks.
  bool listed = false;     // Among those that may be removed.
  std::optional<permit_refusal> blocked;
  bool reported = false; // As starved.

  uint64_t queued() const { return tasks.size() - gone; }
};

/// All queued tasks, by class and by id.
class ready_queue {
public:
  explicit ready_queue(const allocation_options& opts) : opts_(opts) {}

  ready_class& operator[](uint32_t at) { return classes_[at]; }
  const ready_class& operator[](uint32_t at) const { return classes_[at]; }

  /// Classes and free numbers among them: those have no needs.
  uint32_t classes() const { return static_cast<uint32_t>(classes_.size()); }
  size_t known_classes() const { return by_key_.size(); }
  size_t size() const { return tasks_.size(); }

  /// The class of that task, or `nowhere`; for a new class the caller sets lane
  /// and line.
  uint32_t class_for(const ready& x);

  /// REQUIRES: the class has no tasks.
  void remove_class(uint32_t at);

  /// A class that has been without tasks for long enough to be removed.
  std::optional<uint32_t> take_idle();

  /// The row of a queued task, or `nowhere`.
  uint32_t find(id task) const { return tasks_.find(task); }
  queued_task& task(uint32_t row) { return tasks_[row]; }
  const queued_task& task(uint32_t row) const { return tasks_[row]; }

  /// REQUIRES: it is not queued.
  void push(uint32_t at, const ready& x);

  /// REQUIRES: the class has tasks.
  int64_t head_rank(uint32_t at) const { return classes_[at].tasks.top().rank; }
  const queued_task& head(uint32_t at) const {
    return tasks_[classes_[at].tasks.top().row];
  }
  instant head_queued_at(uint32_t at) const;
  queued_task pop(uint32_t at);

  /// Takes a task out of the middle.
  void withdraw(uint32_t row);

  /// Tasks of its class that go before it. O(tasks of the class).
  uint64_t ahead_of(uint32_t row) const;

  size_t bytes() const;

private:
  struct class_key {
    uint32_t shape = 0;
    std::string workspace;
    std::string concurrency_key;
    bool operator==(const class_key&) const = default;
  };
  struct class_key_hash {
    size_t operator()(const class_key& x) const;
  };

  /// Needs of equal content; the objects seen with it are recognised at once.
  struct shape {
    std::string content;
    uint32_t users = 0;
    std::vector<const needs*> seen;
  };

  struct order;

  uint32_t shape_of(const std::shared_ptr<const needs>& need);
  void remember(const std::shared_ptr<const needs>& need, uint32_t at);
  void leave_shape(uint32_t at);
  void drop_gone(uint32_t at);
  void rest(uint32_t at);
  void list(uint32_t at);

  allocation_options opts_;
  std::vector<ready_class> classes_;
  std::vector<uint32_t> free_classes_;
  std::unordered_map<class_key, uint32_t, class_key_hash> by_key_;
  std::vector<shape> shapes_;
  std::vector<uint32_t> free_shapes_;
  std::unordered_map<std::string, uint32_t> shape_by_content_;
  // The pointer keeps the needs alive, so that no other takes their address.
  std::unordered_map<const needs*,
                     std::pair<std::shared_ptr<const needs>, uint32_t>>
    seen_;
  id_table<queued_task> tasks_;
  std::deque<std::pair<uint32_t, uint64_t>> idle_;
  uint64_t serial_ = 0;
};

} // namespace troupe::core
