#include <set>

#include <nlohmann/json.hpp>

#include "core/template.hpp"
#include "core/workflow_reader.hpp"

// Does a run's input have what the templates of its workflow name? Known when
// the run is submitted, so nothing needs to begin first.

namespace troupe::core::workflows {

namespace {

using nlohmann::json;

bool there(const json& input, const std::vector<std::string>& path) {
  const auto* at = &input;
  for (size_t i = 1; i < path.size(); ++i) { // The first is `input`.
    if (at->is_array()) {
      const auto& index = path[i];
      if (index.size() > 9
          || index.find_first_not_of("0123456789") != index.npos
          || std::stoul(index) >= at->size())
        return false;
      at = &(*at)[std::stoul(index)];
    } else {
      auto pos = at->find(path[i]);
      if (!at->is_object() || pos == at->end())
        return false;
      at = &*pos;
    }
  }
  return true;
}

class input_use {
public:
  input_use(const json& input, problems& to) : input_(input), to_(to) {}

  void look_at(const step& x) {
    step_ = &x.name;
    for (const auto* text : {&x.input, &x.foreach})
      look_in(*text);
    for (const auto* line : {&x.idempotency_key, &x.not_before,
                             &x.sleep_template, &x.need->concurrency_key})
      if (names_input(*line))
        check(references_in_string(*line));
    if (!x.fallback)
      return;
    look_in(x.fallback->input);
    look_in(x.fallback->output);
  }

private:
  static bool names_input(std::string_view text) {
    return text.find("${") != text.npos && text.find("input") != text.npos;
  }

  void look_in(const text& value) {
    if (names_input(value.view()))
      check(references(value.view()));
  }

  void check(const result<std::vector<reference>>& all) {
    if (!all)
      return; // Its form was checked when the workflow was read.
    for (const auto& x : *all) {
      if (x.root != "run" || x.path.size() < 2 || x.path[0] != "input"
          || there(input_, x.path) || !said_.insert(to_text(x)).second
          || to_.size() >= problems_max)
        continue;
      std::string where;
      for (size_t i = 1; i < x.path.size(); ++i)
        where += "/" + x.path[i];
      to_.push_back({where, 0, 0,
                     "step `" + *step_ + "` uses `${" + to_text(x)
                       + "}`, which this run is not given",
                     "add it to the run's input; a step that can do without "
                     "has a `when` that asks for it"});
    }
  }

  const json& input_;
  problems& to_;
  const std::string* step_ = nullptr;
  std::set<std::string> said_;
};

} // namespace

void check_input_use(const workflow& wf, const text& given, problems& to) {
  auto input = json::parse(given.view(), nullptr, false);
  input_use use{input, to};
  for (const auto& x : wf.steps)
    if (x.when.empty()) // Else it may be skipped just because of that.
      use.look_at(x);
}

} // namespace troupe::core::workflows
