#include <algorithm>
#include <array>

#include "core/expression.hpp"
#include "core/template.hpp"
#include "core/workflow_reader.hpp"

// Do templates and conditions name what exists, and what has ended by then?

namespace troupe::core::workflows {

namespace {

/// Fields of a step in which templates are filled in.
constexpr std::array<std::string_view, 6> template_fields{
  "input", "foreach", "idempotency_key", "not_before", "sleep", "concurrency"};
/// Fields with parts in which they are.
constexpr std::array<std::string_view, 3> nested_fields{"fallback", "undo",
                                                        "compensation"};

template <size_t N>
bool one_of(const std::array<std::string_view, N>& names,
            std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Where a template stands, as far as it makes a difference to what it sees.
enum class place : uint8_t { step, foreach, undo };

class reference_checker {
public:
  reference_checker(const value& steps, const workflow& of,
                    const step_names& names, const adjacency& predecessors)
    : steps_(steps), of_(of), names_(names), predecessors_(predecessors) {}

  void run() {
    for (uint32_t i = 0; i < of_.steps.size(); ++i)
      step(i);
    check_ancestry(predecessors_, of_.order, wanted_, [&](size_t i) {
      if (steps_.out().size() < problems_max)
        steps_.out().push_back(prepared_[i]);
    });
  }

private:
  void step(uint32_t index) {
    auto from = steps_.item(index);
    if (from.kind() != node_kind::object)
      return;
    for (size_t i = 0; i < from->items.size(); ++i) {
      const auto& key = from->items[i].key;
      if (one_of(template_fields, key))
        walk(from.item(i), index,
             key == "foreach" ? place::foreach : place::step);
      else if (one_of(nested_fields, key))
        parts(from.item(i), index,
              key == "fallback" ? place::step : place::undo);
      else if (key == "when" || key == "repeat_until")
        condition(from.item(i), index, key);
    }
    condition(place_of_expect(from), index, "expect");
    const auto& need = *of_.steps[index].need;
    if (from->find("concurrency") == nullptr)
      plain(from, index, need.concurrency_key);
  }

  /// A default's `expect` is said to be wrong at the step.
  static value place_of_expect(const value& step) {
    for (size_t i = 0; i < step->items.size(); ++i)
      if (step->items[i].key == "expect")
        return step.item(i);
    return step;
  }

  void condition(const value& at, uint32_t index, std::string_view field) {
    const auto& step = of_.steps[index];
    const auto& text = field == "when"     ? step.when
                       : field == "expect" ? step.expect
                                           : step.repeat_until;
    if (text.empty())
      return;
    for (const auto& x : expression_paths(text)) {
      check_condition_name(at, step, field, x);
      path(at, index, x);
    }
  }

  /// Of a fallback or an undo: what its agent gets, or it gives.
  void parts(const value& at, uint32_t index, place where) {
    if (at.kind() != node_kind::object)
      return;
    for (size_t i = 0; i < at->items.size(); ++i)
      if (at->items[i].key == "input" || at->items[i].key == "output")
        walk(at.item(i), index, where);
  }

  void walk(const value& at, uint32_t index, place where) {
    if (at.kind() == node_kind::string)
      plain(at, index, at->text, where);
    else if (at.kind() == node_kind::list || at.kind() == node_kind::object)
      for (size_t i = 0; i < at->items.size(); ++i)
        walk(at.item(i), index, where);
  }

  void plain(const value& at, uint32_t index, std::string_view text,
             place where = place::step) {
    if (!has_template(text))
      return;
    auto all = references_in_string(text);
    if (!all) {
      at.fail(all.error().message);
      return;
    }
    for (const auto& x : *all) {
      if (x.root == "checkpoint" && where != place::undo)
        at.fail("`${" + to_text(x) + "}` outside of `undo`",
                "only what takes a step back knows the checkpoint");
      loop_name(at, index, x, where == place::foreach);
      path(at, index, x, where);
    }
  }

  /// `item` and its like exist in some steps only.
  void loop_name(const value& at, uint32_t index, const reference& x,
                 bool in_foreach) {
    const auto& step = of_.steps[index];
    auto of_item = x.root == "item" || x.root == "index";
    auto of_round = x.root == "iteration" || x.root == "output";
    if (of_item && (step.foreach.empty() || in_foreach))
      at.fail("`${" + to_text(x) + "}`"
                + (in_foreach ? " inside of the `foreach` that makes it"
                              : " in a step without `foreach`"),
              "`item` and `index` exist in steps with `foreach`, outside of "
              "it");
    if (of_round && step.repeat_until.empty())
      at.fail("`${" + to_text(x) + "}` in a step without `repeat_until`",
              x.root == "output"
                ? "write `${steps.NAME.output}` for another step's output"
                : "add `repeat_until` or remove it");
  }

  void path(const value& at, uint32_t index, const reference& x,
            place where = place::step) {
    // What is undone has ended: there, its own output is known.
    auto own = where == place::undo && !x.path.empty()
               && x.path[0] == of_.steps[index].name;
    if (x.root == "steps" && !x.path.empty() && !own)
      step_output(at, index, x.path[0]);
    if (x.root == "run" && x.path.size() > 1 && x.path[0] == "input")
      run_input(at, x.path[1]);
  }

  void run_input(const value& at, const std::string& name) {
    if (of_.input.empty() || of_.input.count(name) > 0)
      return;
    std::vector<std::string_view> known;
    for (const auto& [key, declared] : of_.input)
      known.push_back(key);
    auto hint = did_you_mean(name, known);
    at.fail("`run.input." + name + "` is not declared",
            hint.empty() ? "add `" + name + "` to the workflow's `input`"
                         : hint);
  }

  void step_output(const value& at, uint32_t index, const std::string& name) {
    auto other = names_.find(name);
    if (!other) {
      at.fail("there is no step `" + name + "`",
              names_.suggest(name, index, at.out()));
      return;
    }
    if (*other == index) {
      at.fail("a step cannot use its own output",
              "write `${output}` in a step with `repeat_until`, or `output` "
              "in `expect`");
      return;
    }
    const auto& direct = predecessors_[index];
    if (std::find(direct.begin(), direct.end(), *other) != direct.end())
      return;
    // Whether it is a dependency of a dependency is asked for all at once.
    wanted_.push_back({index, *other});
    prepared_.push_back({at.pointer(), at->line, at->column,
                         "`" + name + "` may not have ended by then: `"
                           + of_.steps[index].name + "` does not depend on it",
                         "add `" + name + "` to `depends_on`"});
  }

  const value& steps_;
  const workflow& of_;
  const step_names& names_;
  const adjacency& predecessors_;
  std::vector<ancestry> wanted_;
  std::vector<problem> prepared_; // What to say if `wanted_` does not hold.
};

} // namespace

void check_references(const value& steps, const workflow& of,
                      const step_names& names, const adjacency& predecessors) {
  reference_checker{steps, of, names, predecessors}.run();
}

} // namespace troupe::core::workflows
