#include "core/workflow_cast.hpp"

using namespace troupe::core;
using namespace std::chrono_literals;

namespace {

// The one of the model's page.
constexpr std::string_view release = R"(
workflow: release
version: 3
autonomy: supervised
input: {tag: {type: string, required: true}}
defaults: {timeout: 5m, retries: 3, backoff: {base: 2s, factor: 2, max: 30s, jitter: 0.1}}
boundaries: {max_impact: 7, forbid: [security_policy, financial]}
steps:
  build:
    agent: {capabilities: [build, cpp]}
    input: {tag: "${run.input.tag}"}
  unit_tests:
    depends_on: [build]
    agent: {capabilities: [test]}
    healing: [retry_flaky]
  deploy_staging:
    depends_on: [unit_tests]
    checkpoint: true
    risk: {impact: 5, reversible: true}
    agent: {capabilities: [deploy]}
    undo: {agent: {capabilities: [deploy]}, input: {to: "${checkpoint.version}"}}
  deploy_production:
    depends_on: [deploy_staging]
    risk: {impact: 8, reversible: true}
    approve: {by: release-managers, timeout: 24h, on_timeout: reject}
    agent: {capabilities: [deploy]}
)";

} // namespace

TEST_CASE("the example of the model reads as it says", "[workflow]")
{
  auto x = good(release);
  CHECK(x->name == "release");
  CHECK(x->version == 3);
  CHECK(x->input.at("tag").required);
  CHECK(
    x->extras.view()
    == R"({"autonomy":"supervised","boundaries":{"forbid":["security_policy","financial"],"max_impact":7}})");
  REQUIRE(x->steps.size() == 4);
  const auto& build = x->steps[0];
  CHECK(build.name == "build");
  CHECK(build.need->capabilities == std::vector<std::string>{"build", "cpp"});
  CHECK(build.timeout == 5min);
  CHECK(build.backoff.base == 2s);
  CHECK(build.input.view() == R"({"tag":"${run.input.tag}"})");
  CHECK(build.input_is_template);
  CHECK(build.dependents == std::vector<edge>{{1}});
  const auto& production = x->steps[3];
  CHECK(production.kind == step_kind::work);
  CHECK(production.approve->by == "release-managers");
  CHECK(production.depends_on == std::vector<edge>{{2}});
  CHECK(x->steps[2].checkpoint);
  CHECK(x->order == std::vector<uint32_t>{0, 1, 2, 3});
}

TEST_CASE("steps with equal needs share one object", "[workflow]")
{
  auto x = good(release);
  CHECK(x->steps[2].need == x->steps[3].need);
  CHECK(x->steps[0].need != x->steps[1].need);
}

TEST_CASE("the canonical text reads back as the same workflow", "[workflow]")
{
  auto x = good(release);
  auto again = good(x->source.view());
  CHECK(same(*x, *again));
  CHECK(again->hash.size() == 64);
}

TEST_CASE("the hash is of the meaning, not of the writing", "[workflow]")
{
  auto a = good("workflow: w\ndefaults: {timeout: 60s}\nsteps:\n"
                "  a: {agent: {capabilities: [y, x]}}\n  b: {depends_on: a}\n");
  auto b = good(R"({"workflow": "w", "version": 1, "steps": [
    {"name": "a", "timeout": "1m", "agent": {"capabilities": ["x", "y"]}},
    {"name": "b", "timeout": "PT1M", "retries": 3,
     "depends_on": [{"step": "a", "on": "success"}]}]})");
  CHECK(a->source.view() == b->source.view());
  CHECK(a->hash == b->hash);
  CHECK(one("retries: 2")->hash != one("retries: 1")->hash);
}

TEST_CASE("defaults are merged field by field", "[workflow]")
{
  auto x = good(R"(
workflow: w
defaults:
  agent: {capabilities: [build], partial: true}
  backoff: {base: 5s, factor: 3}
  labels: {team: web, tier: 1}
  risk: {impact: 2}
steps:
  a: {}
  b:
    agent: {capabilities: [test]}
    backoff: {factor: 4}
    labels: {tier: two}
    risk: {impact: 9}
)");
  CHECK(x->steps[0].need->capabilities == std::vector<std::string>{"build"});
  CHECK(x->steps[1].need->capabilities == std::vector<std::string>{"test"});
  CHECK(x->steps[1].need->partial);
  CHECK(x->steps[1].backoff.base == 5s);
  CHECK(x->steps[1].backoff.factor == 4);
  CHECK(x->steps[0].labels.view() == R"({"team":"web","tier":"1"})");
  CHECK(x->steps[1].labels.view() == R"({"team":"web","tier":"two"})");
  CHECK(x->steps[1].extras.view() == R"({"risk":{"impact":9}})");
}

TEST_CASE("an agent's defaults are not those of a wait", "[workflow]")
{
  auto x = good(R"(
workflow: w
defaults: {timeout: 5m, approve: true, type: build, priority: high}
steps:
  work: {}
  alone: {approve: false}
  nap: {sleep: 1h}
  gate: {approve: {by: ann}}
)");
  CHECK(x->steps[0].approve);
  CHECK_FALSE(x->steps[1].approve);
  CHECK_FALSE(x->steps[2].approve);
  CHECK_FALSE(x->steps[2].timeout);
  CHECK(x->steps[2].need->type.empty());
  CHECK(x->steps[2].priority == 8);
  CHECK(x->steps[3].kind == step_kind::approval);
}

TEST_CASE("a step's fields say its kind", "[workflow]")
{
  auto kind = [](const std::string& fields) {
    return one(fields)->steps[0].kind;
  };
  CHECK(kind("") == step_kind::work);
  CHECK(kind("agent: bob") == step_kind::work);
  CHECK(kind("sleep: 2h") == step_kind::sleep);
  CHECK(kind("signal: go, timeout: 1h") == step_kind::signal);
  CHECK(kind("workflow: other@2") == step_kind::workflow);
  CHECK(kind("approve: true") == step_kind::approval);
  CHECK(kind("approve: true, description: ok?") == step_kind::approval);
  CHECK(kind("approve: true, type: deploy") == step_kind::work);
  CHECK(kind("approve: true, agent: bob") == step_kind::work);
  CHECK(kind("approve: true, kind: work") == step_kind::work);
  CHECK(kind("approve: false") == step_kind::work);
  CHECK(kind("approve: true, sleep: 1s") == step_kind::sleep);
}

TEST_CASE("edges can be written in three ways", "[workflow]")
{
  auto x = good(R"(
workflow: w
steps:
  late: {depends_on: [{step: a, on: always, strict: true}, b]}
  a:
  b: {depends_on: a}
)");
  CHECK(x->steps[0].depends_on
        == std::vector<edge>{{1, edge_condition::always, true}, {2}});
  CHECK(x->steps[2].depends_on == std::vector<edge>{{1}});
  CHECK(x->steps[1].dependents
        == std::vector<edge>{{0, edge_condition::always, true}, {2}});
  CHECK(x->order == std::vector<uint32_t>{1, 2, 0});
}

TEST_CASE("every field of a step arrives", "[workflow]")
{
  auto x = one(R"(description: d, when: "run.input.go", type: t,
    agent: {name: bob, preferred: [p]}, priority: urgent, deadline: 2h,
    concurrency: {key: "k-${run.id}", limit: 2}, retries: 0,
    rate: {key: r, per_second: 0.5, burst: 3}, resources: {gpu: 2},
    at_most_once: true, fallback: {output: 7}, idempotency_key: "i-${task.id}",
    not_before: "2030-01-01T00:00:00Z", foreach: [1, 2], max_parallel: 4,
    expect: "output.ok", cache: 1h, milestone: m, expected: 3s)")
             ->steps[0];
  CHECK(x.when == "run.input.go");
  CHECK(x.need->agent == "bob");
  CHECK(x.need->preferred == std::vector<std::string>{"p"});
  CHECK(x.need->concurrency_key == "k-${run.id}");
  CHECK(x.need->concurrency_limit == 2);
  CHECK(x.need->rate_per_second == 0.5);
  CHECK(x.need->rate_burst == 3);
  CHECK(x.need->resources.at("gpu") == 2);
  CHECK(x.priority == 10);
  CHECK(x.deadline == 2h);
  CHECK(x.retries == 0);
  CHECK(x.at_most_once);
  CHECK(x.fallback->output.view() == "7");
  CHECK(x.idempotency_key == "i-${task.id}");
  CHECK(x.not_before == "2030-01-01T00:00:00Z");
  CHECK(x.foreach.view() == "[1,2]");
  CHECK(x.max_parallel == 4);
  CHECK(x.expect == "output.ok");
  CHECK(x.cache == 1h);
  CHECK(x.milestone == "m");
  CHECK(x.expected == 3s);
}

TEST_CASE("loops, waits and schemas arrive", "[workflow]")
{
  auto loop = one("repeat_until: \"output.done\", repeat_max: 7,"
                  " input: \"${iteration}\"")
                ->steps[0];
  CHECK(loop.repeat_until == "output.done");
  CHECK(loop.repeat_max == 7);
  CHECK(one("foreach: \"${run.input.files}\"")->steps[0].foreach.view()
        == "\"${run.input.files}\"");
  CHECK(one("sleep: \"${run.input.delay}\"")->steps[0].sleep_template
        == "${run.input.delay}");
  CHECK(one("sleep: 90s")->steps[0].sleep == 90s);
  CHECK(one("signal: go")->steps[0].signal == "go");
  CHECK(one("workflow: a.b@12")->steps[0].workflow == "a.b@12");
  CHECK(one("expect: {type: object}")->steps[0].expect_schema.view()
        == R"({"type":"object"})");
  auto both = one("expect: {schema: {type: object}, that: output.ok}");
  CHECK(both->steps[0].expect_schema.view() == R"({"type":"object"})");
  CHECK(both->steps[0].expect == "output.ok");
  CHECK(one("approve: {on_timeout: approve, timeout: 1m}")
          ->steps[0]
          .approve->approve_on_timeout);
}

TEST_CASE("a fallback is other agents, another input or an output",
          "[workflow]")
{
  auto of = [](const std::string& fields) {
    auto x = one(fields);
    CHECK(same(*x, *good(x->source.view())));
    return x->steps[0];
  };
  CHECK(of("fallback: eve").fallback->need->agent == "eve");
  auto wide = of("agent: {capabilities: [large]}, type: t, resources: {gpu: 1},"
                 " fallback: {agent: {capabilities: [small]}, input: [1]}");
  CHECK(wide.fallback->need->capabilities == std::vector<std::string>{"small"});
  CHECK(wide.fallback->need->type == "t");
  CHECK(wide.fallback->need->resources == wide.need->resources);
  CHECK(wide.fallback->input.view() == "[1]");
  // Any agent, where the step's own is a certain one.
  auto any = of("agent: bob, fallback: {agent: {}}");
  CHECK(any.fallback->need->agent.empty());
  auto same_agent = of("agent: bob, fallback: {input: {easy: true}}");
  CHECK(same_agent.fallback->need == same_agent.need);
  // The same agents once more: that has to be readable again, too.
  auto own = of("agent: bob, fallback: bob");
  CHECK(own.fallback->need == own.need);
  CHECK_FALSE(of("fallback: {output: null}").fallback->need);
  CHECK(of("fallback: {output: null}").fallback->output.view() == "null");
  auto both = good("workflow: w\ndefaults: {fallback: eve}\nsteps:\n"
                   "  a:\n  b: {fallback: false}\n  c: {sleep: 1s}\n");
  CHECK(both->steps[0].fallback->need->agent == "eve");
  CHECK_FALSE(both->steps[1].fallback);
  CHECK_FALSE(both->steps[2].fallback);
}

TEST_CASE("what takes a step back knows the checkpoint and its own output",
          "[workflow]")
{
  one(R"(undo: {agent: a, input: {to: "${checkpoint.version}",
         what: "${steps.a.output.id}", who: "${task.id}"}})");
  CHECK(problems_of(R"(
workflow: w
steps:
  a: {input: "${checkpoint.version}"}
  b: {undo: {input: "${steps.c.output}"}}
  c: {undo: {input: "${checkpoint"}}
)")
        == "f:4:14: `${checkpoint.version}` outside of `undo` (at "
           "/steps/a/input); only what takes a step back knows the checkpoint\n"
           "f:5:21: `c` may not have ended by then: `b` does not depend on it "
           "(at /steps/b/undo/input); add `c` to `depends_on`\n"
           "f:6:21: `${checkpoint`: `${` without its `}`; to write a plain "
           "`${`, use `$${` (at /steps/c/undo/input)\n");
}

TEST_CASE("references reach through dependencies of dependencies", "[workflow]")
{
  good(R"(
workflow: w
steps:
  a: {}
  b: {depends_on: [a]}
  c: {depends_on: [b]}
  d: {depends_on: [c], when: steps.a.output.ok, input: "${steps.a.output}"}
)");
  CHECK(one("input: \"$${steps.none.output}\"")->steps[0].input_is_template);
}

TEST_CASE("YAML anchors and merge keys make steps from steps", "[workflow]")
{
  auto x = good(R"(
workflow: w
steps:
  a: &base {type: build, retries: 1, agent: {capabilities: [x]}}
  b: {<<: *base, retries: 2, depends_on: [a]}
)");
  CHECK(x->steps[1].retries == 2);
  CHECK(x->steps[1].need == x->steps[0].need);
}

TEST_CASE("a list of tasks gets names where it has none", "[workflow]")
{
  auto x = parse_task_list(R"([{"type": "a"}, {"name": "task_3"},
    {"type": "b", "depends_on": ["task_3", "task_1"]}])");
  REQUIRE(x.problems.empty());
  CHECK(x.value->name == "tasks");
  CHECK(x.value->steps[0].name == "task_1");
  CHECK(x.value->steps[2].name == "task_3_");
  CHECK(x.value->steps[2].depends_on == std::vector<edge>{{0}, {1}});
  CHECK(same(*x.value, *good(x.value->source.view())));
}

TEST_CASE("a list of tasks is checked like a workflow", "[workflow]")
{
  auto first = [](std::string_view json) {
    auto x = parse_task_list(json);
    REQUIRE_FALSE(x.value);
    return to_text(x.problems.at(0), "body");
  };
  CHECK(first(R"({"type": "a"})")
        == "body:1:1: expected a list of tasks, found an object; e.g. "
           "`[{\"type\": \"build\"}]`");
  CHECK(first("[]") == "body:1:1: there is no task; write at least one");
  CHECK(first(R"([{"typ": "a"}])")
        == "body:1:3: unknown field `typ` (at /0/typ); did you mean `type`?");
  CHECK(first(R"([{"name": "a", "depends_on": ["b"]},
                  {"name": "b", "depends_on": ["a"]}])")
        == "body:1:16: these steps wait for each other: a -> b -> a (at "
           "/0/depends_on); remove one of these dependencies");
}

TEST_CASE("too many steps are refused by name", "[workflow]")
{
  std::string list = "[{}";
  for (int i = 0; i < 100'000; ++i)
    list += ",{}";
  auto x = parse_task_list(list + "]");
  REQUIRE(x.problems.size() == 1);
  CHECK(x.problems[0].what.find("steps_max") != std::string::npos);
}

TEST_CASE("defaults that unfold beyond the limit are refused", "[workflow]")
{
  std::string source = "workflow: w\ndefaults: {labels: {x: "
                       + std::string(1000, 'y') + "}}\nsteps:\n";
  for (int i = 0; i < 20'000; ++i)
    source += "  s" + std::to_string(i) + ":\n";
  auto found = problems_of(source);
  CHECK(found.find("source_bytes_max") != std::string::npos);
}
