#include "core/step_shown.hpp"

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "core/workflow.hpp"

namespace troupe::core {

namespace {

using nlohmann::json;

struct written_edge {
  uint32_t step = 0;
  std::string on = "success";
};

/// The steps of a canonical text, and who they depend on.
class written_steps {
public:
  explicit written_steps(std::string_view definition)
    : text_(json::parse(definition, nullptr, false)) {
    if (!text_.is_object() || !text_.contains("steps"))
      return;
    const auto& all = text_["steps"];
    for (uint32_t i = 0; i < all.size(); ++i)
      index_[all[i].value("name", "")] = i;
  }

  size_t size() const { return index_.size(); }
  const json& at(uint32_t step) const { return text_["steps"][step]; }

  std::vector<written_edge> edges_of(uint32_t step) const {
    std::vector<written_edge> out;
    auto pos = at(step).find("depends_on");
    if (pos == at(step).end())
      return out;
    for (const auto& x : *pos) {
      written_edge edge;
      if (x.is_object())
        edge.on = x.value("on", edge.on);
      auto name = x.is_object() ? x.value("step", "") : x.get<std::string>();
      if (auto other = index_.find(name); other != index_.end()) {
        edge.step = other->second;
        out.push_back(std::move(edge));
      }
    }
    return out;
  }

  /// How many steps lie before it on the longest way.
  uint32_t level_of(uint32_t step) const {
    std::map<uint32_t, uint32_t> known;
    std::vector<uint32_t> open{step};
    while (!open.empty()) {
      auto i = open.back();
      uint32_t level = 0;
      auto ready = true;
      for (const auto& edge : edges_of(i)) {
        auto before = known.find(edge.step);
        if (before == known.end()) {
          open.push_back(edge.step);
          ready = false;
        } else {
          level = std::max(level, before->second + 1);
        }
      }
      if (!ready)
        continue; // It is on the stack below what it waits for.
      known[i] = level;
      open.pop_back();
    }
    return known[step];
  }

private:
  json text_;
  std::map<std::string, uint32_t, std::less<>> index_;
};

std::string kind_word(const json& step) {
  if (step.contains("kind"))
    return step["kind"].get<std::string>();
  for (auto kind : {"sleep", "signal", "workflow"})
    if (step.contains(kind))
      return kind;
  return "work";
}

} // namespace

json step_shown(std::string_view definition, uint32_t step, id first) {
  written_steps all{definition};
  if (step >= all.size())
    return nullptr;
  const auto& own = all.at(step);
  json x;
  x["kind"] = kind_word(own);
  if (x["kind"] == "work" || x["kind"] == "workflow")
    x["max_retries"] =
      own.value("retries", retries_unless_stated(x["kind"] == "work"
                                                   ? step_kind::work
                                                   : step_kind::workflow));
  x["level"] = all.level_of(step);
  auto& edges = x["depends_on"] = json::array();
  for (const auto& edge : all.edges_of(step))
    edges.push_back(
      {{"step", all.at(edge.step).value("name", "")},
       {"on", edge.on},
       {"task", to_string(first.with(first.number() + edge.step))}});
  x["step"] = own;
  // Said better elsewhere: the input with its templates filled in.
  for (auto known : {"name", "kind", "input", "depends_on", "retries"})
    x["step"].erase(known);
  return x;
}

std::vector<milestone_step> milestones_of(std::string_view definition) {
  std::vector<milestone_step> out;
  // Most have none, and large ones take time to read.
  if (definition.find("\"milestone\":") == definition.npos)
    return out;
  written_steps all{definition};
  for (uint32_t i = 0; i < all.size(); ++i)
    if (auto name = all.at(i).value("milestone", ""); !name.empty())
      out.push_back({i, name, all.at(i).value("name", "")});
  return out;
}

std::vector<attempt_row> all_attempts(const task_row& of,
                                      std::vector<attempt_row> failed) {
  auto begun = of.state == task_state::in_progress || terminal(of.state);
  if (!begun || of.attempt == 0 || of.started_at == no_instant)
    return failed;
  // One that was given up before an agent took it has the start of the last.
  if (!failed.empty()
      && (failed.back().attempt >= of.attempt
          || of.started_at < failed.back().ended_at))
    return failed;
  attempt_row newest;
  newest.task = of.key;
  newest.attempt = of.attempt;
  newest.workspace = of.workspace;
  newest.agent = of.agent;
  newest.score = of.score;
  newest.started_at = of.started_at;
  newest.ended_at = of.ended_at;
  if (terminal(of.state))
    newest.error = of.error;
  failed.push_back(std::move(newest));
  return failed;
}

} // namespace troupe::core
