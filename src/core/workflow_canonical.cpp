#include <charconv>

#include "core/workflow_reader.hpp"

// The one text of a workflow: fields in a fixed order, short forms written out,
// defaults merged, what has its usual value left out. parse_workflow reads it
// back to an equal workflow.

namespace troupe::core::workflows {

namespace {

/// Writes the members of an object; closes it when destroyed.
class object_writer {
public:
  explicit object_writer(std::string& out) : out_(out) { out_ += '{'; }
  object_writer(object_writer& parent, std::string_view key)
    : object_writer(parent.key(key)) {}
  ~object_writer() { out_ += '}'; }
  object_writer(const object_writer&) = delete;
  object_writer& operator=(const object_writer&) = delete;

  std::string& key(std::string_view name) {
    if (!first_)
      out_ += ',';
    first_ = false;
    append_quoted(out_, name);
    out_ += ':';
    return out_;
  }
  void string(std::string_view name, std::string_view x) {
    append_quoted(key(name), x);
  }
  void if_string(std::string_view name, std::string_view x) {
    if (!x.empty())
      string(name, x);
  }
  void if_json(std::string_view name, const text& x) {
    if (!x.empty())
      key(name) += x.view();
  }
  void if_true(std::string_view name, bool x) {
    if (x)
      key(name) += "true";
  }
  template <class T>
  void number(std::string_view name, T x) {
    char buffer[32];
    auto [end, code] = std::to_chars(buffer, buffer + sizeof buffer, x);
    key(name).append(buffer, end);
  }
  template <class T>
  void if_other(std::string_view name, T x, T usual) {
    if (x != usual)
      number(name, x);
  }
  void span(std::string_view name, duration x) { string(name, to_text(x)); }
  void if_span(std::string_view name, std::optional<duration> x) {
    if (x && *x != duration::zero())
      span(name, *x);
  }
  void if_words(std::string_view name, const std::vector<std::string>& all) {
    if (all.empty())
      return;
    auto& out = key(name);
    for (size_t i = 0; i < all.size(); ++i) {
      out += i == 0 ? '[' : ',';
      append_quoted(out, all[i]);
    }
    out += ']';
  }
  /// Members of a JSON object that is already text.
  void if_members(const text& object) {
    if (object.size() <= 2)
      return;
    out_ += first_ ? "" : ",";
    first_ = false;
    out_ += object.view().substr(1, object.size() - 2);
  }

private:
  std::string& out_;
  bool first_ = true;
};

void write_agent(object_writer& to, const needs& x) {
  object_writer agent{to, "agent"};
  agent.if_words("capabilities", x.capabilities);
  agent.if_string("name", x.agent);
  agent.if_words("preferred", x.preferred);
  agent.if_true("partial", x.partial);
}

void write_fallback(object_writer& to, const step& x) {
  if (!x.fallback)
    return;
  object_writer inner{to, "fallback"};
  // Its own agents are named, too, where nothing else says what is different:
  // a fallback without anything in it cannot be read again.
  const auto& last = *x.fallback;
  if (last.need && (last.need != x.need || last.input.empty()))
    write_agent(inner, *x.fallback->need);
  inner.if_json("input", x.fallback->input);
  inner.if_json("output", x.fallback->output);
}

void write_needs(object_writer& to, const needs& x) {
  if (!x.capabilities.empty() || !x.agent.empty() || !x.preferred.empty()
      || x.partial)
    write_agent(to, x);
  to.if_string("type", x.type);
  if (!x.concurrency_key.empty()) {
    object_writer inner{to, "concurrency"};
    inner.string("key", x.concurrency_key);
    inner.if_other("limit", x.concurrency_limit, 1u);
    inner.if_true("exclusive", x.exclusive);
  }
  if (!x.rate_key.empty()) {
    object_writer inner{to, "rate"};
    inner.string("key", x.rate_key);
    inner.number("per_second", x.rate_per_second);
    inner.if_other("burst", x.rate_burst, 1u);
  }
  if (!x.resources.empty()) {
    object_writer inner{to, "resources"};
    for (const auto& [name, amount] : x.resources)
      inner.number(name, amount);
  }
}

void write_edges(object_writer& to, const workflow& of, const step& x) {
  if (x.depends_on.empty())
    return;
  auto& out = to.key("depends_on");
  char before = '[';
  for (const auto& edge : x.depends_on) {
    out += before;
    before = ',';
    const auto& name = of.steps[edge.step].name;
    if (edge.on == edge_condition::success && !edge.strict) {
      append_quoted(out, name);
      continue;
    }
    object_writer inner{out};
    inner.string("step", name);
    if (edge.on != edge_condition::success)
      inner.string("on",
                   edge.on == edge_condition::failure ? "failure" : "always");
    inner.if_true("strict", edge.strict);
  }
  out += ']';
}

void write_attempts(object_writer& to, const step& x, const step& usual) {
  to.if_json("input", x.input);
  to.if_other("priority", unsigned{x.priority}, unsigned{usual.priority});
  to.if_span("timeout", x.timeout);
  to.if_span("deadline", x.deadline);
  to.if_other("retries", x.retries, retries_unless_stated(x.kind));
  if (x.backoff != usual.backoff) {
    object_writer inner{to, "backoff"};
    inner.span("base", x.backoff.base);
    inner.number("factor", x.backoff.factor);
    inner.span("max", x.backoff.max);
    inner.number("jitter", x.backoff.jitter);
  }
  to.if_true("at_most_once", x.at_most_once);
  to.if_true("pure", x.pure);
  to.if_true("hold", x.hold);
  write_fallback(to, x);
  to.if_string("idempotency_key", x.idempotency_key);
  to.if_string("not_before", x.not_before);
}

void write_shape(object_writer& to, const step& x, const step& usual) {
  to.if_json("foreach", x.foreach);
  to.if_other("max_parallel", x.max_parallel, usual.max_parallel);
  to.if_string("repeat_until", x.repeat_until);
  to.if_other("repeat_max", x.repeat_max, usual.repeat_max);
  if (!x.sleep_template.empty())
    to.string("sleep", x.sleep_template);
  else
    to.if_span("sleep", x.sleep);
  to.if_string("signal", x.signal);
  to.if_string("workflow", x.workflow);
  if (!x.approve)
    return;
  object_writer inner{to, "approve"};
  inner.if_string("by", x.approve->by);
  inner.span("timeout", x.approve->timeout);
  if (x.approve->approve_on_timeout)
    inner.string("on_timeout", "approve");
}

void write_result(object_writer& to, const step& x) {
  if (x.expect_schema.empty()) {
    to.if_string("expect", x.expect);
  } else {
    object_writer inner{to, "expect"};
    inner.if_json("schema", x.expect_schema);
    inner.if_string("that", x.expect);
  }
  to.if_span("cache", x.cache);
  to.if_string("milestone", x.milestone);
  to.if_true("checkpoint", x.checkpoint);
  to.if_span("expected", x.expected);
  to.if_json("labels", x.labels);
  to.if_members(x.extras);
}

void write_step(std::string& out, const workflow& of, const step& x) {
  static const step usual{};
  object_writer to{out};
  to.string("name", x.name);
  to.if_string("description", x.description);
  if (x.kind == step_kind::approval)
    to.string("kind", "approval");
  else if (x.kind == step_kind::work && x.approve)
    to.string("kind", "work"); // Else an approval could be read from it.
  write_edges(to, of, x);
  to.if_string("when", x.when);
  write_needs(to, *x.need);
  write_attempts(to, x, usual);
  write_shape(to, x, usual);
  write_result(to, x);
}

void write_input(object_writer& to, const workflow& x) {
  if (x.input.empty())
    return;
  object_writer all{to, "input"};
  for (const auto& [name, declared] : x.input) {
    object_writer inner{all, name};
    inner.string("type", declared.type);
    inner.if_string("description", declared.description);
    inner.if_true("required", declared.required);
    inner.if_json("default", declared.fallback);
  }
}

void write_workflow(std::string& out, const workflow& x) {
  const workflow usual{};
  object_writer to{out};
  to.string("workflow", x.name);
  to.number("version", x.version);
  to.if_string("description", x.description);
  write_input(to, x);
  to.if_other("priority", unsigned{x.priority}, unsigned{usual.priority});
  to.if_other("max_parallel", x.max_parallel, usual.max_parallel);
  to.if_span("deadline", x.deadline);
  to.if_json("labels", x.labels);
  to.if_members(x.extras);
  auto& steps = to.key("steps");
  char before = '[';
  for (const auto& step : x.steps) {
    steps += before;
    before = ',';
    write_step(steps, x, step);
  }
  steps += ']';
}

} // namespace

void append_needs(std::string& out, const needs& x) {
  object_writer to{out};
  write_needs(to, x);
}

std::string canonical(const workflow& x) {
  std::string out;
  write_workflow(out, x);
  return out;
}

} // namespace troupe::core::workflows
