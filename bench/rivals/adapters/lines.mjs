// What all adapters need: lines for the harness, lanes of work, counts.
import { openSync, writeSync } from 'node:fs';

export const say = (event, what = {}) =>
  writeSync(1, JSON.stringify({ event, ...what }) + '\n');

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

// fn(0) to fn(n - 1), at most `lanes` under way.
export async function pool(n, lanes, fn) {
  let next = 0;
  const lane = async () => {
    while (next < n) await fn(next++);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, n) }, lane));
}

// [0, n) in pieces of at most `size`, `lanes` under way: fn gets the numbers.
export const pieces = (n, size, lanes, fn) =>
  pool(Math.ceil(n / size), lanes, (i) => fn(Array.from(
    { length: Math.min(size, n - i * size) }, (_, k) => i * size + k)));

// Counts; `reached(n)` resolves with the n-th.
export function counter() {
  let count = 0;
  const waiting = [];
  return {
    add(k = 1) {
      count += k;
      for (const x of waiting) if (count >= x.n) x.done();
    },
    reached: (n) => count >= n ? Promise.resolve()
      : new Promise((done) => waiting.push({ n, done })),
  };
}

export function percentiles(ms) {
  const sorted = [...ms].sort((a, b) => a - b);
  const at = (q) => sorted[Math.min(sorted.length - 1,
    Math.floor(q * sorted.length))];
  return { p50_ms: at(0.5), p99_ms: at(0.99) };
}

let log;
export function logExecution(id) {
  log ??= openSync(process.env.EXECUTED, 'a');
  writeSync(log, `${id}\n`);
}
