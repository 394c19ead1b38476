// The story of story_test.py with nothing but fetch: node story.mjs NODE <FILE

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const api = `${process.argv[2]}/api/v1/`;
const workflow = readFileSync(0, "utf8");

function post(path, value, headers = {}) {
  return fetch(api + path, {
    method: "POST",
    body: typeof value === "string" ? value : JSON.stringify(value),
    headers: {
      "Content-Type": typeof value === "string" ? "application/yaml"
        : "application/json",
      ...headers,
    },
  });
}

async function* events(path) {
  const answer = await fetch(api + path);
  assert.match(answer.headers.get("Content-Type"), /^text\/event-stream/);
  let rest = "";
  for await (const piece of answer.body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + piece).split("\n\n");
    rest = parts.pop();
    for (const x of parts) {
      const data = x.split("\n").find((line) => line.startsWith("data: "));
      if (data) yield JSON.parse(data.slice("data: ".length));
    }
  }
}

const registered = await post("workflows", workflow);
assert.equal(registered.status, 201);

const key = { "Idempotency-Key": "night" };
const first = await post("runs", { name: "asks" }, key);
const again = await post("runs", { name: "asks" }, key);
assert.deepEqual([first.status, again.status], [201, 200]);
const { run } = await first.json();
assert.equal((await again.json()).run, run);
const reused = await post("runs", { name: "asks", priority: 9 }, key);
assert.equal(reused.status, 422);
assert.equal((await reused.json()).code, "key_reused");

const kinds = [];
for await (const event of events(`runs/${run}/events`)) {
  kinds.push(event.kind);
  if (event.kind === "decision_asked")
    assert.ok((await post(`tasks/${event.id}/approve`, { by: "ann" })).ok);
}
assert.equal(kinds.at(-1), "end");

const found = await fetch(`${api}runs/${run}`);
assert.equal((await found.json()).state, "completed");
const same = await fetch(`${api}runs/${run}`, {
  headers: { "If-None-Match": found.headers.get("ETag") },
});
assert.equal(same.status, 304);
assert.equal(await same.text(), "");

const packed = await fetch(`${api}openapi.json`);
assert.equal(packed.headers.get("Content-Encoding"), "gzip");
assert.match((await packed.json()).openapi, /^3\.1/);

const report = await (await fetch(`${api}runs/${run}/report`)).json();
assert.equal(report.state, "completed");

const waited = await post("tasks", [{ agent: "echo", input: 7 }],
  { Prefer: "wait" });
assert.equal(waited.status, 200);
assert.equal((await waited.json()).state, "completed");

const other = await (await post("runs", workflow)).json();
assert.ok((await post(`runs/${other.run}/cancel`, {})).ok);
const late = await post(`runs/${other.run}/pause`, {});
assert.equal(late.status, 409);
assert.equal(late.headers.get("Content-Type"), "application/problem+json");
