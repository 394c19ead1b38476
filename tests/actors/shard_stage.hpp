#pragma once

#include <catch2/catch.hpp>

#include "actors/house_stage.hpp"
#include "actors/journal.hpp"
#include "actors/reader.hpp"
#include "actors/shard.hpp"
#include "store/memory_store.hpp"

namespace troupe::test {

/// A shard and its journal over a store in memory, between a scripted desk, a
/// scripted coordinator and a scripted host `ann`.
struct shard_stage : house_stage {
  neighbour desk{sys};
  neighbour chooser{sys};
  neighbour ann{sys};
  neighbour feed{sys};
  std::shared_ptr<store::memory_faults> faults =
    std::make_shared<store::memory_faults>();
  std::shared_ptr<core::store> disk = store::make_memory_store(faults);
  open_store_ptr opened;
  caf::actor writer;
  caf::actor reading;
  caf::actor owner; // The shard.
  uint64_t life = 0;

  shard_stage() {
    scheduler.advance_time(std::chrono::hours{1}); // At 0 there is no time.
    place(names, "desk", desk.handle);
    place(names, "coordinator", chooser.handle);
    place(names, "feed", feed.handle);
    place(home->agents, "ann", ann.handle);
    home->members->add("ann", false);
    auto readers = std::make_shared<roster>();
    home->readers.emplace_back(readers, "0");
    reading = caf::actor_cast<caf::actor>(sys.spawn(reader, disk));
    place(readers, "0", reading);
  }
  ~shard_stage() {
    end();
    caf::anon_send_exit(reading, caf::exit_reason::kill);
    settle();
  }

  /// A process begins: the store is opened, nobody holds anything.
  void begin() {
    begin_storage();
    open({});
  }

  /// The journal and the shard begin; the shard waits for its neighbours.
  void begin_storage() {
    if (!opened)
      opened = std::make_shared<open_store>();
    opened->writer = disk->writer();
    opened->facts = *opened->writer->open(1, home->now());
    house_ptr shared = home;
    writer = caf::actor_cast<caf::actor>(sys.spawn(journal, shared, opened));
    place(names, "journal", writer);
    life = shard_names->begin("0");
    auto made = sys.spawn(shard, shared, 0u, life);
    owner = caf::actor_cast<caf::actor>(made);
    shard_names->publish("0", life, owner);
    settle();
  }

  /// The neighbours have said what they have: the shard is open.
  void open(std::vector<token> running) {
    REQUIRE(chooser.take_after<anew_atom, uint32_t>());
    tell(ack_atom_v);
    REQUIRE(ann.take_after<held_atom, uint32_t>());
    tell(held_list{false, "ann", 1, std::move(running), {}});
  }

  /// Journal and shard end at once; what was not written is gone.
  void end() {
    for (auto* x : {&writer, &owner}) {
      caf::anon_send_exit(*x, caf::exit_reason::kill);
      *x = nullptr;
    }
    settle();
    if (opened)
      opened->writer.reset();
  }

  template <class... Ts>
  void tell(Ts&&... xs) {
    caf::anon_send(caf::actor_cast<shard_actor>(owner),
                   std::forward<Ts>(xs)...);
    settle();
  }

  // -- what the test says -----------------------------------------------------

  core::id run_of(uint32_t n) const {
    return {run.high, run.low | uint64_t{n} << 24};
  }

  /// A run of one step `a` with these fields, in YAML's flow form.
  command submission(uint64_t number, core::id key,
                     const std::string& fields = {}) {
    auto parsed = core::parse_workflow(
      "workflow: w\nsteps:\n  a: {agent: {capabilities: [x]}"
      + (fields.empty() ? "" : ", " + fields) + "}\n");
    REQUIRE(parsed.problems.empty());
    command x;
    x.number = number;
    x.target = key;
    x.workspace = "default";
    x.definition = parsed.value;
    x.body = core::text{std::string{"null"}};
    return x;
  }

  /// Gives what was offered to ann.
  void assign(const work_ptr& what, bool waits = false) {
    tell(assigned_list{
      {assigned{what->key, "ann", core::text{std::string{"{}"}}, waits}}});
  }

  void answer_of_ann(const token& key, outcome what,
                     core::end_kind how = core::end_kind::answered) {
    tell(ended_list{{ended{key, "ann", how, std::move(what), nullptr}}});
  }

  // -- what the test hears ----------------------------------------------------

  std::vector<work_ptr> offers() {
    std::vector<work_ptr> all;
    while (auto x = chooser.take<ready_list>())
      all.insert(all.end(), x->items.begin(), x->items.end());
    return all;
  }
  work_ptr offer() {
    auto all = offers();
    REQUIRE(all.size() == 1);
    return all[0];
  }
  std::vector<token> acknowledged() {
    auto x = ann.take_after<ack_atom, token_list>();
    return x ? x->items : std::vector<token>{};
  }
  core::run_row stored(core::id key) {
    auto row = *disk->reader()->find_run(key);
    REQUIRE(row);
    return *row;
  }
};

} // namespace troupe::test
