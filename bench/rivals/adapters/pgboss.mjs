// pg-boss: insert of 1000, four workers of batches in burst mode, woken by
// LISTEN/NOTIFY.
import { PgBoss } from 'pg-boss';
import { counter, pieces, sleep } from './lines.mjs';

export async function open({ handler, workload }) {
  const recovers = workload.startsWith('recovery');
  // What was fetched at a crash comes back when it expires: after 15 minutes
  // unless it is set.
  const expireInSeconds = recovers ? 5 : 900;
  const boss = new PgBoss({
    connectionString: process.env.PG_URL, max: 12, useListenNotify: true,
    schedule: false,
    ...(recovers
      ? { monitorIntervalSeconds: 1, superviseIntervalSeconds: 1 } : {}),
  });
  boss.on('error', () => {});
  boss.on('warning', () => {});
  await boss.start();
  await boss.createQueue('bench',
    { notify: true, expireInSeconds, retryLimit: 5 });
  const done = counter(), finals = counter();
  const completed = async () => (await boss.getDb().executeSql(
    "select count(*)::int c from pgboss.job where name='bench' "
      + "and state='completed'")).rows[0].c;
  const stored = async (n) => {
    while (await completed() < n) await sleep(5);
  };
  const diamond = (w) => [
    { ref: `${w}a`, name: 'bench', data: { id: w } },
    ...Array.from({ length: 8 }, (_, k) => ({ ref: `${w}m${k}`, name: 'bench',
      data: { id: w }, dependsOn: [`${w}a`] })),
    { ref: `${w}z`, name: 'bench', data: { id: w, last: true },
      dependsOn: Array.from({ length: 8 }, (_, k) => `${w}m${k}`) },
  ];
  return {
    async startWorker() {
      await boss.work('bench', {
        batchSize: workload === 'latency' ? 1 : recovers ? 50 : 250,
        localConcurrency: workload === 'latency' ? 1 : 4,
        pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 0.5,
        burstWhenBatchFull: true,
      }, async (jobs) => {
        await Promise.all(jobs.map((x) => handler(x.data.id)));
        done.add(jobs.length);
        for (const x of jobs) if (x.data.last) finals.add();
      });
    },
    submit: (n) => pieces(n, 1000, 2, (ids) =>
      boss.insert('bench', ids.map((id) => ({ data: { id } })))),
    async ended(n) {
      await done.reached(n);
      await stored(n);
    },
    // It does not tell of an end: look at the row.
    async one(id) {
      const job = await boss.send('bench', { id });
      for (;;) {
        const [row] = await boss.findJobs('bench', { id: job });
        if (row?.state === 'completed') return;
        await sleep(1);
      }
    },
    async workflows(n) {
      let on = true;
      // By itself it looks once in 5 s which steps have become ready.
      const resolver = (async () => {
        for (; on; await sleep(10)) await boss.resolveFlow();
      })();
      await pieces(n, 50, 2, (ids) => boss.flow(ids.flatMap(diamond)));
      await finals.reached(n);
      await stored(n * 10);
      on = false;
      await resolver;
    },
    close: () => boss.stop({ graceful: false }),
  };
}
