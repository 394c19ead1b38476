// Restate: the service and its caller share this process; calls go to the
// server over two HTTP/2 connections, 256 under way.
import http2 from 'node:http2';
import * as restate from '@restatedev/restate-sdk';
import { counter, pool } from './lines.mjs';

const { RESTATE_INGRESS: ingress, RESTATE_ADMIN: admin } = process.env;
const port = +process.env.SERVICE_PORT;
const underWay = 256;

function connect() {
  return new Promise((then, fail) => {
    const session = http2.connect(ingress);
    session.on('error', fail);
    session.on('connect', () => then(session));
  });
}

function post(session, path, body) {
  return new Promise((then, fail) => {
    const request = session.request({ ':method': 'POST', ':path': path,
      'content-type': 'application/json' });
    let status, text = '';
    request.on('response', (head) => { status = head[':status']; });
    request.setEncoding('utf8');
    request.on('data', (piece) => { text += piece; });
    request.on('end', () => status < 300 ? then(text)
      : fail(new Error(`${status} ${text}`)));
    request.on('error', fail);
    request.end(body);
  });
}

async function serve(service) {
  await restate.endpoint().bind(service).setLogger(() => {}).listen(port);
  const answer = await fetch(`${admin}/deployments`, {
    method: 'POST', headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri: `http://127.0.0.1:${port}`, force: true }),
  });
  if (!answer.ok) throw new Error(`register: ${await answer.text()}`);
}

export async function open({ handler, workload }) {
  const done = counter();
  let openGate;
  // A call starts at once: what makes a backlog is that nothing goes on.
  let gate = workload === 'backlog'
    ? new Promise((then) => { openGate = then; }) : null;
  const service = restate.service({ name: 'bench', handlers: {
    task: async (ctx, x) => {
      if (gate) await gate;
      const result = await handler(x.id);
      done.add();
      return result;
    },
    diamond: async (ctx) => {
      await ctx.run('first', () => 1);
      await restate.RestatePromise.all(
        Array.from({ length: 8 }, (_, k) => ctx.run(`m${k}`, () => 1)));
      return ctx.run('last', () => 1);
    },
  } });
  const sessions = [await connect(), await connect()];
  const call = (i, path, body) => post(sessions[i % 2], path, body);
  if (workload !== 'recovery-submit') await serve(service);
  return {
    async startWorker() {
      openGate?.();
      gate = null;
    },
    // Answered when the result is durable.
    submit: (n) => pool(n, underWay,
      (id) => call(id, '/bench/task', `{"id":${id}}`)),
    // Answered when the call is.
    fill: (n) => pool(n, underWay,
      (id) => call(id, '/bench/task/send', `{"id":${id}}`)),
    ended: (n) => done.reached(n),
    one: (id) => call(0, '/bench/task', `{"id":${id}}`),
    workflows: (n) => pool(n, underWay, (i) => call(i, '/bench/diamond', '')),
    async close() {
      for (const x of sessions) x.destroy();
    },
  };
}
