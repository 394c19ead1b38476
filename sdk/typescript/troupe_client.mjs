// A client for Troupe in JavaScript and TypeScript: fetch, no dependencies;
// types are in troupe_client.d.mts.
//
//   import { Client } from "./troupe_client.mjs";
//
//   const node = new Client({ node: "http://127.0.0.1:8765" });
//   const { run } = await node.submit(workflow, { input: { tag: "v1" } });
//   for await (const event of node.events({ run })) console.log(event.kind);
//   console.log((await node.wait(run)).output);
//
// The page is docs/sdk.md.

import { randomUUID } from "node:crypto";

import { Link, TroupeError } from "./troupe_http.mjs";

export { TroupeError };

const ENDED = ["completed", "failed", "cancelled"];

/** A node, over HTTP. Answers are what the node says, as JSON. */
export class Client {
  #link;

  constructor(options = {}) {
    this.#link = new Link(options);
  }

  get node() {
    return this.#link.node;
  }

  // -- work

  /** A workflow (text or object), or `{ tasks }` or `{ name }`. */
  submit(source, { input, priority, key } = {}) {
    const from = typeof source === "string" ? { workflow: source }
      : source.tasks || source.name ? source : { definition: source };
    return this.#change("runs", { ...from, input, priority }, key);
  }

  /** The run when it has ended, however it did. */
  async wait(run, { signal } = {}) {
    const found = await this.run(run);
    if (ENDED.includes(found.state)) return found;
    const events = this.events({ run, kinds: "run_state", signal });
    while (!(await events.next()).done);
    return this.run(run);
  }

  cancel(id, { reason, key } = {}) {
    return this.#change(`${about(id)}/cancel`, { reason }, key);
  }

  retry(id, { key } = {}) {
    return this.#change(`${about(id)}/retry`, {}, key);
  }

  pause(run, { key } = {}) {
    return this.#change(`runs/${part(run)}/pause`, {}, key);
  }

  resume(run, { key } = {}) {
    return this.#change(`runs/${part(run)}/resume`, {}, key);
  }

  signal(run, name, payload, { key } = {}) {
    return this.#change(`runs/${part(run)}/signal`, { name, payload }, key);
  }

  approve(task, { comment, key } = {}) {
    return this.#change(`tasks/${part(task)}/approve`, { comment }, key);
  }

  reject(task, { comment, key } = {}) {
    return this.#change(`tasks/${part(task)}/reject`, { comment }, key);
  }

  // -- views

  status() {
    return this.call("GET", "status");
  }

  run(run) {
    return this.call("GET", `runs/${part(run)}`);
  }

  task(task) {
    return this.call("GET", `tasks/${part(task)}`);
  }

  why(id) {
    return this.call("GET", `${about(id)}/why`);
  }

  report(run) {
    return this.call("GET", `runs/${part(run)}/report`);
  }

  async approvals() {
    return (await this.call("GET", "approvals")).decisions;
  }

  async agents() {
    return (await this.call("GET", "agents")).agents;
  }

  // -- listings: iterators that ask for page after page

  runs(query) {
    return this.each("runs", query);
  }

  tasks(query) {
    return this.each("tasks", query);
  }

  logs(id, query) {
    return this.each(`${about(id)}/logs`, query);
  }

  history(run, query) {
    return this.each(`runs/${part(run)}/history`, query);
  }

  /** Every item of any listing. */
  async *each(path, query = {}) {
    let after = query.after;
    for (;;) {
      const page = await this.call("GET", path, undefined,
        { query: { ...query, after } });
      yield* Object.values(page).find(Array.isArray) ?? [];
      if (!page.next || page.next === after) return;
      after = page.next;
    }
  }

  // -- workflows and the task queue

  register(workflow) {
    return this.call("POST", "workflows", { workflow }, { repeatable: true });
  }

  workflow(name, { version } = {}) {
    return this.call("GET", `workflows/${part(name)}`, undefined,
      { query: { version } });
  }

  plan(workflow, { input } = {}) {
    return this.call("POST", "plans", { workflow, input },
      { repeatable: true });
  }

  queueDecompose(strategy, { autoExecute, key } = {}) {
    return this.#change("queue/decompose",
      { strategy_id: strategy, auto_execute: autoExecute }, key);
  }

  queueExecute({ maxConcurrent, task, deadlineMs } = {}) {
    return this.call("POST", "queue/execute",
      { max_concurrent: maxConcurrent, task_id: task },
      { waits: true, deadlineMs });
  }

  queueStatus(query) {
    return this.call("GET", "queue", undefined, { query });
  }

  // -- live

  /**
   * What happens: of a run from its beginning to its end, of all runs from now
   * on. Each event has a `cursor`, which goes on behind it. Where the
   * connection breaks, the stream goes on behind the last event.
   */
  events({ run, after = "", kinds, task, name, signal } = {}) {
    const path = run ? `runs/${part(run)}/events` : "events";
    return this.#link.events(path, { kinds, task, name }, after, signal);
  }

  // -- everything else

  /**
   * Any request below /api/v1/, or of a whole path. After a lost answer it is
   * asked again only with a key, or where it is `repeatable`: GET is, if not
   * said otherwise.
   */
  call(method, path, body, options) {
    return this.#link.call(method, path, body, options);
  }

  #change(path, body, key = `typescript-${randomUUID()}`) {
    return this.call("POST", path, body, { key });
  }
}

function part(text) {
  return encodeURIComponent(text);
}

/** The path of a run or a task: a run's id has the number 0 at its end. */
function about(id) {
  return `${id.replaceAll("-", "").endsWith("000000") ? "runs" : "tasks"}/`
    + part(id);
}
