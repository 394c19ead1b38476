#include <cmath>

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <nlohmann/json.hpp>

#include "actors/monitors.hpp"
#include "core/run_estimate.hpp"

namespace troupe {

namespace {

using self_ptr = progress_actor::stateful_pointer<progress_state>;
using history_ptr = std::shared_ptr<const core::performance_history>;

constexpr std::chrono::seconds told_for{1};
constexpr std::chrono::seconds history_kept_for{10};
constexpr std::chrono::seconds directory_answers_within{1};
/// Runs remembered; beyond it all are looked at anew.
constexpr size_t runs_max = 1000;
/// Of a larger run not every task is looked at: its pace says enough.
constexpr uint32_t tasks_max = 2000;

double seconds(core::duration x) {
  return std::round(std::chrono::duration<double>(x).count() * 10) / 10;
}

std::string shown(const std::optional<core::estimate>& x) {
  if (!x)
    return "null";
  return nlohmann::json{{"seconds", seconds(x->middle)},
                        {"low", seconds(x->low)},
                        {"high", seconds(x->high)}}
    .dump();
}

uint32_t tasks_of(const core::run_row& row) {
  uint32_t all = 0;
  for (auto n : row.counts)
    all += n;
  return all;
}

/// On a reader's thread.
std::optional<core::estimate> look(core::store_reader& store, core::id run,
                                   const core::performance_history& history,
                                   known_workflows& known, core::instant now) {
  auto row = store.find_run(run);
  if (!row || !*row)
    return std::nullopt;
  if (tasks_of(**row) > tasks_max)
    return core::estimate_of(**row, now);
  auto stored = store.load_run(run);
  if (!stored)
    return std::nullopt;
  auto definition =
    store.find_definition(stored->run.workspace, stored->run.definition);
  if (!definition || !*definition)
    return std::nullopt;
  auto parsed = known.parse((*definition)->body.view());
  if (!parsed.value)
    return std::nullopt;
  return core::estimate_of(*stored, *parsed.value, history, now);
}

void read_run(self_ptr self, core::id run) {
  auto& st = self->state;
  auto me = caf::actor_cast<progress_actor>(self);
  auto lost = [me, run] {
    caf::anon_send(me, done_atom_v, run, std::string{"null"});
  };
  auto job = [me, run, history = st.history, known = st.home->workflows,
              now = st.home->now()](core::store_reader& store) {
    caf::anon_send(me, done_atom_v, run,
                   shown(look(store, run, *history, *known, now)));
  };
  auto& reader = st.readers[run.low % st.readers.size()];
  // Without a reader the job is dropped here, and says so itself.
  if (auto kept = keep_promise(job, lost); auto to = reader.handle())
    self->send(to, std::move(kept));
}

void take_history(self_ptr self, const std::string& text) {
  auto fresh = std::make_shared<core::performance_history>();
  auto snapshot = nlohmann::json::parse(text, nullptr, false);
  if (!snapshot.is_discarded() && !fresh->load(snapshot))
    self->state.history = std::move(fresh);
}

/// With a history that is not too old.
void begin(self_ptr self, core::id run) {
  auto& st = self->state;
  auto now = st.home->now();
  auto to = st.directory.handle();
  auto fresh =
    st.history_at != core::no_instant && now - st.history_at < history_kept_for;
  if (fresh || !to)
    return read_run(self, run);
  st.history_at = now;
  self->request(to, directory_answers_within, perf_atom_v)
    .then(
      [self, run](const std::string& text) {
        take_history(self, text);
        read_run(self, run);
      },
      [self, run](const caf::error&) { read_run(self, run); });
}

} // namespace

progress_actor::behavior_type progress_monitor(self_ptr self, house_ptr home) {
  auto& st = self->state;
  st.directory = home->directory;
  st.readers = home->readers;
  st.history = std::make_shared<core::performance_history>();
  st.home = std::move(home);
  return {
    [self](stats_atom, core::id run) -> caf::result<std::string> {
      auto& st = self->state;
      auto pos = st.known.find(run);
      if (pos != st.known.end() && st.home->now() - pos->second.at < told_for)
        return pos->second.eta;
      auto promise = self->make_response_promise<std::string>();
      auto& waiting = st.asked[run];
      waiting.push_back(promise);
      if (waiting.size() == 1)
        begin(self, run);
      return promise;
    },
    [self](done_atom, core::id run, const std::string& eta) {
      auto& st = self->state;
      if (st.known.size() >= runs_max)
        st.known.clear();
      st.known[run] = {st.home->now(), eta};
      auto waiting = std::move(st.asked[run]);
      st.asked.erase(run);
      for (auto& x : waiting)
        x.deliver(eta);
    },
  };
}

} // namespace troupe
