#include "sim/store.hpp"

#include <algorithm>
#include <utility>

namespace troupe::sim {

namespace {

bool take(uint32_t& count) {
  return count > 0 && count-- > 0;
}

core::commit_report unknown(const char* why) {
  return {
    core::commit::unknown, {}, {errc::store_failed, category::resource, why}};
}

constexpr uint64_t little_free = 1u << 20;

} // namespace

/// The tables' writer, with a plug that can be pulled.
class disk::writer : public core::store_writer {
public:
  writer(disk& on, std::shared_ptr<bool> powered)
    : on_(on), powered_(std::move(powered)), to_(on.tables_->writer()) {}

  core::result<core::opened> open(uint32_t shards, core::instant now) override {
    if (!*powered_)
      return failure{errc::store_failed, category::resource, "no power"};
    auto facts = to_->open(shards, now);
    if (facts)
      on_.begun_(*facts);
    return facts;
  }
  core::commit_report
  append(const std::vector<const core::batch*>& batches) override {
    if (!*powered_)
      return unknown("no power");
    return on_.append(*to_, broken_, batches);
  }
  bool maintain(core::instant now) override {
    return *powered_ && to_->maintain(now);
  }
  core::result<bool> backup(const std::string& path) override {
    return to_->backup(path);
  }
  core::store_stats stats() override {
    auto x = to_->stats();
    if (*powered_ && on_.troubles.low)
      x.disk_free = little_free;
    return x;
  }
  failure close() override {
    return *powered_
             ? to_->close()
             : failure{errc::store_failed, category::resource, "no power"};
  }

private:
  disk& on_;
  std::shared_ptr<bool> powered_;
  std::unique_ptr<core::store_writer> to_;
  bool broken_ = false; // After an unknown end: open another one.
};

class disk::mounted_store : public core::store {
public:
  explicit mounted_store(disk& on) : on_(on), powered_(on.powered_) {}
  std::unique_ptr<core::store_writer> writer() override {
    return std::make_unique<disk::writer>(on_, powered_);
  }
  std::unique_ptr<core::store_reader> reader() override {
    return on_.tables_->reader();
  }

private:
  disk& on_;
  std::shared_ptr<bool> powered_;
};

disk::disk(opened begun, committed told)
  : faults(std::make_shared<store::memory_faults>()), begun_(std::move(begun)),
    told_(std::move(told)), tables_(store::make_memory_store(faults)),
    look_(tables_->reader()) {}

std::shared_ptr<core::store> disk::mount() {
  crashed_ = false;
  powered_ = std::make_shared<bool>(true);
  return std::make_shared<mounted_store>(*this);
}

void disk::unmount() {
  *powered_ = false;
}

core::commit_report
disk::append(core::store_writer& to, bool& broken,
             const std::vector<const core::batch*>& batches) {
  if (broken)
    return unknown("the store is not open; open another writer");
  if (batches.empty())
    return {};
  if (troubles.full) {
    ++injected;
    return {
      core::commit::rolled_back,
      {},
      {errc::store_full, category::resource, "the simulated disk is full"}};
  }
  broken = take(troubles.unknown);
  crashed_ = !broken && take(troubles.crash_before);
  if (broken || crashed_) {
    ++injected;
    return unknown("the simulated disk failed");
  }
  auto report = to.append(batches);
  for (const auto* b : batches)
    if (std::count(report.fenced.begin(), report.fenced.end(), b->shard) == 0)
      told_(*b);
  broken = take(troubles.unknown_written);
  crashed_ = !broken && take(troubles.crash_after);
  if (!broken && !crashed_)
    return report;
  ++injected;
  return unknown("the simulated disk failed after writing");
}

} // namespace troupe::sim
