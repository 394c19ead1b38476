#include "sim/world.hpp"

#include <algorithm>

namespace troupe::sim {

using std::chrono::milliseconds;

namespace {

constexpr milliseconds never{INT64_C(1'000'000'000'000)};
/// Once nothing goes wrong any more, all runs end within this time.
constexpr std::chrono::minutes ends_within{30};
constexpr milliseconds lead_interval{500};
constexpr milliseconds settles_within{3'000};
/// Beyond it the actors keep each other busy for ever.
constexpr uint64_t steps_max = 20'000'000;
constexpr size_t story_lines_max = 400;

} // namespace

world::world(const plan& from, bool tell_story)
  : plan_(from), tell_story_(tell_story), chance_(mix(from.seed, 1)),
    book_([this](const std::string& x) { wrong(x); },
          tell_story
            ? ledger::complaint{[this](const std::string& x) { tell(x); }}
            : ledger::complaint{}),
    disk_([this](const core::opened& x) { book_.opened(x); },
          [this](const core::batch& b) { book_.committed(b); }),
    crew_(from, book_, [this](const std::string& x) { wrong(x); }),
    client_(from, book_, [this](const std::string& x) { wrong(x); }) {
  if (tell_story)
    crew_.tell = [this](const std::string& x) { tell(x); };
  for (const auto& work : from.work) {
    auto text = work.definition.dump();
    auto parsed = work.definition.is_array() ? core::parse_task_list(text)
                                             : core::parse_workflow(text);
    if (parsed.value)
      book_.know(parsed.value);
    else
      wrong("sim: a definition is wrong: "
            + core::to_text(parsed.problems.front(), "it"));
  }
}

world::~world() {
  end_life();
}

void world::wrong(const std::string& what) {
  if (!out_.broken.empty())
    return; // What follows from it is no news.
  out_.broken = what;
  out_.broken_at = now_;
  over_ = true;
  tell("BROKEN " + what);
}

void world::tell(const std::string& what) {
  if (!tell_story_)
    return;
  if (what == last_told_ && what.starts_with("warning"))
    return; // Again and again.
  last_told_ = what;
  auto ms = std::chrono::duration_cast<milliseconds>(now_).count();
  story_.push_back(std::to_string(ms) + " ms  " + what);
  if (story_.size() > story_lines_max)
    story_.pop_front();
}

report world::play() {
  while (!over_)
    go_on();
  out_.tasks = book_.tasks();
  out_.calls = crew_.calls();
  out_.commands = client_.commands();
  out_.faults += crew_.troubles();
  out_.lasted = now_;
  end_life();
  out_.trace = mix(out_.trace, book_.hash());
  out_.story.assign(story_.begin(), story_.end());
  return std::move(out_);
}

/// One message, or one step of time.
void world::go_on() {
  if (!life_) {
    pass_time(std::max(next_start_, now_));
    begin_life();
    return;
  }
  auto hurried = plan_.how.hurry > 0 && chance_.below(1'000) < plan_.how.hurry;
  if (hurried)
    pass_time(now_ + milliseconds{chance_.between(1, 50)});
  if (!life_ || over_)
    return;
  if (!life_->on->step())
    pass_time(next_date());
  if (!life_)
    return;
  if (life_->on->steps() + out_.steps > steps_max)
    wrong("I17: the node does not come to rest");
  if (disk_.crashed()) {
    tell("the process ends during a commit");
    end_life();
  }
}

core::duration world::next_date() const {
  auto next = std::min(client_.next(), crew_.next());
  if (auto timer = life_->on->next_timer())
    next = std::min(next, life_->begun + *timer);
  if (next_event_ < plan_.events.size())
    next = std::min(next, plan_.events[next_event_].at);
  if (calm_)
    next = std::min(next, next_lead_);
  for (auto until : {full_until_, low_until_})
    if (until > now_)
      next = std::min(next, until);
  return std::max(next, now_ + core::duration{1});
}

void world::set_now(core::duration now) {
  now_ = now;
  crew_.set_now(now);
  client_.set_now(now);
  if (life_)
    *life_->clock = life_->clock_at_start + (now - life_->begun);
}

void world::pass_time(core::duration until) {
  set_now(std::max(now_, until));
  if (life_)
    life_->on->advance_to(now_ - life_->begun);
  act_on_time();
}

/// Time passes, and nobody interferes.
void world::agents_go_on(core::duration until) {
  set_now(std::max(now_ + core::duration{1}, until));
  life_->on->advance_to(now_ - life_->begun);
  crew_.fire();
}

void world::act_on_time() {
  disk_.troubles.full = full_until_ > now_;
  disk_.troubles.low = low_until_ > now_;
  crew_.fire();
  client_.go_on();
  while (next_event_ < plan_.events.size() && !over_
         && plan_.events[next_event_].at <= now_) {
    const auto& x = plan_.events[next_event_++];
    tell(to_string(x));
    if (is_fault(x.what))
      strike(x);
    else
      client_.command(x);
  }
  if (!life_)
    return;
  life_->ear->look();
  if (root_is_down()) {
    tell("the node gives up, its process ends");
    return end_life();
  }
  if (next_event_ == plan_.events.size() && finish())
    over_ = true;
}

/// No fault happens any more: every run ends. True when all is over.
bool world::finish() {
  if (!calm_) {
    calm_ = true;
    calm_since_ = next_lead_ = now_;
    end_faults();
    tell("all faults are over");
  }
  if (now_ < next_lead_)
    return false;
  next_lead_ = now_ + lead_interval;
  client_.lead_to_the_end();
  auto ended =
    std::all_of(book_.runs().begin(), book_.runs().end(),
                [](const auto& x) { return terminal(x.second.told); });
  if (!ended || !client_.satisfied()) {
    if (now_ - calm_since_ > ends_within)
      wrong("I17: " + what_hangs());
    return false;
  }
  tell("all runs have ended");
  // What is still on its way arrives, then the books are closed.
  auto until = now_ + settles_within;
  while (now_ < until && !over_)
    if (!life_->on->step())
      agents_go_on(std::min(until, next_date()));
  life_->ear->check_complete();
  stop_in_order();
  book_.audit(disk_.look(), plan_.how.shards);
  return true;
}

std::string world::what_hangs() const {
  std::string text = "half an hour after the last fault this waits:";
  for (const auto& [key, run] : book_.runs()) {
    if (terminal(run.told))
      continue;
    text +=
      " run " + to_string(key) + " (" + std::string{to_string(run.told)} + ")";
    for (uint32_t i = 0; i < run.tasks.size(); ++i)
      if (!terminal(run.tasks[i].shown))
        text += ' '
                + (run.tasks[i].step ? run.tasks[i].step->name
                                     : std::to_string(i + 1))
                + '=' + std::string{to_string(run.tasks[i].shown)};
  }
  return text + client_.waits_for();
}

report play(const plan& from, bool tell_story) {
  return world{from, tell_story}.play();
}

} // namespace troupe::sim
