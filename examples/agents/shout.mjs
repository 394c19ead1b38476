#!/usr/bin/env node
// A long-lived agent, see configs/agents.yaml.
import { run } from "../../sdk/typescript/troupe_agent.mjs";

run(async (task) => {
  task.log(`shouting at attempt ${task.attempt}`);
  return String(task.input).toUpperCase();
}, { capabilities: ["text.shout"] });
