#pragma once

#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/graph.hpp"
#include "core/reader.hpp"
#include "core/template.hpp"
#include "core/workflow.hpp"
#include "core/workflow_fields.hpp"

// The inside of parse_workflow: from a document's nodes to steps.

namespace troupe::core::workflows {

// Limits of a workflow file; each has an error that names it.
inline constexpr size_t steps_max = 100'000;
inline constexpr size_t name_bytes_max = 128;
inline constexpr size_t description_bytes_max = 16u << 10;
inline constexpr size_t expression_text_bytes_max = 4096;
inline constexpr size_t words_max = 64; // Capabilities and other word lists.
inline constexpr size_t labels_max = 64;
inline constexpr size_t resources_max = 32;
inline constexpr size_t foreach_items_max = 100'000;
inline constexpr int64_t retries_max = 1000;
inline constexpr int64_t count_max = 1'000'000; // max_parallel, limits, ...
inline constexpr duration duration_min{std::chrono::milliseconds{1}};
inline constexpr duration duration_max{std::chrono::days{3653}};
inline constexpr bounds<duration> any_duration{duration_min, duration_max};

/// A step while it is read. `defaults` are one too: every step begins as a
/// copy.
struct draft {
  core::step step;
  core::needs need;
  std::optional<core::needs> fallback_agent; // Of it, only the agent's part.
  std::map<std::string, std::string> labels;
  std::map<std::string, std::string> extras; // JSON by name.
};

/// The steps' names, by index and back.
struct step_names {
  std::vector<std::string> all; // Fixed before the first goes into `index`.
  std::unordered_map<std::string_view, uint32_t> index;

  std::optional<uint32_t> find(std::string_view name) const {
    auto pos = index.find(name);
    return pos == index.end() ? std::nullopt : std::optional{pos->second};
  }
  /// "did you mean"; compares, so not for every mistake in a huge file.
  std::string suggest(std::string_view name, std::optional<uint32_t> self,
                      const problems& so_far) const;
};

/// Reads all fields of a step, in the order of `step_fields`; the kind is
/// known. `self` is the step's own index; for `defaults` it is none.
void read_step(object_reader& in, draft& to, const step_names& names,
               std::optional<uint32_t> self);

/// What the fields make of it: `sleep` a timer, and so on. Reports fields that
/// do not go together.
step_kind kind_of(const value& step);
/// Fields that no step of that kind can have.
void check_kind(const value& step, step_kind kind);

// Parts of a step, each in the order of `step_fields`.

void read_depends_on(object_reader& in, draft& to, const step_names& names,
                     std::optional<uint32_t> self);
void read_needs(object_reader& in, draft& to);
void read_agent(const value& from, core::needs& to);
void read_attempts(object_reader& in, draft& to);
void read_fallback(object_reader& in, draft& to);
void read_shape(object_reader& in, draft& to);
void read_result(object_reader& in, draft& to);

// Forms that steps and workflows share.

void read_priority(object_reader& in, uint8_t& to);
void read_labels(object_reader& in, std::map<std::string, std::string>& to);
void read_expression(const value& from, std::string& to);
void read_word(object_reader& in, std::string_view key, std::string& to);
void read_words(object_reader& in, std::string_view key,
                std::vector<std::string>& to); // Sorted, unique.
/// Checks the field's form and keeps its JSON.
void read_extra(object_reader& in, std::string_view key,
                std::map<std::string, std::string>& to);
/// Letters, digits, `_`, `-`, and `.` where `dots`; reports what is not.
bool check_name(const value& at, std::string_view name, bool dots);
bool is_name(std::string_view name, bool dots);

bool has_template(std::string_view text);
/// The needs of a step's fallback: its own, but for the agent.
core::needs fallback_needs(const draft& of);
/// The map as a JSON object; empty where it is. `quoted`: values are texts.
text to_object(const std::map<std::string, std::string>& from, bool quoted);

/// Reports unknown fields; asserts that the reader and the table agree.
void finish(object_reader& in, std::span<const field> fields);

/// Templates and paths in conditions: do they name what exists? `steps` is the
/// node that `of.steps` were read from; its order must be complete.
void check_references(const value& steps, const workflow& of,
                      const step_names& names, const adjacency& predecessors);

/// Is there such a name in that condition (`when`, `expect`, `repeat_until`) of
/// a step? Steps and inputs are looked up by `check_references`.
void check_condition_name(const value& at, const step& of,
                          std::string_view field, const reference& name);

/// Templates that name inputs which a run with that input does not have. Steps
/// with `when` are left out.
void check_input_use(const workflow& wf, const text& given, problems& to);

/// The one text of a workflow, whatever file it came from.
std::string canonical(const workflow& x);
/// Appends the fields of `x` (a unique text for each set of needs).
void append_needs(std::string& out, const needs& x);

} // namespace troupe::core::workflows
