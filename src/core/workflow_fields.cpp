#include "core/workflow_fields.hpp"

#include <array>

// A table: longer than a file of code should be, and read row by row.

namespace troupe::core {

namespace {

constexpr std::string_view any = "{}";
constexpr std::string_view text = R"({"type":"string","minLength":1})";
constexpr std::string_view word = R"({"$ref":"#/$defs/word"})";
constexpr std::string_view words = R"({"$ref":"#/$defs/words"})";
constexpr std::string_view boolean = R"({"type":"boolean"})";
constexpr std::string_view span = R"({"$ref":"#/$defs/duration"})";
constexpr std::string_view count =
  R"({"type":"integer","minimum":1,"maximum":1000000})";
constexpr std::string_view share =
  R"({"type":"number","minimum":0,"maximum":1})";
constexpr std::string_view lua = R"({"$ref":"#/$defs/expression"})";
constexpr std::string_view priority = R"({"$ref":"#/$defs/priority"})";
constexpr std::string_view autonomy = R"({"$ref":"#/$defs/autonomy"})";
constexpr std::string_view strategy = R"({"$ref":"#/$defs/strategy"})";
constexpr std::string_view undo = R"({"$ref":"#/$defs/undo"})";
constexpr std::string_view labels =
  R"({"type":"object","additionalProperties":{"type":["string","number","boolean"]}})";

constexpr bool inherits = true;
constexpr bool required = true;

constexpr std::array workflow_rows{
  field{"workflow", "Its name: letters, digits, `_`, `-` and `.`.", word, false,
        required},
  field{"version", "Grows with every change of a registered workflow.",
        R"({"type":"integer","minimum":1,"maximum":4294967295,"default":1})"},
  field{"description", "What it is for.", text},
  field{
    "input", "What a run of it takes; undeclared: any object.",
    R"({"type":"object","additionalProperties":{"anyOf":[{"$ref":"#/$defs/input_type"},{"$ref":"#/$defs/input_field"}]}})"},
  field{"priority", "Of its runs, where a submission names none.", priority},
  field{"max_parallel", "Tasks of a run in progress at once.", count},
  field{"deadline", "Of a run, from its acceptance.", span},
  field{"labels", "Words to find runs by.", labels},
  field{"autonomy", "How much may happen without a person.", autonomy},
  field{"boundaries", "What no run of it may do alone.",
        R"({"$ref":"#/$defs/boundaries"})"},
  field{"healing", "Recovery strategies: words, or one word.", words},
  field{"strategy", "How agents work together, or how the run is executed.",
        strategy},
  field{"defaults", "Values for steps that do not state their own.",
        R"({"$ref":"#/$defs/defaults"})"},
  field{
    "steps", "The steps, by name; or a list of steps with `name`.",
    R"({"anyOf":[{"type":"object","minProperties":1,"propertyNames":{"$ref":"#/$defs/step_name"},"additionalProperties":{"anyOf":[{"$ref":"#/$defs/step"},{"type":"null"}]}},{"type":"array","minItems":1,"items":{"allOf":[{"$ref":"#/$defs/step"},{"required":["name"]}]}}]})",
    false, required},
};

constexpr std::array step_rows{
  field{"name", "Only where `steps` is a list.",
        R"({"$ref":"#/$defs/step_name"})"},
  field{"description", "What it does, for people.", text},
  field{"kind",
        "Follows from the other fields; `kind: work` asks for an agent "
        "where there is only `approve`.",
        R"({"enum":["work","sleep","signal","approval","workflow"]})"},
  field{
    "depends_on", "Steps that must end before this one begins.",
    R"({"anyOf":[{"$ref":"#/$defs/step_name"},{"type":"array","items":{"anyOf":[{"$ref":"#/$defs/step_name"},{"$ref":"#/$defs/edge"}]}}]})"},
  field{"when", "Lua condition; the step is skipped where it is false.", lua},
  field{
    "agent", "Which agents may do it.",
    R"({"anyOf":[{"type":"string","minLength":1},{"$ref":"#/$defs/agent"}]})",
    inherits},
  field{"type", "Kind of work, e.g. `build`: chooses history and policy.", word,
        inherits},
  field{
    "concurrency", "How many of the same key run at once.",
    R"({"anyOf":[{"type":"string","minLength":1},{"$ref":"#/$defs/concurrency"}]})",
    inherits},
  field{"rate", "How often those of the same key may start.",
        R"({"$ref":"#/$defs/rate"})", inherits},
  field{
    "resources", "Consumable resources it holds, e.g. `{gpu: 2}`.",
    R"({"type":"object","additionalProperties":{"type":"number","exclusiveMinimum":0}})",
    inherits},
  field{"input", "What the agent gets: any value; templates are filled in.",
        any},
  field{"priority", "1 to 10, or low, normal, high, urgent, critical.",
        priority, inherits},
  field{"timeout", "Of one attempt; of a wait for a signal.", span, inherits},
  field{"deadline", "Of the task, from when it is queued.", span, inherits},
  field{"retries", "Tries after the first.",
        R"({"type":"integer","minimum":0,"maximum":1000,"default":3})",
        inherits},
  field{"backoff", "How long to wait between tries.",
        R"({"$ref":"#/$defs/backoff"})", inherits},
  field{"at_most_once", "Never started a second time, come what may.", boolean,
        inherits},
  field{"pure", "A repeat is harmless; its start need not be durable.", boolean,
        inherits},
  field{"hold", "Queued, but given to nobody until it is released.", boolean,
        inherits},
  field{
    "fallback", "What is done when its attempts are used up.",
    R"({"anyOf":[{"const":false},{"type":"string","minLength":1},{"$ref":"#/$defs/fallback"}]})",
    inherits},
  field{"idempotency_key",
        "What the agent tells repeats by; may be a template.", text},
  field{"not_before", "RFC 3339 time, or a template.", text},
  field{"foreach", "One task per item of a list, or of a template's value.",
        R"({"anyOf":[{"type":"array"},{"type":"string","pattern":"\\$\\{"}]})"},
  field{"max_parallel", "Tasks of the `foreach` in progress at once.", count},
  field{"repeat_until", "Lua condition over `output` and `iteration`.", lua},
  field{"repeat_max", "Iterations, at most; 100 unless stated.", count},
  field{
    "sleep", "Waits that long; a duration or a template.",
    R"({"anyOf":[{"$ref":"#/$defs/duration"},{"type":"string","pattern":"\\$\\{"}]})"},
  field{"signal",
        "Waits for the signal of that name; its payload is the "
        "output.",
        word},
  field{
    "workflow", "Runs another workflow, `name` or `name@version`.",
    R"({"type":"string","pattern":"^[A-Za-z0-9_][A-Za-z0-9_.-]*(@[0-9]+)?$"})"},
  field{
    "approve", "A person must agree before it begins.",
    R"({"anyOf":[{"type":"boolean"},{"type":"string","minLength":1},{"$ref":"#/$defs/approve"}]})",
    inherits},
  field{
    "expect",
    "What the output must be: a Lua condition over `output`, or a "
    "JSON Schema, or both.",
    R"({"anyOf":[{"$ref":"#/$defs/expression"},{"$ref":"#/$defs/expect"},{"type":"object"}]})",
    inherits},
  field{"cache", "How long an equal step's output is used again.", span,
        inherits},
  field{"milestone", "Named in progress reports.", text},
  field{"checkpoint", "A state to which a run can go back.", boolean, inherits},
  field{"expected", "Expected duration, for plans.", span, inherits},
  field{"labels", "Words to find tasks by.", labels, inherits},
  field{
    "risk", "Impact 1 to 10 and more, or one number 0 to 1.",
    R"({"anyOf":[{"type":"number","minimum":0,"maximum":1},{"$ref":"#/$defs/risk"}]})",
    inherits},
  field{"undo", "What takes its effect back.", undo, inherits},
  field{"compensation", "Another word for `undo`.", undo, inherits},
  field{"healing", "Recovery strategies: words, or one word.", words, inherits},
  field{"autonomy", "How much may happen without a person.", autonomy,
        inherits},
  field{"boundaries", "What it may not do alone.",
        R"({"$ref":"#/$defs/boundaries"})", inherits},
  field{"strategy", "How agents work together on it.", strategy, inherits},
  field{"phase", "The phase it belongs to.", word, inherits},
  field{"complexity", "0 to 10.",
        R"({"type":"number","minimum":0,"maximum":10})", inherits},
};

constexpr std::array input_rows{
  field{"type", "", R"({"$ref":"#/$defs/input_type"})"},
  field{"description", "Shown where the input is asked for.", text},
  field{"required", "A run without it is refused.", boolean},
  field{"default", "Its value where a run does not state it.", any},
};

constexpr std::array edge_rows{
  field{"step", "The step it depends on.", R"({"$ref":"#/$defs/step_name"})",
        false, required},
  field{"on", "How that step must end.",
        R"({"enum":["success","failure","always"],"default":"success"})"},
  field{"strict", "No overlap, streaming or re-planning across this edge.",
        boolean},
};

constexpr std::array agent_rows{
  field{"capabilities", "All of them are needed, e.g. `[build, deploy.k8s]`.",
        words},
  field{"name", "Only this agent.", text},
  field{"preferred", "Specialisations that are better.", words},
  field{"partial", "An agent with fewer capabilities will do.", boolean},
};

constexpr std::array concurrency_rows{
  field{"key", "Steps with this key count together; may be a template.", text,
        false, required},
  field{"limit", "In progress at once.",
        R"({"type":"integer","minimum":1,"maximum":1000000,"default":1})"},
  field{"exclusive", "Never together with any other of the key.", boolean},
};

constexpr std::array rate_rows{
  field{"key", "Steps with this key count together.", text, false, required},
  field{"per_second", "Starts per second.",
        R"({"type":"number","exclusiveMinimum":0,"maximum":1000000})", false,
        required},
  field{"burst", "Starts at once after a pause.",
        R"({"type":"integer","minimum":1,"maximum":1000000,"default":1})"},
};

constexpr std::array backoff_rows{
  field{"base", "The first wait.", span},
  field{"factor", "Each further wait is that much longer.",
        R"({"type":"number","minimum":1,"maximum":100,"default":2})"},
  field{"max", "The longest wait.", span},
  field{"jitter", "Share of the wait that is added at random.", share},
};

constexpr std::array fallback_rows{
  field{
    "agent", "Which agents try then; else those of the step.",
    R"({"anyOf":[{"type":"string","minLength":1},{"$ref":"#/$defs/agent"}]})"},
  field{"input", "What they get; else what the step's own got.", any},
  field{"output", "The output, without another attempt.", any},
};

constexpr std::array approve_rows{
  field{"by", "Role or person; else anyone who may approve.", text},
  field{"timeout", "How long the question stays open; 24h unless stated.",
        span},
  field{"on_timeout", "What then happens.",
        R"({"enum":["reject","approve"],"default":"reject"})"},
};

constexpr std::array expect_rows{
  field{"schema", "JSON Schema of the output.",
        R"({"type":["object","boolean"]})"},
  field{"that", "Lua condition over `output`.", lua},
};

constexpr std::array risk_rows{
  field{"impact", "1 (nothing) to 10 (everything).",
        R"({"type":"number","minimum":1,"maximum":10})"},
  field{"reversible", "Whether its effect can be taken back.", boolean},
  field{"confidence", "How sure its author is.", share},
  field{"criticality", "Above 0.8 a person is always asked.", share},
  field{"categories", "E.g. `financial`; some always need a person.", words},
};

constexpr std::array undo_rows{
  field{
    "agent", "Which agents may do it.",
    R"({"anyOf":[{"type":"string","minLength":1},{"$ref":"#/$defs/agent"}]})"},
  field{"type", "Kind of work.", word},
  field{"input", "What the agent gets.", any},
  field{"timeout", "Of one attempt.", span},
  field{"retries", "Tries after the first.",
        R"({"type":"integer","minimum":0,"maximum":1000})"},
};

constexpr std::array boundaries_rows{
  field{"max_impact", "Highest impact without a person.",
        R"({"type":"number","minimum":0,"maximum":10})"},
  field{"forbid", "Categories that it must not touch.", words},
  field{"capabilities", "The only ones that it may use.", words},
  field{"environments", "The only ones that it may change.", words},
  field{"hours", "When it may act, e.g. `Mon-Fri 08:00-18:00`.", text},
  field{
    "budget", "Most it may spend: `money`, `tokens`, `calls`, `fan_out`.",
    R"({"type":"object","additionalProperties":{"type":"number","minimum":0}})"},
};

constexpr std::array groups{
  field_group{"workflow", "A workflow of Troupe.", workflow_rows},
  field_group{"step", "One step.", step_rows},
  field_group{"input_field", "One field of a run's input.", input_rows},
  field_group{"edge", "A dependency with a condition.", edge_rows},
  field_group{"agent", "Which agents may do it.", agent_rows},
  field_group{"concurrency", "How many run at once.", concurrency_rows},
  field_group{"rate", "How often they start.", rate_rows},
  field_group{"backoff", "How long to wait between tries.", backoff_rows},
  field_group{"fallback", "What is done when its attempts are used up.",
              fallback_rows},
  field_group{"approve", "A question to a person.", approve_rows},
  field_group{"expect", "What the output must be.", expect_rows},
  field_group{"risk", "What can go wrong.", risk_rows},
  field_group{"undo", "What takes an effect back.", undo_rows},
  field_group{"boundaries", "What may not happen alone.", boundaries_rows},
};

} // namespace

const std::span<const field> workflow_fields = workflow_rows;
const std::span<const field> step_fields = step_rows;
const std::span<const field> input_fields = input_rows;
const std::span<const field> edge_fields = edge_rows;
const std::span<const field> agent_fields = agent_rows;
const std::span<const field> concurrency_fields = concurrency_rows;
const std::span<const field> rate_fields = rate_rows;
const std::span<const field> backoff_fields = backoff_rows;
const std::span<const field> fallback_fields = fallback_rows;
const std::span<const field> approve_fields = approve_rows;
const std::span<const field> expect_fields = expect_rows;
const std::span<const field> risk_fields = risk_rows;
const std::span<const field> undo_fields = undo_rows;
const std::span<const field> boundaries_fields = boundaries_rows;

std::span<const field_group> field_groups() {
  return groups;
}

} // namespace troupe::core
