#include "sim/crew.hpp"

#include <stdexcept>

#include "sim/chance.hpp"

namespace troupe::sim {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds never{INT64_C(1'000'000'000'000)};

class acting_agent : public reactive_agent {
public:
  acting_agent(crew& of, size_t who) : of_(of), who_(who) {}
  void perform(const task& t, reply done) override {
    of_.perform(who_, t, std::move(done));
  }

private:
  crew& of_;
  size_t who_;
};

class acting_blocking_agent : public agent {
public:
  acting_blocking_agent(crew& of, size_t who) : of_(of), who_(who) {}
  outcome perform(const task& t, context&) override {
    return of_.perform_at_once(who_, t);
  }

private:
  crew& of_;
  size_t who_;
};

uint64_t dice(const plan& from, const task& t, uint64_t salt) {
  return mix(mix(mix(mix(from.seed, t.name), t.input), t.attempt), salt);
}

/// No two attempts say the same: who said what can be told from the row.
std::string good_output(const task& t, uint64_t n) {
  return R"({"ok":true,"of":")" + t.name + R"(","attempt":)"
         + std::to_string(t.attempt) + R"(,"n":)" + std::to_string(n % 8)
         + R"(,"id":")" + t.id + R"("})";
}

std::string wrong_output(uint64_t n) {
  switch (n % 4) {
    case 0:
      return R"({"ok":false})";
    case 1:
      return "7";
    case 2:
      return "this is no JSON";
    default:
      return "";
  }
}

outcome stopped() {
  return outcome::failed("stopped, as asked", category::cancelled);
}

outcome growth(const task& t, uint64_t n) {
  std::string more = "[";
  for (uint64_t i = 0; i <= n % 3; ++i) {
    if (i > 0)
      more += ',';
    more += R"({"name":"g)" + std::to_string(i)
            + R"(","agent":{"capabilities":["a"]},"timeout":"2s",)"
              R"("backoff":{"base":"20ms"},"input":")"
            + t.name + R"("})";
  }
  return outcome::done(good_output(t, n)).with_tasks(more + "]");
}

} // namespace

crew::crew(const plan& from, ledger& book, complaint wrong)
  : plan_(from), book_(book), wrong_(std::move(wrong)) {}

std::vector<agent_spec> crew::specs() {
  std::vector<agent_spec> all;
  for (size_t i = 0; i < plan_.agents.size(); ++i) {
    const auto& x = plan_.agents[i];
    agent_spec spec;
    spec.who = x.who;
    spec.outside = x.outside;
    if (x.blocking)
      spec.make = agent_factory{[this, i] {
        return std::make_unique<acting_blocking_agent>(*this, i);
      }};
    else
      spec.make = reactive_factory{
        [this, i] { return std::make_unique<acting_agent>(*this, i); }};
    all.push_back(std::move(spec));
  }
  return all;
}

conduct crew::choose(const task& t) const {
  if (!calm_ && !plan_.how.conducts.empty()
      && dice(plan_, t, 1) % 100 < plan_.how.trouble)
    return plan_.how.conducts[dice(plan_, t, 2) % plan_.how.conducts.size()];
  switch (dice(plan_, t, 3) % 4) {
    case 0:
      return conduct::slow;
    case 1:
      return conduct::outside;
    default:
      return conduct::well;
  }
}

crew::attempt_key crew::begin(size_t who, const task& t) {
  ++calls_;
  auto id = core::id_from(t.id);
  if (tell)
    tell(plan_.agents[who].who.name + " begins " + t.id + " attempt "
         + std::to_string(t.attempt) + ", will do "
         + std::string{to_string(choose(t))});
  attempt_key key{id.value_or(core::id{}), t.attempt};
  const auto* known = book_.find_task(key.first);
  auto pure = known && known->step && known->step->pure;
  book_.called(key.first, key.second,
               plan_.agents[who].outside && !pure && known && known->step);
  return key;
}

void crew::perform(size_t who, const task& t, reply line) {
  if (deaf_)
    return;
  auto key = begin(who, t);
  take_in_hand(who, key, std::move(line));
  auto how = choose(t);
  if (how == conduct::growing && t.name.starts_with("g"))
    how = conduct::well;
  troubles_ += how > conduct::outside;
  behave(how, key, t);
}

void crew::take_in_hand(size_t who, const attempt_key& key, reply line) {
  for (const auto& [other, x] : in_hand_)
    if (other.first == key.first && x.at_work())
      wrong_("I10: two attempts of task " + to_string(key.first)
             + " are at work at once");
  work_in_hand x;
  x.who = who;
  x.line = std::move(line);
  const auto* known = book_.find_task(key.first);
  if (known && known->step) {
    const auto& need = *known->step->need;
    x.limit_key = need.concurrency_key;
    x.limit = need.exclusive ? 1 : need.concurrency_limit;
    if (x.limit_key.find("${") != std::string::npos)
      x.limit_key.clear(); // Only the run knows it.
  }
  check_limit(x, key);
  in_hand_[key] = std::move(x);
  check_slots(who);
}

void crew::check_slots(size_t who) {
  uint32_t n = 0;
  for (const auto& [key, x] : in_hand_)
    n += x.who == who && x.at_work();
  if (n > plan_.agents[who].who.max_load)
    wrong_("I13: agent " + plan_.agents[who].who.name + " has "
           + std::to_string(n) + " tasks, and "
           + std::to_string(plan_.agents[who].who.max_load) + " slots");
}

void crew::check_limit(const work_in_hand& x, const attempt_key& key) {
  if (x.limit_key.empty())
    return;
  uint32_t n = 1;
  for (const auto& [other, y] : in_hand_)
    n += y.limit_key == x.limit_key && y.at_work();
  if (n > x.limit)
    wrong_("I13: " + std::to_string(n) + " tasks with concurrency key `"
           + x.limit_key + "` are at work, " + std::to_string(x.limit)
           + " may be; the last one is " + to_string(key.first));
}

outcome crew::perform_at_once(size_t who, const task& t) {
  if (deaf_)
    return {};
  auto key = begin(who, t);
  auto n = dice(plan_, t, 4);
  auto how = choose(t);
  troubles_ += how > conduct::outside;
  auto say = [&](outcome what) {
    note_first(key, what);
    return what;
  };
  switch (how) {
    case conduct::failing:
      return say(outcome::failed("could not", category::network));
    case conduct::refusing:
      return say(outcome::give_up("must not"));
    case conduct::wrong:
      return say(outcome::done(wrong_output(n)));
    case conduct::throwing:
    case conduct::dropping:
      note_first(key, outcome::failed("crashed"));
      throw std::runtime_error{"simulated crash"};
    case conduct::snoozing:
      return say(outcome::snooze(milliseconds{n % 3000}));
    default:
      return say(outcome::done(good_output(t, n)));
  }
}

void crew::behave(conduct how, const attempt_key& key, const task& t) {
  auto n = dice(plan_, t, 4);
  auto delay = milliseconds{1 + n % 3000};
  auto good = outcome::done(good_output(t, n));
  switch (how) {
    case conduct::well:
      return say(key, good);
    case conduct::slow:
      note_first(key, good);
      in_hand_.at(key).line.after(delay, good);
      return say_later(delay, key, std::nullopt);
    case conduct::outside:
      return say_later(delay, key, good);
    case conduct::failing:
      return say(key, outcome::failed("could not", category::network));
    case conduct::refusing:
      return say(key, outcome::give_up("must not"));
    case conduct::wrong:
      return say(key, outcome::done(wrong_output(n)));
    case conduct::throwing:
      note_first(key, outcome::failed("crashed"));
      in_hand_.erase(key);
      throw std::runtime_error{"simulated crash"};
    case conduct::dropping:
      note_first(key, outcome::failed("dropped"));
      in_hand_.erase(key);
      return;
    case conduct::twice:
      say_later(delay, key, outcome::done(R"({"ok":true,"second":true})"));
      return say(key, good, false);
    case conduct::snoozing:
      return say(key, outcome::snooze(delay));
    case conduct::growing:
      return say(key, growth(t, n));
    case conduct::deaf:
      return;
    case conduct::hanging:
    case conduct::lying:
    case conduct::late:
      return react(how, key, t);
  }
}

/// What happens when somebody wants it to stop.
void crew::react(conduct how, const attempt_key& key, const task& t) {
  auto output = good_output(t, dice(plan_, t, 4));
  auto line = in_hand_.at(key).line;
  line.on_cancel([this, how, key, output](bool force) {
    asked_to_stop(how, key, output, force);
  });
}

void crew::asked_to_stop(conduct how, const attempt_key& key,
                         const std::string& output, bool force) {
  auto patient = dice(plan_, {}, key.second + key.first.low) % 2 == 0;
  if (how == conduct::late)
    return say(key, outcome::done(output));
  if (how == conduct::lying) {
    say_later(milliseconds{5}, key, outcome::done(output));
    return say(key, stopped(), false);
  }
  if (force || !patient)
    say(key, stopped());
}

void crew::note_first(const attempt_key& key, const outcome& what) {
  if (!spoken_.try_emplace(key, true).second)
    return;
  if (what.what == verdict::done)
    book_.answered(key.first, key.second, what.output);
  else if (what.what == verdict::snooze)
    book_.declined(key.first);
}

void crew::say(const attempt_key& key, outcome what, bool last) {
  auto pos = in_hand_.find(key);
  if (pos == in_hand_.end())
    return;
  note_first(key, what);
  pos->second.answered = true;
  auto line = pos->second.line; // It may call us back.
  if (last)
    in_hand_.erase(pos);
  line(std::move(what));
}

void crew::say_later(core::duration delay, const attempt_key& key,
                     std::optional<outcome> what, bool last) {
  later_.emplace(now_ + delay, word{key, std::move(what), last});
}

core::duration crew::next() const {
  return later_.empty() ? never : later_.begin()->first;
}

void crew::fire() {
  while (!later_.empty() && later_.begin()->first <= now_) {
    auto x = std::move(later_.begin()->second);
    later_.erase(later_.begin());
    if (x.what)
      say(x.key, std::move(*x.what), x.last);
    else
      in_hand_.erase(x.key);
  }
}

void crew::end_life() {
  deaf_ = true;
  later_.clear();
  in_hand_.clear();
}

} // namespace troupe::sim
