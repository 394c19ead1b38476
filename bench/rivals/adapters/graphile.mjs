// graphile-worker: addJobs of 1000, a local queue and completion in batches.
// A finished job is deleted: no result is kept.
import { EventEmitter } from 'node:events';
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';
import { counter, pieces, sleep } from './lines.mjs';

const concurrentJobs = 24;
// The local queue makes one task alone wait.
const batched = { localQueue: { size: 500 }, completeJobBatchDelay: 0,
  failJobBatchDelay: 0 };

export async function open({ handler, workload }) {
  const pgPool = new pg.Pool(
    { connectionString: process.env.PG_URL, max: concurrentJobs + 4 });
  pgPool.on('error', () => {});
  const logger = new Logger(() => () => {});
  const jobs = await makeWorkerUtils({ pgPool, logger });
  await jobs.migrate();
  const done = counter(), finals = counter(), waiting = new Map();
  let runner;
  const left = async () => (await pgPool.query(
    'select count(*)::int c from graphile_worker._private_jobs')).rows[0].c;
  return {
    async startWorker() {
      const events = new EventEmitter();
      events.on('job:complete', ({ job }) => {
        done.add();
        waiting.get(job.payload.id)?.();
        waiting.delete(job.payload.id);
        if (job.payload.step === 9) finals.add();
      });
      const worker = { concurrentJobs, maxPoolSize: concurrentJobs + 4,
        pollInterval: 1000, ...(workload === 'latency' ? {} : batched) };
      runner = await run({
        preset: { worker }, pgPool, logger, events, noHandleSignals: true,
        taskList: {
          task: async (x) => { await handler(x.id); },
          // It has no workflows: ten jobs, each of which adds the next.
          chain: async ({ w, step }, { addJob }) => {
            if (step < 9) await addJob('chain', { w, step: step + 1 });
          },
        },
      });
    },
    submit: (n) => pieces(n, 1000, 2, (ids) =>
      jobs.addJobs(ids.map((id) => ({ identifier: 'task', payload: { id } })))),
    // Completed is what is gone from the table.
    async ended(n) {
      await done.reached(n);
      while (await left() > 0) await sleep(2);
    },
    async one(id) {
      const ended = new Promise((then) => waiting.set(id, then));
      await jobs.addJob('task', { id });
      await ended;
    },
    async workflows(n) {
      await jobs.addJobs(Array.from({ length: n },
        (_, w) => ({ identifier: 'chain', payload: { w, step: 0 } })));
      await finals.reached(n);
    },
    close: () => runner?.stop(),
  };
}
