#include "cli/new_project.hpp"

#include <algorithm>
#include <array>

// What `troupe init` writes. Its tests run each of these with a real node.

namespace troupe::cli {

namespace {

constexpr std::string_view workflow_text =
  R"(# troupe run hello.yaml --config troupe.yaml --input name=Ada
workflow: hello
version: 1
description: Greets somebody, and tells about it
input:
  name: {type: string, default: world}
steps:
  greet:
    agent: {capabilities: [greet]}
    input: {name: "${run.input.name}"}
    timeout: 30s
    retries: 2
  tell:
    depends_on: [greet]
    agent: {capabilities: [echo]}
    input: "${steps.greet.output}"
)";

constexpr std::string_view python_text = R"(#!/usr/bin/env python3
"""One task: JSON on stdin, the answer as JSON on stdout, log lines on stderr."""
import json
import sys

task = json.load(sys.stdin)
name = task["input"]["name"]
print(f"try {task['attempt']} of step {task['name']}", file=sys.stderr)
print(json.dumps({"progress": 0.5, "note": "half"}), file=sys.stderr)
json.dump({"greeting": f"Hello, {name}!"}, sys.stdout)
# Another exit code than 0 fails the attempt; the last lines of stderr say why.
)";

constexpr std::string_view typescript_text =
  R"(// One task: JSON on stdin, the answer as JSON on stdout, log lines on stderr.
// Node 18 runs this as it is; from Node 22.18 on it may have type annotations.
let text = "";
process.stdin.setEncoding("utf8");
process.stdin.on("data", (part) => { text += part; });
process.stdin.on("end", () => {
  const task = JSON.parse(text);
  console.error(`try ${task.attempt} of step ${task.name}`);
  console.error(JSON.stringify({ progress: 0.5, note: "half" }));
  console.log(JSON.stringify({ greeting: `Hello, ${task.input.name}!` }));
});
// Another exit code than 0 fails the attempt; the last lines of stderr say why.
)";

constexpr std::string_view cpp_text =
  R"(// One task: JSON on stdin, the answer as JSON on stdout, log lines on stderr.
#include <iostream>
#include <iterator>
#include <string>

int main() {
  const std::string task{std::istreambuf_iterator<char>{std::cin}, {}};
  std::cerr << "a task of " << task.size() << " bytes\n"
            << R"_({"progress": 0.5, "note": "half"})_" << std::endl;
  // The task is JSON, so that it can be put into the answer as it is.
  std::cout << R"_({"greeting": "Hello from C++!", "task": )_" << task << "}\n";
  return 0; // Another exit code fails the attempt; stderr says why.
}
)";

constexpr std::string_view shell_text = R"(#!/bin/sh
# One task: JSON on stdin, the answer as JSON on stdout, log lines on stderr.
task=$(cat)
echo "try $TROUPE_ATTEMPT of task $TROUPE_TASK" >&2
echo '{"progress": 0.5, "note": "half"}' >&2
# The task is JSON, so that it can be put into the answer as it is.
printf '{"greeting": "Hello from a shell!", "task": %s}\n' "$task"
# Another exit code than 0 fails the attempt; the last lines of stderr say why.
)";

struct form {
  std::string_view word;
  std::string_view file; // The agent's source.
  std::string_view text;
  std::string_view command; // As YAML.
  bool executable;
  std::string_view build; // A command that comes first.
};

// By `language`.
constexpr std::array<form, 4> forms{
  {{"python", "agents/greet.py", python_text, "command: ./agents/greet.py",
    true, ""},
   {"typescript", "agents/greet.ts", typescript_text,
    "command: node\n    args: [agents/greet.ts]", false, ""},
   {"cpp", "agents/greet.cpp", cpp_text, "command: ./agents/greet", false,
    "    c++ -std=c++17 -O2 -o agents/greet agents/greet.cpp\n"},
   {"shell", "agents/greet.sh", shell_text, "command: ./agents/greet.sh", true,
    ""}}};

std::string config_text(const form& of) {
  return "# A node with this project's agents. `troupe config show --config\n"
         "# troupe.yaml` prints every setting there is. Paths are seen from\n"
         "# where the node is started.\n"
         "agents:\n"
         "  greet:\n"
         "    kind: process\n"
         "    "
         + std::string{of.command}
         + "\n"
           "    capabilities: [greet]\n"
           "    max_load: 4\n"
           "  echo: {kind: echo}\n";
}

std::string readme_text(const std::string& name, const form& of) {
  return "# " + name + "\n\nA workflow and its agent, for Troupe.\n\n"
         + std::string{of.build}
         + "    troupe run hello.yaml --config troupe.yaml --input name=Ada\n\n"
           "With a node (`troupe node --config troupe.yaml` in another "
           "terminal): `troupe submit\n"
           "hello.yaml --wait`, then `troupe status @latest` and `troupe "
           "watch @latest`. What to change:\n"
           "`hello.yaml` says what is done, `"
         + std::string{of.file}
         + "` does it, `troupe.yaml` says who is there.\n";
}

} // namespace

std::optional<language> language_of(std::string_view word) {
  auto pos = std::find_if(forms.begin(), forms.end(),
                          [&](const form& x) { return x.word == word; });
  if (pos == forms.end())
    return std::nullopt;
  return static_cast<language>(pos - forms.begin());
}

std::vector<project_file> new_project(const std::string& name, language in) {
  const auto& of = forms[static_cast<size_t>(in)];
  return {{"troupe.yaml", config_text(of)},
          {"hello.yaml", std::string{workflow_text}},
          {std::string{of.file}, std::string{of.text}, of.executable},
          {"README.md", readme_text(name, of)}};
}

} // namespace troupe::cli
