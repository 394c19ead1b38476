#include <charconv>

#include <caf/send.hpp>

#include "core/sequence_search.hpp"
#include "runtime/api_question.hpp"
#include "runtime/live_hub.hpp"

// A stream: what the store has, then what happens.

namespace troupe::runtime {

namespace {

/// Facts of two runs may come into a shard's order later than they were made,
/// but not that much.
constexpr std::chrono::minutes order_slack{1};

/// From where on a shard's history can hold facts of this run.
core::result<uint64_t> story_begin(core::store_reader& store,
                                   const core::run_row& row, uint32_t shard) {
  auto at = [&](uint64_t seq) -> core::result<std::optional<core::instant>> {
    auto found = store.history(shard, seq, 1);
    if (!found)
      return found.error();
    if (found->empty())
      return std::optional<core::instant>{};
    const auto& segment = found->front();
    auto facts = core::read_facts(segment.facts.view(), segment.first_seq);
    if (!facts)
      return facts.error();
    return facts->empty() ? std::optional<core::instant>{}
                          : std::optional{facts->front().at};
  };
  return core::first_since(at, row.created_at - order_slack);
}

constexpr const char* restarting = "a part of the node restarted";

} // namespace

/// Leads one follower from the past to the present.
struct node_api::watching : std::enable_shared_from_this<watching> {
  std::weak_ptr<node_api> node;
  core::watch_request what;
  watcher_ptr who;
  std::shared_ptr<live_hub> hub;
  uint32_t shards = 1;

  void ask(read_job job) {
    auto lost = [me = shared_from_this()] { me->who->lose(restarting); };
    auto to = node.lock();
    if (!to)
      return lost();
    to->read(keep_promise(std::move(job), lost),
             [lost](const core::api_answer&) { lost(); });
  }

  /// The run's row; else it has told why there is none.
  std::optional<core::run_row> row(core::store_reader& store) {
    auto found = store.find_run(what.run);
    if (found && *found && (*found)->workspace == what.workspace)
      return *found;
    who->lose(found ? "there is no such run" : found.error().message);
    return std::nullopt;
  }

  void begin_run() {
    ask([me = shared_from_this()](core::store_reader& store) {
      auto run = me->row(store);
      if (!run)
        return;
      auto shard = core::shard_of(me->what.run.slot(), me->shards);
      // Facts of a run begin with the run: none are older than it.
      auto begin = story_begin(store, *run, shard);
      if (!begin)
        return me->who->lose(begin.error().message);
      uint64_t after = 0;
      const auto& text = me->what.after;
      std::from_chars(text.data(), text.data() + text.size(), after);
      me->who->begin_at({std::max(after, *begin)});
      me->tell_past();
    });
  }

  void begin_all() {
    if (what.after.empty())
      return join(); // From now on: it is told where that is.
    auto from = core::positions_from(what.after);
    if (!from || from->size() != shards)
      return who->lose("the cursor is not of this node");
    who->begin_at(std::move(*from));
    tell_past();
  }

  void tell_past() {
    ask([me = shared_from_this()](core::store_reader& store) {
      auto go_on = [me] { me->tell_past(); };
      auto how = me->who->tell_past(store, me->shards, go_on);
      if (how == watcher::past::more)
        me->tell_past(); // Others read in between.
      else if (how == watcher::past::told)
        me->join();
    });
  }

  void join() {
    hub->join(who, [me = shared_from_this()] { me->tell_rest(); });
  }

  /// What came between the past and the present.
  void tell_rest() {
    ask([me = shared_from_this()](core::store_reader& store) {
      auto ended = false;
      if (me->what.run) {
        auto run = me->row(store);
        if (!run)
          return;
        ended = core::terminal(run->state);
      }
      auto how = watcher::past::more;
      while (how == watcher::past::more)
        how = me->who->tell_past(store, me->shards, nullptr);
      me->who->catch_up(ended);
    });
  }
};

void node_api::watch(core::watch_request what,
                     std::function<bool(const core::watch_event&)> sink) {
  auto guide = std::make_shared<watching>();
  guide->node = weak_from_this();
  guide->what = what;
  guide->who = std::make_shared<watcher>(what, std::move(sink));
  guide->shards = home_->opts.shards;
  if (!open_)
    return guide->who->lose("the node is stopping");
  guide->hub = hub();
  if (what.run)
    guide->begin_run();
  else
    guide->begin_all();
}

std::shared_ptr<live_hub> node_api::hub() {
  std::lock_guard guard{hub_mutex_};
  if (hub_)
    return hub_;
  live_hub::ports ports;
  ports.shards = home_->opts.shards;
  ports.follow_feed = [home = home_](feed_callback tell) {
    auto to = child_ref<feed_actor>{home->feed}.handle();
    if (to)
      caf::anon_send(to, watch_atom_v, core::id{}, std::move(tell));
    return static_cast<bool>(to);
  };
  // Weak: the feed's hold on the hub must not keep the node.
  ports.read = [weak = weak_from_this()](read_job job,
                                         std::function<void()> lost) {
    auto me = weak.lock();
    if (!me)
      return lost();
    me->read(keep_promise(std::move(job), lost),
             [lost](const core::api_answer&) { lost(); });
  };
  return hub_ = std::make_shared<live_hub>(std::move(ports));
}

} // namespace troupe::runtime
