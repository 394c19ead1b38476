#include <array>

#include <nlohmann/json.hpp>

#include "core/expectation.hpp"
#include "core/template.hpp"
#include "core/workflow_name.hpp"
#include "core/workflow_reader.hpp"

// A step's attempts, its shape (loops, waits, gates) and its result.

namespace troupe::core::workflows {

namespace {

constexpr bounds<int64_t> any_count{1, count_max};

enum class timeout_answer : uint8_t { reject, approve };
constexpr std::array<std::pair<std::string_view, timeout_answer>, 2>
  timeout_words{
    {{"reject", timeout_answer::reject}, {"approve", timeout_answer::approve}}};

void read_backoff(object_reader& in, backoff_policy& to) {
  in.object("backoff", [&](object_reader& inner) {
    inner.read("base", to.base, any_duration);
    inner.read("factor", to.factor, bounds<double>{1, 100});
    inner.read("max", to.max, any_duration);
    inner.read("jitter", to.jitter, bounds<double>{0, 1});
    if (to.max < to.base)
      inner.self().fail("the longest wait `max` (" + to_text(to.max)
                          + ") is below `base` (" + to_text(to.base) + ")",
                        "raise `max` or lower `base`");
    finish(inner, backoff_fields);
  });
}

void read_not_before(object_reader& in, step& to) {
  auto x = in.find("not_before");
  if (!x || !x->read(to.not_before) || has_template(to.not_before))
    return;
  if (!from_rfc3339(to.not_before))
    x->fail("`" + to.not_before.substr(0, 60) + "` is not a time",
            "write RFC 3339, e.g. 2030-01-31T08:00:00Z, or a template");
}

void read_foreach(object_reader& in, step& to) {
  auto x = in.find("foreach");
  if (!x)
    return;
  if (x->kind() == node_kind::list) {
    if ((*x)->items.size() > foreach_items_max)
      x->fail("more than " + std::to_string(foreach_items_max)
                + " items (foreach_items_max)",
              "give the list as the run's input and refer to it");
    to.foreach = text{to_json(**x)};
    return;
  }
  const auto& source = (*x)->text;
  auto one = x->kind() == node_kind::string && source.starts_with("${")
             && source.ends_with('}') && source.find("${", 1) == source.npos;
  if (one)
    to.foreach = text{to_json(**x)};
  else
    x->fail_expected("a list or one template",
                     "e.g. `[1, 2]` or `${run.input.files}`");
}

void read_sleep(object_reader& in, step& to) {
  auto x = in.find("sleep");
  if (!x)
    return;
  if (x->kind() == node_kind::string && has_template((*x)->text))
    to.sleep_template = (*x)->text;
  else
    x->read(to.sleep, any_duration);
}

void read_workflow_name(object_reader& in, step& to) {
  auto x = in.find("workflow");
  std::string all;
  if (!x || !x->read(all))
    return;
  auto named = split_workflow_name(all);
  if (is_name(named.name, true) && to_string(named) == all)
    to.workflow = std::move(all);
  else
    x->fail("`" + all.substr(0, 60) + "` names no workflow",
            "write `name` or `name@version`, e.g. `release@3`");
}

void read_approve(object_reader& in, step& to) {
  auto x = in.find("approve");
  if (!x)
    return;
  if (x->kind() == node_kind::boolean) {
    to.approve =
      x->operator->()->truth ? std::optional{approval{}} : std::nullopt;
    return;
  }
  auto& made = to.approve ? *to.approve : to.approve.emplace();
  if (x->kind() == node_kind::string) {
    x->read(made.by);
    return;
  }
  if (x->kind() != node_kind::object) {
    x->fail_expected("true, false, a role or an object",
                     "e.g. `{by: release-managers, timeout: 24h}`");
    return;
  }
  object_reader inner{*x};
  inner.read("by", made.by);
  inner.read("timeout", made.timeout, any_duration);
  timeout_answer answer =
    made.approve_on_timeout ? timeout_answer::approve : timeout_answer::reject;
  inner.read("on_timeout", answer, timeout_words);
  made.approve_on_timeout = answer == timeout_answer::approve;
  finish(inner, approve_fields);
}

void read_schema(const value& from, step& to) {
  if (from.kind() != node_kind::object && from.kind() != node_kind::boolean) {
    from.fail_expected("a JSON Schema", "e.g. `{type: object}`");
    return;
  }
  to.expect_schema = text{to_json(*from)};
  auto schema = nlohmann::json::parse(to.expect_schema.view(), nullptr, false);
  if (auto wrong = schema_problem(schema); !wrong.empty())
    from.fail("in this JSON Schema, " + wrong,
              "see \"Output\" in docs/workflows.md for what a schema can say");
}

void read_expect(object_reader& in, step& to) {
  auto x = in.find("expect");
  if (!x)
    return;
  to.expect.clear(); // Not both the default's schema and an own condition.
  to.expect_schema = {};
  if (x->kind() == node_kind::string) {
    read_expression(*x, to.expect);
    return;
  }
  if (x->kind() != node_kind::object) {
    x->fail_expected("a Lua condition or a JSON Schema",
                     "e.g. `output.ok == true` or `{type: object}`");
    return;
  }
  if ((*x)->find("schema") == nullptr && (*x)->find("that") == nullptr) {
    read_schema(*x, to);
    return;
  }
  object_reader inner{*x};
  if (auto schema = inner.find("schema"))
    read_schema(*schema, to);
  if (auto that = inner.find("that"))
    read_expression(*that, to.expect);
  finish(inner, expect_fields);
}

/// `only` makes sense beside `with` and not alone.
void check_pair(const object_reader& in, std::string_view only,
                std::string_view with) {
  if (in.has(only) && !in.has(with))
    in.self().fail("`" + std::string{only} + "` does nothing without `"
                     + std::string{with} + "`",
                   "add `" + std::string{with} + "` or remove it");
}

} // namespace

void read_attempts(object_reader& in, draft& to) {
  auto& step = to.step;
  if (auto input = in.find("input")) {
    step.input = text{to_json(**input)};
    step.input_is_template = has_template(step.input.view());
  }
  read_priority(in, step.priority);
  in.read("timeout", step.timeout, any_duration);
  in.read("deadline", step.deadline, any_duration);
  in.read("retries", step.retries, bounds<int64_t>{0, retries_max});
  read_backoff(in, step.backoff);
  in.read("at_most_once", step.at_most_once);
  in.read("pure", step.pure);
  if (step.at_most_once && step.pure)
    in.self().fail("`at_most_once` and `pure` contradict each other",
                   "a pure step may be repeated; remove one of them");
  in.read("hold", step.hold);
  if (step.hold && step.deadline)
    in.self().fail("`hold` and `deadline` contradict each other: nobody knows "
                   "when it is released",
                   "remove one of them");
  read_fallback(in, to);
  in.read("idempotency_key", step.idempotency_key, size_t{1024});
  read_not_before(in, step);
  if (step.at_most_once && step.fallback && step.fallback->output.empty())
    in.self().fail("a `fallback` to agents starts a step a second time, which "
                   "`at_most_once` forbids",
                   "remove one of them, or give `fallback` an `output`");
}

void read_shape(object_reader& in, draft& to) {
  auto& step = to.step;
  read_foreach(in, step);
  in.read("max_parallel", step.max_parallel, any_count);
  if (auto until = in.find("repeat_until"))
    read_expression(*until, step.repeat_until);
  in.read("repeat_max", step.repeat_max, any_count);
  if (step.hold && (in.has("foreach") || in.has("repeat_until")))
    in.self().fail("`hold` and a loop in one step",
                   "put the loop into a workflow of its own and call that "
                   "after a step that is held");
  check_pair(in, "max_parallel", "foreach");
  check_pair(in, "repeat_max", "repeat_until");
  if (in.has("foreach") && in.has("repeat_until"))
    in.self().fail("`foreach` and `repeat_until` in one step",
                   "put the loop into a workflow of its own and call that");
  read_sleep(in, step);
  read_word(in, "signal", step.signal);
  read_workflow_name(in, step);
  read_approve(in, step);
}

void read_result(object_reader& in, draft& to) {
  auto& step = to.step;
  read_expect(in, step);
  in.read("cache", step.cache, any_duration);
  in.read("milestone", step.milestone, name_bytes_max);
  in.read("checkpoint", step.checkpoint);
  in.read("expected", step.expected, any_duration);
  read_labels(in, to.labels);
}

void read_step(object_reader& in, draft& to, const step_names& names,
               std::optional<uint32_t> self) {
  in.find("name"); // Read before the steps, for their edges.
  in.read("description", to.step.description, description_bytes_max);
  in.find("kind"); // Read before its other fields: it chooses the defaults.
  read_depends_on(in, to, names, self);
  if (auto when = in.find("when"))
    read_expression(*when, to.step.when);
  read_needs(in, to);
  read_attempts(in, to);
  read_shape(in, to);
  read_result(in, to);
  for (auto key : {"risk", "undo", "compensation", "healing", "autonomy",
                   "boundaries", "strategy", "phase", "complexity"})
    read_extra(in, key, to.extras);
  if (in.has("undo") && in.has("compensation"))
    in.self().fail("`undo` and `compensation` are the same",
                   "remove one of them");
  finish(in, step_fields);
}

} // namespace troupe::core::workflows
