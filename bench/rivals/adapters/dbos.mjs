// DBOS Transact: a task is a workflow. Started directly, 64 under way, where
// nothing waits; through a queue, enqueued 500 to a transaction, where tasks
// have to survive their submitter.
import { DBOS, DBOSClient } from '@dbos-inc/dbos-sdk';
import pg from 'pg';
import { counter, pieces, pool, sleep } from './lines.mjs';

const url = process.env.PG_URL;
const underWay = 64;

export async function open({ handler, workload, run }) {
  const done = counter();
  const task = DBOS.registerWorkflow(
    async (id) => handler(id), { name: 'task' });
  const diamond = DBOS.registerWorkflow(async () => {
    const step = (name) => DBOS.runStep(async () => 1, { name });
    await step('first');
    await Promise.all(Array.from({ length: 8 }, (_, k) => step(`m${k}`)));
    return step('last');
  }, { name: 'diamond' });
  DBOS.setConfig({ name: 'bench', systemDatabaseUrl: url,
    systemDatabasePoolSize: 20, logLevel: 'error', applicationVersion: 'v1',
    executorID: 'e1', tracingEnabled: false, enableOTLP: false });
  const sql = new pg.Pool({ connectionString: url, max: 2 });
  let launched = false, queued = false;
  const key = (id) => `${run}-${id}`;
  const direct = async (flow, id) => {
    const begun = await DBOS.startWorkflow(flow, { workflowID: key(id) })(id);
    await begun.getResult();
  };
  const succeeded = async () => (await sql.query(
    'select count(*)::int c from dbos.workflow_status '
      + `where status='SUCCESS' and workflow_uuid like '${run}-%'`)).rows[0].c;
  const enqueue = async (client, ids) => {
    const at = await sql.connect();
    try {
      await at.query('begin');
      for (const id of ids)
        await client.enqueueInTransaction(at, { queueName: 'queue',
          workflowName: 'task', appVersion: 'v1', workflowID: key(id) }, id);
      await at.query('commit');
    } finally {
      at.release();
    }
  };
  return {
    async startWorker() {
      if (launched) return;
      launched = true;
      await DBOS.launch();
      await DBOS.registerQueue('queue',
        { workerConcurrency: 200, minPollingIntervalMs: 5 });
    },
    submit: (n) => pool(n, underWay, async (i) => {
      await direct(task, i);
      done.add();
    }),
    async fill(n) {
      queued = true;
      await DBOS.migrate(url);
      const client = await DBOSClient.create(
        { systemDatabaseUrl: url, applicationName: 'bench' });
      await pieces(n, 500, 2, (ids) => enqueue(client, ids));
      await client.destroy();
    },
    async ended(n) {
      if (!queued) return done.reached(n);
      while (await succeeded() < n) await sleep(50);
    },
    one: (id) => direct(task, id),
    workflows: (n) => pool(n, underWay, (i) => direct(diamond, i)),
    close: () => launched && DBOS.shutdown(),
  };
}
