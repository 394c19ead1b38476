#include "core/call_board.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

namespace troupe::core {

namespace {

/// The pass that one task costs a workspace of weight 1. Weights go from 0.01
/// to 100, so a stride is exact to a thousandth, and 64 bits last for most of a
/// year of 100,000 tasks/s that all belong to a workspace of the smallest
/// weight.
constexpr double stride_unit = 1 << 16;

uint64_t stride_of(double weight) {
  return static_cast<uint64_t>(std::llround(stride_unit / weight));
}

} // namespace

struct call_board::by_class {
  std::vector<uint32_t>& places;

  bool before(const class_place& a, const class_place& b) const {
    return a.rank != b.rank ? a.rank < b.rank : a.task < b.task;
  }
  void moved(const class_place& x, uint32_t place) const {
    places[x.owner] = place;
  }
};

struct call_board::by_lane {
  std::vector<lane_state>& lanes;

  bool before(const turn_place& a, const turn_place& b) const {
    return a.at < b.at;
  }
  void moved(const turn_place& x, uint32_t place) const {
    lanes[x.owner].place = place;
  }
};

struct call_board::by_line {
  std::vector<line_state>& lines;

  bool before(const turn_place& a, const turn_place& b) const {
    return a.at < b.at;
  }
  void moved(const turn_place& x, uint32_t place) const {
    lines[x.owner].place = place;
  }
};

struct call_board::by_workspace {
  std::vector<workspace_state>& workspaces;

  bool before(const turn_place& a, const turn_place& b) const {
    return a.at < b.at;
  }
  void moved(const turn_place& x, uint32_t place) const {
    workspaces[x.owner].place = place;
  }
};

// -- workspaces

uint32_t call_board::workspace(const text& name) {
  auto pos = by_name_.find(name.view());
  if (pos != by_name_.end())
    return pos->second;
  uint32_t ws = static_cast<uint32_t>(workspaces_.size());
  if (free_workspaces_.empty()) {
    workspaces_.emplace_back();
  } else {
    ws = free_workspaces_.back();
    free_workspaces_.pop_back();
  }
  workspaces_[ws].name = name;
  workspaces_[ws].stride = stride_of(1);
  workspaces_[ws].pass = pass_;
  by_name_.emplace(name.str(), ws);
  return ws;
}

void call_board::share(const text& name, workspace_share to) {
  auto ws = workspace(name);
  auto& x = workspaces_[ws];
  x.share = to;
  x.stride = stride_of(to.weight);
  x.configured = to != workspace_share{};
  settle_workspace(ws);
  forget_if_unused(ws);
}

bool call_board::capped(uint32_t ws) const {
  const auto& x = workspaces_[ws];
  return x.share.cap > 0 && x.running >= x.share.cap;
}

void call_board::started(uint32_t ws, bool charge) {
  auto& x = workspaces_[ws];
  ++x.running;
  if (charge) {
    // Who could not be served for a while may catch up, but within bounds: the
    // others must not stand still for it.
    auto credit = credit_max_ * stride_of(1);
    auto floor = pass_ > credit ? pass_ - credit : 0;
    pass_ = std::max(pass_, x.pass);
    x.pass = std::max(x.pass, floor) + x.stride;
  }
  settle_workspace(ws);
}

void call_board::ended(uint32_t ws) {
  assert(workspaces_[ws].running > 0);
  --workspaces_[ws].running;
  settle_workspace(ws);
  forget_if_unused(ws);
}

void call_board::forget_if_unused(uint32_t ws) {
  auto& x = workspaces_[ws];
  if (x.lanes > 0 || x.running > 0 || x.configured)
    return;
  by_name_.erase(by_name_.find(x.name.view()));
  x = {};
  free_workspaces_.push_back(ws);
}

// -- lanes

uint32_t call_board::lane(uint32_t ws, uint32_t line) {
  auto pos = by_pair_.find({ws, line});
  if (pos != by_pair_.end()) {
    ++lanes_[pos->second].users;
    return pos->second;
  }
  uint32_t at = static_cast<uint32_t>(lanes_.size());
  if (free_lanes_.empty()) {
    lanes_.emplace_back();
  } else {
    at = free_lanes_.back();
    free_lanes_.pop_back();
  }
  lanes_[at].ws = ws;
  lanes_[at].line = line;
  lanes_[at].users = 1;
  ++workspaces_[ws].lanes;
  by_pair_.emplace(std::pair{ws, line}, at);
  if (line >= lines_.size())
    lines_.resize(line + 1);
  return at;
}

void call_board::drop(uint32_t at) {
  auto& x = lanes_[at];
  if (--x.users > 0)
    return;
  assert(x.classes.empty() && x.at == where::nowhere);
  auto ws = x.ws;
  by_pair_.erase({x.ws, x.line});
  x = {};
  free_lanes_.push_back(at);
  --workspaces_[ws].lanes;
  forget_if_unused(ws);
}

void call_board::stand(uint32_t at, uint32_t owner, int64_t rank, id task) {
  if (owner >= class_places_.size())
    class_places_.resize(owner + 1, nowhere);
  auto& x = lanes_[at];
  by_class order{class_places_};
  if (class_places_[owner] != nowhere) {
    x.classes.replace(class_places_[owner], {rank, task, owner}, order);
  } else {
    x.classes.push({rank, task, owner}, order);
    // Who had nothing to do saved nothing up meanwhile.
    auto& ws = workspaces_[x.ws];
    if (ws.standing++ == 0)
      ws.pass = std::max(ws.pass, pass_);
  }
  settle_lane(at);
}

void call_board::leave(uint32_t at, uint32_t owner) {
  if (owner >= class_places_.size() || class_places_[owner] == nowhere)
    return;
  auto& x = lanes_[at];
  x.classes.erase(class_places_[owner], by_class{class_places_});
  --workspaces_[x.ws].standing;
  settle_lane(at);
}

turn call_board::turn_of(const lane_state& x) const {
  return {workspaces_[x.ws].pass, x.classes.top().rank, x.classes.top().task};
}

/// Puts the lane where its first class belongs now.
void call_board::settle_lane(uint32_t at) {
  auto& x = lanes_[at];
  if (x.classes.empty()) {
    remove_lane(at);
  } else if (x.at == where::nowhere) {
    wait(at);
  } else if (x.at == where::waiting) {
    lines_[x.line].waiting.replace(x.place, {turn_of(x), at}, by_lane{lanes_});
    settle_line(x.line);
  } else {
    // Within a workspace the pass is everyone's, so it stays out.
    auto now = turn_of(x);
    now.pass = 0;
    workspaces_[x.ws].called.replace(x.place, {now, at}, by_lane{lanes_});
    settle_workspace(x.ws);
  }
}

void call_board::remove_lane(uint32_t at) {
  auto& x = lanes_[at];
  auto was = std::exchange(x.at, where::nowhere);
  if (was == where::waiting) {
    lines_[x.line].waiting.erase(x.place, by_lane{lanes_});
    settle_line(x.line);
  } else if (was == where::called) {
    auto& list = lines_[x.line].called;
    lanes_[list.back()].call_index = x.call_index;
    list[x.call_index] = list.back();
    list.pop_back();
    workspaces_[x.ws].called.erase(x.place, by_lane{lanes_});
    settle_workspace(x.ws);
  }
}

void call_board::wait(uint32_t at) {
  auto& x = lanes_[at];
  x.at = where::waiting;
  lines_[x.line].waiting.push({turn_of(x), at}, by_lane{lanes_});
  settle_line(x.line);
}

void call_board::call(uint32_t at) {
  ++steps_;
  remove_lane(at);
  auto& x = lanes_[at];
  x.at = where::called;
  auto& list = lines_[x.line].called;
  x.call_index = static_cast<uint32_t>(list.size());
  list.push_back(at);
  auto now = turn_of(x);
  now.pass = 0;
  workspaces_[x.ws].called.push({now, at}, by_lane{lanes_});
  settle_workspace(x.ws);
}

// -- calls

void call_board::open(uint32_t line) {
  if (line >= lines_.size())
    lines_.resize(line + 1);
  lines_[line].open = true;
  settle_line(line);
}

void call_board::close(uint32_t line) {
  if (line >= lines_.size())
    return;
  auto& x = lines_[line];
  x.open = false;
  settle_line(line);
  while (!x.called.empty()) {
    auto lane = x.called.back();
    remove_lane(lane);
    wait(lane);
  }
}

std::optional<uint32_t> call_board::next() {
  while (!lines_open_.empty()
         && (turns_.empty() || lines_open_.top().at < turns_.top().at))
    call(lines_[lines_open_.top().owner].waiting.top().owner);
  if (turns_.empty())
    return std::nullopt;
  ++steps_;
  auto lane = workspaces_[turns_.top().owner].called.top().owner;
  return lanes_[lane].classes.top().owner;
}

void call_board::settle_line(uint32_t line) {
  auto& x = lines_[line];
  by_line order{lines_};
  if (!x.open || x.waiting.empty()) {
    if (x.place != nowhere)
      lines_open_.erase(x.place, order);
    return;
  }
  turn_place now{x.waiting.top().at, line};
  if (x.place == nowhere)
    lines_open_.push(now, order);
  else
    lines_open_.replace(x.place, now, order);
}

void call_board::settle_workspace(uint32_t ws) {
  auto& x = workspaces_[ws];
  by_workspace order{workspaces_};
  if (x.called.empty() || capped(ws)) {
    if (x.place != nowhere)
      turns_.erase(x.place, order);
    return;
  }
  turn_place now{x.called.top().at, ws};
  now.at.pass = x.pass;
  if (x.place == nowhere)
    turns_.push(now, order);
  else
    turns_.replace(x.place, now, order);
}

} // namespace troupe::core
