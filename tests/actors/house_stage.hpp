#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <caf/event_based_actor.hpp>

#include "actors/coordinator.hpp"
#include "actors/host.hpp"
#include "actors/stage.hpp"

namespace troupe::test {

struct house_config : stage_config {
  house_config() { add_message_types<caf::id_block::troupe>(); }
};

/// What came to an actor that stands in for a neighbour. It answers nothing by
/// itself: the test speaks for it.
class neighbour {
public:
  neighbour() = default;
  neighbour(caf::actor_system& sys) : heard_(new std::deque<caf::message>) {
    handle = sys.spawn([heard = heard_](caf::event_based_actor* self) {
      self->set_default_handler(
        [heard](caf::scheduled_actor*,
                caf::message_view& x) -> caf::result<caf::message> {
          heard->push_back(x.move_content_to_message());
          return caf::message{};
        });
      return caf::behavior{[](caf::ok_atom) {}};
    });
  }

  caf::actor handle;

  /// Takes out the first message of those types.
  template <class... Ts>
  std::optional<caf::message> take_message() {
    for (auto pos = heard_->begin(); pos != heard_->end(); ++pos)
      if (pos->template match_elements<Ts...>()) {
        auto x = std::move(*pos);
        heard_->erase(pos);
        return x;
      }
    return std::nullopt;
  }
  template <class T>
  std::optional<T> take() {
    auto x = take_message<T>();
    return x ? std::optional<T>{x->template get_as<T>(0)} : std::nullopt;
  }
  /// What that atom stands before.
  template <class Atom, class T>
  std::optional<T> take_after() {
    auto x = take_message<Atom, T>();
    return x ? std::optional<T>{x->template get_as<T>(1)} : std::nullopt;
  }

  /// Whether that atom came; takes it out.
  template <class Atom>
  bool took() {
    return take<Atom>().has_value();
  }

private:
  std::shared_ptr<std::deque<caf::message>> heard_;
};

/// A house of one shard, one agent, and whoever is under test.
struct house_stage : basic_stage<house_config> {
  std::shared_ptr<house> home = std::make_shared<house>();
  roster_ptr names = std::make_shared<roster>();
  roster_ptr shard_names = std::make_shared<roster>();
  std::vector<std::string> warnings;

  house_stage() {
    home->opts.shards = 1;
    home->now = [this] {
      return core::instant{std::chrono::duration_cast<core::duration>(
        scheduler.clock().now().time_since_epoch())};
    };
    home->random = [] { return 0.5; };
    home->warn = [this](const std::string& x) { warnings.push_back(x); };
    home->threads = false;
    home->unique = [n = 0u]() mutable { return n++; };
    home->agents = std::make_shared<roster>();
    home->journal = {names, "journal"};
    home->coordinator = {names, "coordinator"};
    home->directory = {names, "directory"};
    home->feed = {names, "feed"};
    home->desk = {names, "desk"};
    home->clock = {names, "clock"};
    home->shards.emplace_back(shard_names, "0");
  }

  /// Puts somebody in a place, as its supervisor would.
  uint64_t place(const roster_ptr& where, const std::string& id,
                 const caf::actor& who) {
    auto life = where->begin(id);
    where->publish(id, life, who);
    return life;
  }

  work_ptr make_work(uint32_t number, const std::string& capability,
                     uint32_t attempt = 1) {
    auto x = std::make_shared<work>();
    x->key = {run.with(number), 1, attempt};
    x->run = run;
    auto step = std::make_shared<core::step>();
    auto need = std::make_shared<core::needs>();
    need->capabilities = {capability};
    need->type = "other";
    step->name = "s" + std::to_string(number);
    step->need = need;
    x->step = step;
    x->workspace = core::text{std::string{"default"}};
    x->timeout = std::chrono::seconds{30};
    return x;
  }

  /// The same for a task that nobody may run beside another of its key.
  work_ptr exclusive_work(uint32_t number, const std::string& key) {
    auto x = std::make_shared<work>(*make_work(number, "a"));
    auto step = std::make_shared<core::step>(*x->step);
    auto need = std::make_shared<core::needs>(*step->need);
    need->exclusive = true;
    need->concurrency_key = key;
    step->need = need;
    x->step = step;
    x->concurrency_key = core::text{key};
    return x;
  }

  core::id run{uint64_t{1} << 16 | 0x7000, uint64_t{1} << 63};
};

} // namespace troupe::test
