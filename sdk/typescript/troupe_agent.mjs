// A long-lived agent for Troupe in JavaScript and TypeScript: plain node, no
// dependencies; types are in troupe_agent.d.mts.
//
//   import { run } from "./troupe_agent.mjs";
//   run(async (task) => task.input.split(/\s+/).length);
//
// Configure it with `kind: process`, `protocol: jsonrpc`. The page is
// docs/agents.md, "A process for many tasks".

import { createInterface } from "node:readline";

const PROTOCOL = "1";

/** Throw it to say how a task failed; any other error is `transient`. */
export class Failed extends Error {
  constructor(message, kind = "transient", retryAfterMs = undefined) {
    super(message);
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
  }
}

/** Throw it to get the task again later; no retry is used up. */
export class NotNow extends Failed {
  constructor(retryAfterMs = 1000) {
    super("not now", "not_now", retryAfterMs);
  }
}

/** Return it to add tasks to the run, in the form of a workflow's steps. */
export class WithTasks {
  constructor(output, tasks) {
    this.output = output;
    this.tasks = tasks;
  }
}

/** What is to be done, and what can be said of it meanwhile. */
class Task {
  #link;
  #stop = new AbortController();

  constructor(link, fields) {
    this.#link = link;
    this.id = fields.id;
    this.run = fields.run;
    this.workspace = fields.workspace;
    this.name = fields.name;
    this.type = fields.type;
    this.input = fields.input;
    this.attempt = fields.attempt;
    this.idempotencyKey = fields.idempotency_key;
    this.timeoutMs = fields.timeout_ms;
  }

  /** Aborted once nobody waits for the task: end soon. */
  get signal() {
    return this.#stop.signal;
  }

  get cancelled() {
    return this.#stop.signal.aborted;
  }

  progress(fraction, note = "") {
    this.#tell("task/progress", { fraction, note });
  }

  log(line) {
    this.#tell("task/log", { line: String(line) });
  }

  /** For the link. */
  cancel() {
    this.#stop.abort();
  }

  #tell(method, params) {
    const about = { task: this.id, attempt: this.attempt };
    this.#link.send({ method, params: { ...about, ...params } });
  }
}

class Link {
  #work;
  #tasks = new Map();
  #lastId = 0;
  #bytesMax = 4 * 1024 * 1024;
  #write = process.stdout.write.bind(process.stdout);

  constructor(work, options) {
    this.#work = work;
    // Frames have stdout for themselves: what prints goes to stderr.
    process.stdout.write = process.stderr.write.bind(process.stderr);
    process.stdout.on("error", () => process.exit(0)); // The node is gone.
    const lines = createInterface({ input: process.stdin });
    lines.on("line", (line) => this.#take(JSON.parse(line)));
    lines.on("close", () => process.exit(0));
    const { name = process.argv[1], capabilities } = options;
    this.#ask("link/hello", {
      protocol: PROTOCOL, sdk: "typescript", name, capabilities,
    });
  }

  send(frame) {
    const line = JSON.stringify({ jsonrpc: "2.0", ...frame }) + "\n";
    const bytes = Buffer.byteLength(line);
    if (bytes > this.#bytesMax)
      throw new Failed(`a frame of ${bytes} bytes is over the ${this.#bytesMax}`
        + " that the node takes; write large results to a file", "permanent");
    this.#write(line);
  }

  #ask(method, params) {
    this.send({ id: ++this.#lastId, method, params });
  }

  #take({ id, method, params, result, error }) {
    if (method === "task/assign") {
      this.#perform(new Task(this, params));
      this.send({ id, result: { accepted: true } });
    } else if (method === "task/cancel") {
      this.#tasks.get(`${params.task} ${params.attempt}`)?.cancel();
      this.send({ id, result: { ok: true } });
    } else if (method === "link/bye") {
      process.exit(0);
    } else if (result?.credit !== undefined) {
      this.#bytesMax = result.frame_bytes_max;
      setInterval(() => this.send({
        method: "link/heartbeat", params: { tasks: this.#tasks.size },
      }), result.heartbeat_ms);
    } else if (error) {
      console.error("the node:", error.message);
    }
  }

  async #perform(task) {
    const about = { task: task.id, attempt: task.attempt };
    const key = `${task.id} ${task.attempt}`;
    this.#tasks.set(key, task);
    try {
      await null; // `task/assign` is answered first.
      const found = await this.#work(task);
      const result = found instanceof WithTasks
        ? { output: found.output, tasks: found.tasks }
        : { output: found === undefined ? null : found };
      this.#ask("task/result", { ...about, ...result });
    } catch (why) {
      this.#ask("task/error", {
        ...about,
        class: task.cancelled ? "cancelled" : why?.kind ?? "transient",
        message: String(why?.message ?? why),
        retry_after_ms: why?.retryAfterMs,
      });
    } finally {
      this.#tasks.delete(key);
    }
  }
}

/**
 * Works on tasks until the node ends this agent. What `work(task)` returns, or
 * promises, is the output and has to be JSON. `capabilities` are announced to
 * the node, which takes those that its configuration allows.
 */
export function run(work, options = {}) {
  new Link(work, options);
}
