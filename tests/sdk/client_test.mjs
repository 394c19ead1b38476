// The TypeScript client and real nodes: node client_test.mjs TROUPE

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";

import { Client, TroupeError } from "../../sdk/typescript/troupe_client.mjs";

const program = process.argv[2];
const root = new URL("../..", import.meta.url).pathname;
const asks = `
workflow: asks
input: {word: {type: string, default: hello}}
steps:
  first: {agent: echo, input: "\${run.input.word}"}
  agree: {depends_on: [first], approve: {timeout: 1h, on_timeout: reject}}
  last: {depends_on: [agree], agent: echo, input: "\${steps.first.output}"}
`;
const nothing = "0190a1b2-0000-7000-8000-000000000000";

/** `troupe node`, which can be killed and started again at its port. */
class Node {
  static living = new Set();

  folder = mkdtempSync(join(tmpdir(), "troupe-sdk-"));
  listen = "127.0.0.1:0";

  constructor(more = "") {
    writeFileSync(this.path("node.yaml"),
      `agents: {echo: {kind: echo}}\n${more}`);
  }

  path(name) {
    return join(this.folder, name);
  }

  async start() {
    this.process = spawn(program, ["node", "--data", this.path("data"),
      "--listen", this.listen, "--config", this.path("node.yaml")],
    { cwd: this.folder, stdio: ["ignore", "pipe", "inherit"] });
    Node.living.add(this);
    const lines = createInterface({ input: this.process.stdout });
    const [ready] = await once(lines, "line");
    [this.address] = /http:\/\/[\d.]+:\d+/.exec(ready);
    this.listen = this.address.slice("http://".length);
    return this;
  }

  async kill() {
    this.process.kill("SIGKILL");
    await once(this.process, "exit");
  }

  async end() {
    Node.living.delete(this);
    await this.kill();
    rmSync(this.folder, { recursive: true });
  }
}

async function all(items) {
  const out = [];
  for await (const x of items) out.push(x);
  return out;
}

async function refusal(promise) {
  try {
    await promise;
  } catch (why) {
    assert.ok(why instanceof TroupeError, String(why));
    return why;
  }
  return assert.fail("it was not refused");
}

let at;
let node;
before(async () => {
  at = await new Node().start();
  node = new Client({ node: at.address });
});
after(async () => {
  for (const x of Node.living) await x.end(); // Also of tests that failed.
});

test("a run from its submission to its end", async () => {
  assert.equal((await node.register(asks)).version, 1);
  assert.equal((await node.workflow("asks")).version, 1);
  assert.equal((await node.plan(asks)).order[0], "first");
  const how = { input: { word: "bye" }, key: "night" };
  const { run } = await node.submit({ name: "asks" }, how);
  const again = await node.submit({ name: "asks" }, how);
  assert.equal(again.run, run);
  assert.ok(again.repeated);
  const reused = await refusal(node.submit({ name: "asks" },
    { key: "night" }));
  assert.equal(reused.code, "key_reused");
  const kinds = [];
  for await (const event of node.events({ run })) {
    kinds.push(event.kind);
    if (event.kind !== "decision_asked") continue;
    assert.equal((await node.approvals())[0].task, event.id);
    await node.approve(event.id, { comment: "fine" });
  }
  assert.equal(kinds.at(-1), "end");
  const ended = await node.wait(run);
  assert.equal(ended.state, "completed");
  assert.equal(ended.output.last, "bye");
  const names = (await all(node.tasks({ run, limit: 1 }))).map((x) => x.name);
  assert.deepEqual(names.sort(), ["agree", "first", "last"]);
  assert.ok((await all(node.runs({ limit: 1 }))).some((x) => x.run === run));
  assert.ok((await all(node.history(run, { limit: 2 }))).length > 2);
  assert.equal((await node.report(run)).state, "completed");
  assert.deepEqual(await all(node.logs(run)), []);
  assert.equal((await node.agents())[0].name, "echo");
  assert.equal((await node.status()).ready, true);
  assert.equal(await node.call("HEAD", "status"), "");
});

test("commands to a run and to its tasks", async () => {
  const { run } = await node.submit(asks);
  const agree = (await all(node.tasks({ run })))
    .find((x) => x.name === "agree");
  assert.equal((await node.why(agree.task)).task, agree.task);
  assert.equal((await node.task(agree.task)).name, "agree");
  assert.equal((await node.pause(run)).state, "paused");
  await node.resume(run);
  const cancel = () => node.cancel(run, { reason: "enough", key: "c" });
  assert.equal((await cancel()).state, "cancelled");
  assert.ok((await cancel()).repeated);
  assert.equal((await node.wait(run)).state, "cancelled");
  assert.equal((await refusal(node.approve(agree.task))).status, 409);
  const waits = await node.submit({
    workflow: "waits", steps: { go: { signal: "go" } },
  });
  assert.equal((await refusal(node.signal(waits.run, "stop"))).status, 422);
  await node.signal(waits.run, "go", { n: 1 });
  assert.equal((await node.wait(waits.run)).state, "completed");
});

test("the task queue", async () => {
  const strategy = JSON.parse(readFileSync(join(root,
    "examples/strategy.json"), "utf8"));
  await node.call("POST", "strategies", strategy);
  const made = await node.queueDecompose(strategy.id);
  const { tasks } = await node.queueStatus({ limit: 500 });
  assert.equal(tasks.length, made.tasks_created);
  const pass = await node.queueExecute({ maxConcurrent: 1 });
  assert.equal(pass.tasks_executed, 0);
});

test("what is wrong is said with its place", async () => {
  const bad = await refusal(node.submit(
    "workflow: w\nsteps:\n  a: {agnt: x}\n"));
  assert.deepEqual([bad.code, bad.status], ["invalid", 422]);
  assert.equal(bad.problems[0].line, 3);
  assert.match(bad.hint, /agent/);
  assert.equal(bad.inDoubt, false);
  assert.equal((await refusal(node.run(nothing))).code, "not_found");
  assert.equal((await refusal(node.run("../status"))).status, 400);
  assert.equal((await refusal(node.cancel(nothing))).code, "not_found");
  assert.equal((await refusal(all(node.events({ run: nothing })))).code,
    "not_found");
  await assert.rejects(node.cancel(nothing, { key: "a\r\nX: y" }), TypeError);
  for (const wrong of ["ftp://x", "unix:/x", "nothing"])
    assert.throws(() => new Client({ node: wrong }), TypeError);
  assert.throws(() => new Client({
    node: "http://troupe.example.com", token: "a.b.c",
  }), /for all to read/);
});

test("a stream ends when it is aborted, or left", async () => {
  const stop = new AbortController();
  const reading = all(node.events({ kinds: "decisions", signal: stop.signal }));
  const { run } = await node.submit(asks);
  stop.abort();
  await reading;
  for await (const event of node.events({ run }))
    if (event.kind === "decision_asked") break;
  await node.cancel(run);
});

test("a stream goes on after a kill and misses nothing", async () => {
  const mortal = await new Node().start();
  const asking = new Client({
    node: mortal.address, tries: 20, pauseMs: 50, pauseMaxMs: 1000,
  });
  const { run } = await asking.submit(asks);
  const told = [];
  let killed = false;
  for await (const event of asking.events({ run })) {
    told.push(event);
    if (event.kind !== "decision_asked" || killed) continue;
    killed = true;
    await mortal.kill();
    await Promise.all([mortal.start(), asking.approve(event.id)]);
  }
  const facts = told.filter((x) => x.seq !== undefined);
  for (let i = 1; i < facts.length; ++i)
    assert.ok(facts[i].seq > facts[i - 1].seq);
  assert.equal(told.at(-1).kind, "end");
  const kinds = facts.map((x) => x.kind);
  assert.equal(kinds.filter((x) => x === "decision_asked").length, 1);
  const whole = (await all(asking.events({ run })))
    .filter((x) => x.seq !== undefined).map((x) => x.kind);
  assert.deepEqual(kinds, whole);
  await mortal.end();
  const gone = await refusal(new Client({ node: mortal.address, tries: 1 })
    .submit(asks));
  assert.equal(gone.code, "unreachable");
  assert.equal(gone.inDoubt, false);
});

test("who may not and who comes too often is told so", async () => {
  const keys = mkdtempSync(join(tmpdir(), "troupe-sdk-"));
  const key = join(keys, "token.key");
  const troupe = (...args) => execFileSync(program, args, {
    encoding: "utf8", stdio: ["ignore", "pipe", "inherit"],
  });
  troupe("token", "key", "--out", key);
  const token = troupe("token", "make", "--key", key, "--name", "ann",
    "--role", "default=viewer").trim().split(/\s+/).at(-1);
  const closed = await new Node(
    `auth: {issuers: {troupe: {keys: ['file:${key}']}}}\n`
    + "gateway: {limits: {principal_requests_per_second: 1}}\n").start();
  const refused = new Client({
    node: closed.address, token: "a.b.c", tries: 1,
  });
  assert.equal((await refusal(refused.status())).status, 401);
  const viewer = new Client({ node: closed.address, token });
  assert.equal((await refusal(viewer.submit(asks))).status, 403);
  const hasty = new Client({
    node: closed.address, token, retryAfterMaxMs: 0,
  });
  const late = await refusal((async () => {
    for (let i = 0; i < 100; ++i) await all(hasty.runs());
  })());
  assert.equal(late.code, "overloaded");
  assert.ok(late.retryAfterMs >= 1000);
  assert.deepEqual(await all(viewer.runs()), []); // It came again.
  await closed.end();
  rmSync(keys, { recursive: true });
});

/** Hangs up on the first request, and answers the second. */
async function flaky() {
  const seen = [];
  const server = createServer((request, response) => {
    seen.push(request.headers["idempotency-key"]);
    if (seen.length === 1) return request.socket.destroy();
    response.setHeader("Content-Type", "application/json");
    return response.end('{"run":"x"}');
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const asking = new Client({
    node: `http://127.0.0.1:${server.address().port}`, pauseMs: 1,
  });
  const end = () => {
    server.closeAllConnections();
    server.close();
  };
  return { seen, asking, end };
}

test("a submission is sent again with its key", async () => {
  const { seen, asking, end } = await flaky();
  assert.deepEqual(await asking.submit(asks), { run: "x" });
  assert.equal(seen.length, 2);
  assert.ok(seen[0]);
  assert.equal(seen[0], seen[1]);
  end();
});

test("what could be done twice is not sent again", async () => {
  const { seen, asking, end } = await flaky();
  const lost = await refusal(asking.queueExecute());
  assert.equal(lost.code, "lost");
  assert.ok(lost.inDoubt);
  assert.equal(seen.length, 1);
  end();
});

test("the example of the page runs", () => {
  const said = execFileSync(process.execPath,
    ["examples/clients/agree.mjs", at.address],
    { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  assert.equal(said, "completed hello\n");
});

test("the package offers the client and the library for agents", () => {
  const folder = mkdtempSync(join(tmpdir(), "troupe-sdk-"));
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(join(root, "sdk/typescript"), join(folder, "node_modules/troupe"));
  writeFileSync(join(folder, "uses.mjs"),
    'import { Client } from "troupe"; import { run } from "troupe/agent";'
    + "console.log(typeof Client, typeof run);");
  assert.equal(execFileSync(process.execPath, [join(folder, "uses.mjs")],
    { encoding: "utf8" }), "function function\n");
  const { files } = JSON.parse(readFileSync(join(root,
    "sdk/typescript/package.json"), "utf8"));
  for (const x of files) readFileSync(join(root, "sdk/typescript", x));
  const types = readFileSync(join(root, "sdk/typescript/troupe_client.d.mts"),
    "utf8");
  for (const name of Object.getOwnPropertyNames(Client.prototype))
    assert.match(types, new RegExp(`\\b${name}[(:]`), name);
  rmSync(folder, { recursive: true });
});
