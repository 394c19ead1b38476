// node driver.mjs RIVAL WORKLOAD N: one measurement of one rival.
//
// Every adapter gives the same few functions; what is timed is the same for
// all. Says {"event":"begin"} and {"event":"end", ...} on stdout, so that the
// harness can account CPU time and memory to just that span.
import { logExecution, percentiles, pool, say, sleep } from './lines.mjs';

const [rival, workload, count] = process.argv.slice(2);
const n = +count;
const warmUps = 50;

const handlers = {
  nothing: () => 1,
  // About a millisecond, and a line that survives kill -9.
  millisecond: async (id) => {
    logExecution(id);
    await sleep(1);
    return 1;
  },
};

const { open } = await import(`./${rival}.mjs`);
const to = await open({
  workload,
  run: process.env.RUN_ID,
  handler: workload.startsWith('recovery')
    ? handlers.millisecond : handlers.nothing,
});

let begin = 0;
const seconds = () => (performance.now() - begin) / 1000;
const start = () => {
  say('begin');
  begin = performance.now();
};
const end = (what = {}) => {
  const s = seconds();
  say('end', { seconds: s, per_s: n / s, ...what });
};

const workloads = {
  async throughput() {
    await to.startWorker();
    start();
    await to.submit(n);
    await to.ended(n);
    end();
  },
  async latency() {
    await to.startWorker();
    await sleep(500);
    for (let i = 0; i < warmUps; i++) await to.one(1e9 + i);
    const ms = [];
    start();
    for (let i = 0; i < n; i++) {
      const before = performance.now();
      await to.one(i);
      ms.push(performance.now() - before);
    }
    end(percentiles(ms));
  },
  async dag() {
    await to.startWorker();
    start();
    await to.workflows(n);
    end();
  },
  async backlog() {
    await (to.fill ?? to.submit)(n);
    start();
    await to.startWorker();
    await to.ended(n);
    end();
  },
  async 'recovery-submit'() {
    await (to.fill ?? to.submit)(n);
    say('end');
  },
  async 'recovery-work'() {
    await to.startWorker();
    say('begin');
    await to.resume?.(n);
    await sleep(1e9); // Until it is killed.
  },
};

await workloads[workload]();
await Promise.race([to.close?.(), sleep(3000)]).catch(() => {});
process.exit(0);
