#include "sim/ledger.hpp"

// Everything again, from what the store gives out.

namespace troupe::sim {

void ledger::audit(core::store_reader& store, uint32_t shards) {
  constexpr uint32_t segments_max = 1'000'000;
  for (uint32_t shard = 0; shard < shards; ++shard) {
    auto all = store.history(shard, 1, segments_max);
    uint64_t next = 1, epoch = 0;
    if (!all)
      return wrong("I2", "history cannot be read: " + all.error().message);
    for (const auto& x : *all) {
      if (x.first_seq != next || x.epoch < epoch)
        wrong("I2", "history of shard " + std::to_string(shard)
                      + " is not dense at " + std::to_string(x.first_seq));
      next = x.first_seq + x.count;
      epoch = x.epoch;
    }
    if (next != next_seq_[shard])
      wrong("I1", "history of shard " + std::to_string(shard) + " ends at "
                    + std::to_string(next) + " and should end at "
                    + std::to_string(next_seq_[shard]));
  }
  for (const auto& [key, run] : runs_) {
    auto stored = store.load_run(key);
    if (!stored) {
      wrong("I1", "run " + to_string(key) + " is not in the store");
      continue;
    }
    if (stored->run.state != run.told
        || stored->tasks.size() != run.tasks.size())
      wrong("I5", "run " + to_string(key) + " is stored as another one");
    for (const auto& row : stored->tasks) {
      const auto& t = run.tasks.at(row.key.number() - 1);
      if (row.state != t.shown || row.attempt != t.attempt)
        wrong("I5", "task " + to_string(row.key) + " is stored as another one");
    }
  }
}

} // namespace troupe::sim
