#include "store/memory_store.hpp"

#include <algorithm>
#include <vector>

#include "store/memory_state.hpp"

namespace troupe::store {

namespace {

using core::commit;
using guard = std::lock_guard<std::mutex>;

/// As many as a store on disk keeps, see `sqlite_options`.
constexpr size_t cached_outputs_max = 100'000;

class memory_writer : public core::store_writer {
public:
  explicit memory_writer(std::shared_ptr<memory_state> state)
    : state_(std::move(state)) {}

  ~memory_writer() override {
    guard lock{state_->mutex};
    if (open_)
      state_->owned = false; // Not clean: this was a crash.
  }

  core::result<core::opened> open(uint32_t shards, core::instant) override {
    guard lock{state_->mutex};
    auto& s = *state_;
    if (take_fault(s.faults->opens))
      return failure{errc::store_failed, category::resource,
                     "the memory store was told to fail"};
    if (s.owned)
      return failure{errc::store_locked, category::resource,
                     "the memory store has a writer; close that one first"};
    if (s.next_seq.empty())
      s.next_seq.assign(shards, 1);
    if (s.next_seq.size() != shards)
      return failure{errc::invalid, category::validation,
                     "the store was made with "
                       + std::to_string(s.next_seq.size()) + " shards, not "
                       + std::to_string(shards)};
    core::opened result{0, ++s.epoch, s.clean, s.newest, s.next_seq};
    s.clean = false;
    s.owned = true;
    open_ = true;
    return result;
  }

  core::commit_report
  append(const std::vector<const core::batch*>& batches) override {
    guard lock{state_->mutex};
    if (!open_ || broken_)
      return unknown("the store is not open; open another writer");
    if (take_fault(state_->faults->rolled_back))
      return {commit::rolled_back,
              {},
              {errc::store_full, category::resource,
               "the memory store was told to be full"}};
    broken_ = take_fault(state_->faults->unknown);
    if (broken_)
      return unknown("the memory store was told to fail");
    auto report = write(batches);
    broken_ = take_fault(state_->faults->unknown_but_written);
    return broken_ ? unknown("the memory store was told to fail after writing")
                   : report;
  }

  bool maintain(core::instant now) override {
    guard lock{state_->mutex};
    std::erase_if(state_->cached,
                  [now](const auto& x) { return x.second.until <= now; });
    drop_most_cached();
    forget_old(*state_, now);
    return false;
  }

  core::result<bool> backup(const std::string&) override {
    return failure{errc::invalid, category::unknown,
                   "a store in memory has no backups; use a data directory"};
  }

  core::store_stats stats() override {
    guard lock{state_->mutex};
    core::store_stats result;
    result.commits = state_->commits;
    result.rows = state_->rows;
    return result;
  }

  failure close() override {
    guard lock{state_->mutex};
    if (open_) {
      state_->clean = !broken_;
      state_->owned = false;
      open_ = false;
    }
    return {};
  }

private:
  /// Beyond the limit, those that would end first end now.
  void drop_most_cached() {
    auto& all = state_->cached;
    if (all.size() <= cached_outputs_max)
      return;
    std::vector<core::instant> ends;
    ends.reserve(all.size());
    for (const auto& [key, x] : all)
      ends.push_back(x.until);
    auto last = ends.begin()
                + static_cast<std::ptrdiff_t>(all.size() - cached_outputs_max);
    std::nth_element(ends.begin(), last - 1, ends.end());
    std::erase_if(all, [first_kept = *(last - 1)](const auto& x) {
      return x.second.until <= first_kept;
    });
  }

  static core::commit_report unknown(const char* why) {
    return {commit::unknown, {}, {errc::store_failed, category::resource, why}};
  }

  core::commit_report write(const std::vector<const core::batch*>& batches) {
    core::commit_report report;
    for (const auto* b : batches) {
      if (contradicts(*state_, *b)) {
        report.fenced.push_back(b->shard);
        report.why = {errc::fenced, category::unknown,
                      "the batch of shard " + std::to_string(b->shard)
                        + " does not follow on what is stored"};
        continue;
      }
      apply(*state_, *b);
    }
    if (!report.fenced.empty() && report.fenced.size() == batches.size())
      report.what = commit::fenced;
    else
      ++state_->commits;
    return report;
  }

  std::shared_ptr<memory_state> state_;
  bool open_ = false;
  bool broken_ = false;
};

class memory_store : public core::store {
public:
  memory_store(std::shared_ptr<memory_faults> faults, memory_options options)
    : state_(std::make_shared<memory_state>()) {
    state_->options = options;
    state_->faults =
      faults ? std::move(faults) : std::make_shared<memory_faults>();
  }

  std::unique_ptr<core::store_writer> writer() override {
    return std::make_unique<memory_writer>(state_);
  }

  std::unique_ptr<core::store_reader> reader() override {
    return make_memory_reader(state_);
  }

private:
  std::shared_ptr<memory_state> state_;
};

} // namespace

std::unique_ptr<core::store>
make_memory_store(std::shared_ptr<memory_faults> faults,
                  memory_options options) {
  return std::make_unique<memory_store>(std::move(faults), options);
}

} // namespace troupe::store
