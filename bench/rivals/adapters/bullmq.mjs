// BullMQ: addBulk of 500, one Worker in the submitting process.
import { FlowProducer, Queue, QueueEvents, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { counter, pieces } from './lines.mjs';

const connection = new Redis(
  { host: '127.0.0.1', port: +process.env.REDIS_PORT,
    maxRetriesPerRequest: null });

export async function open({ handler, workload }) {
  // What is active at a crash waits for the stalled check, every 30 s unless
  // it is set; a job's lock must not be longer.
  const recovers = workload.startsWith('recovery');
  const settings = recovers
    ? { concurrency: 50, lockDuration: 5000, stalledInterval: 5000 }
    : { concurrency: 200 };
  const queue = new Queue('bench', { connection });
  await queue.waitUntilReady();
  const done = counter(), finals = counter();
  let flows, events, worker;
  // Flows are trees: the diamond's first step adds the rest.
  const first = (w) => flows.add({
    name: 'final', queueName: 'bench', data: { w },
    children: Array.from({ length: 8 },
      (_, k) => ({ name: 'middle', queueName: 'bench', data: { w, k } })),
  });
  return {
    async startWorker() {
      if (workload === 'latency') {
        events = new QueueEvents('bench', { connection });
        await events.waitUntilReady();
      }
      flows = new FlowProducer({ connection });
      worker = new Worker('bench', async (job) => {
        if (job.name !== 'first') return handler(job.data.id);
        await first(job.data.w);
        return 1;
      }, { connection, autorun: false, ...settings });
      worker.on('completed', (job) => {
        done.add();
        if (job.name === 'final') finals.add();
      });
      worker.on('error', () => {});
      await worker.waitUntilReady();
      worker.run();
    },
    submit: (n) => pieces(n, 500, 4, (ids) =>
      queue.addBulk(ids.map((id) => ({ name: 'task', data: { id } })))),
    ended: (n) => done.reached(n),
    async one(id) {
      const job = await queue.add('task', { id });
      await job.waitUntilFinished(events);
    },
    async workflows(n) {
      await pieces(n, 100, 2, (ids) =>
        queue.addBulk(ids.map((w) => ({ name: 'first', data: { w } }))));
      await finals.reached(n);
    },
    async close() {
      await worker?.close(true);
      await queue.close();
    },
  };
}
