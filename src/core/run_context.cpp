#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/expression.hpp"
#include "core/run.hpp"

// What templates and expressions of a run can see.

namespace troupe::core {

namespace {

using nlohmann::json;

json parsed(std::string_view text) {
  if (text.empty())
    return nullptr;
  auto value = json::parse(text, nullptr, false);
  return value.is_discarded() ? json(nullptr) : value;
}

} // namespace

/// The output of a step of the definition. Steps are few and templates short;
/// the names are looked up one by one.
const text* run::output_of(std::string_view name) const {
  const auto& steps = sources_.front()->steps;
  for (uint32_t i = 0; i < steps.size(); ++i)
    if (steps[i].name == name)
      return tasks_[i].output.empty() ? nullptr : &tasks_[i].output;
  return nullptr;
}

/// The item of a foreach that `t` is for; the list is parsed once.
const text* run::item_of(const task& t) const {
  auto& items = items_[t.parent];
  if (items.empty())
    for (const auto& item : parsed(tasks_[t.parent - 1].input.view()))
      items.emplace_back(item.dump());
  return t.item < items.size() ? &items[t.item] : nullptr;
}

const text* run::output_near(std::string_view name, const task& t) const {
  // Tasks that an agent added name each other first.
  if (t.source != 0) {
    const auto& steps = sources_[t.source]->steps;
    for (uint32_t i = 0; i < steps.size(); ++i)
      if (steps[i].name == name) {
        const auto& other = tasks_[first_of_[t.source] + i - 1];
        return other.output.empty() ? nullptr : &other.output;
      }
  }
  return output_of(name);
}

template <class Use>
auto run::with_scope(const task& t, Use use) const {
  auto run_text = to_string(row_.key);
  auto task_text = to_string(row_.key.with(t.number));
  scope where;
  where.run_input = &row_.input;
  where.run_id = run_text;
  where.run_name = row_.name;
  where.task_id = task_text;
  where.output_of = [this, &t](std::string_view name) {
    return output_near(name, t);
  };
  if (is_item(t)) {
    const auto& group = tasks_[t.parent - 1];
    if (is_group(group)) {
      where.item = item_of(t);
      where.index = t.item;
    } else {
      where.iteration = t.item + 1;
      where.output = &group.output; // Of the round before.
    }
  }
  return use(where);
}

result<text> run::resolved(const text& json, const task& t) const {
  return with_scope(t, [&](const scope& s) { return resolve(json, s); });
}

result<std::string> run::resolved_line(const std::string& line,
                                       const task& t) const {
  return with_scope(t, [&](const scope& s) { return resolve_string(line, s); });
}

result<bool> run::condition(const std::string& expression, const task& t,
                            const text* output) const {
  auto context = json::object();
  context["run"] = {{"id", to_string(row_.key)},
                    {"name", row_.name},
                    {"input", parsed(row_.input.view())}};
  context["task"] = {{"id", to_string(row_.key.with(t.number))},
                     {"name", spec(t).name},
                     {"type", spec(t).need ? spec(t).need->type : ""},
                     {"priority", t.priority},
                     {"retries", t.retries}};
  if (output != nullptr)
    context["output"] = parsed(output->view());
  if (t.parent != 0 && is_item(t)) {
    context["iteration"] = t.item + 1;
    context["index"] = t.item;
  }
  auto& steps = context["steps"] = json::object();
  const auto& all = sources_.front()->steps;
  for (const auto& path : expression_paths(expression)) {
    if (path.root != "steps" || path.path.empty())
      continue;
    for (uint32_t i = 0; i < all.size(); ++i)
      if (all[i].name == path.path.front())
        steps[all[i].name] = {{"output", parsed(tasks_[i].output.view())},
                              {"state", to_string(tasks_[i].state)}};
  }
  return evaluate(expression, context);
}

std::string run::concurrency_key(const task& t) const {
  const auto& line = spec(t).need->concurrency_key;
  if (line.empty())
    return std::string{t.unclean + 1u < unclean_ends_max ? "" : suspects_key};
  auto key = resolved_line(line, t);
  return key ? *key : line;
}

std::string run::idempotency_key(const task& t) const {
  const auto& line = spec(t).idempotency_key;
  if (line.empty())
    return {};
  auto key = resolved_line(line, t);
  return key ? *key : line;
}

namespace {

bool has_controls(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

} // namespace

/// Keys that cannot be made, or are empty, would be no keys at all. Keys go
/// into the headers of agents behind HTTP, where a line break begins another.
failure run::check_keys(const task& t) const {
  const auto& s = spec(t);
  for (auto [what, line] :
       {std::pair{"concurrency key", &s.need->concurrency_key},
        std::pair{"idempotency_key", &s.idempotency_key}}) {
    if (line->empty())
      continue;
    auto key = resolved_line(*line, t);
    if (!key)
      return key.error();
    if (key->empty())
      return {errc::template_failed, category::validation,
              "the " + std::string{what} + " `" + *line + "` of step `" + s.name
                + "` is empty; give what it refers to a value"};
    if (has_controls(*key))
      return {errc::template_failed, category::validation,
              "the " + std::string{what} + " `" + *line + "` of step `" + s.name
                + "` has a line break or another control character; give "
                  "what it refers to a value without"};
  }
  return {};
}

} // namespace troupe::core
