// Holds a real node to the OpenAPI document that it serves.
// Usage: node check.mjs PROGRAM
// The modules lie in build/openapi (./dev test installs them); where they do
// not, the test is skipped: exit code 77.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [program, modules] = process.argv.slice(2);
const answerMs = 30_000; // Far beyond what any machine needs.

async function load(name) {
  try {
    const from = createRequire(join(modules, 'package.json'));
    return await import(pathToFileURL(from.resolve(name)).href);
  } catch (why) {
    console.log(`skipped: ${name} is not installed in ${modules}; ./dev test `
      + `installs it (${why.code})`);
    process.exit(77);
  }
}

const { Validator } = await load('@seriousme/openapi-schema-validator');
const { default: Ajv } = await load('ajv/dist/2020.js');
const { default: addFormats } = await load('ajv-formats');

// --- what is found ----------------------------------------------------------

let checks = 0;
const failures = [];

function check(good, what, told = '') {
  ++checks;
  if (!good) failures.push(`${what}: ${String(told).slice(0, 400)}`);
}

// --- the node ----------------------------------------------------------------

const scratch = mkdtempSync(join(tmpdir(), 'troupe-openapi-'));
writeFileSync(join(scratch, 'node.yaml'), 'node: {threads: 2}\n');
const node = spawn(program, ['node', '--config', join(scratch, 'node.yaml'),
  '--data', join(scratch, 'data'), '--listen', '127.0.0.1:0'],
{ stdio: ['ignore', 'pipe', 'inherit'] });

function end(code) {
  node.kill('SIGKILL');
  rmSync(scratch, { recursive: true, force: true });
  for (const x of failures) console.log(`FAILED ${x}`);
  console.log(`${checks} checks, ${failures.length} failed`);
  process.exit(code ?? (failures.length > 0 ? 1 : 0));
}
setTimeout(() => {
  failures.push('the node does not answer');
  end();
}, 100_000).unref();

const port = await new Promise((resolve) => {
  createInterface(node.stdout).on('line', (line) => {
    const found = /127\.0\.0\.1:(\d+)/.exec(line);
    if (found) resolve(Number(found[1]));
  });
});

function ask(method, path, { body, type, headers = {} } = {}) {
  return new Promise((resolve, reject) => {
    const all = { ...headers };
    if (body !== undefined) all['content-type'] = type ?? 'application/json';
    const request = http.request({ port, method, path, headers: all,
      host: '127.0.0.1', timeout: answerMs }, (got) => {
      const live = got.headers['content-type'] === 'text/event-stream';
      let text = '';
      const finish = () => resolve({ status: got.statusCode, text,
        type: got.headers['content-type'], headers: got.headers });
      got.on('data', (piece) => {
        text += piece;
        if (live && text.includes('\n\n')) {
          finish();
          request.destroy();
        }
      });
      got.on('end', finish);
      got.on('error', () => {});
    });
    request.on('upgrade', (got, socket) => {
      socket.destroy();
      resolve({ status: got.statusCode, text: '', headers: got.headers });
    });
    request.on('error', reject);
    request.end(body === undefined ? undefined
      : typeof body === 'string' ? body : JSON.stringify(body));
  });
}

// --- the document ------------------------------------------------------------

const text = (await ask('GET', '/api/v1/openapi.json')).text;
const api = JSON.parse(text);
const judged = await new Validator().validate(JSON.parse(text));
check(judged.valid, 'the document is valid OpenAPI 3.1',
  JSON.stringify(judged.errors));

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
ajv.addSchema(api, 'api');

function validator(pointer) {
  return ajv.compile({ $ref: `api#${pointer}` });
}

const escaped = (part) => part.replaceAll('~', '~0').replaceAll('/', '~1')
  .replaceAll('{', '%7B').replaceAll('}', '%7D');
const compiled = new Map();

// Whether the answer is one of those that the document promises.
function holds(path, method, got, what) {
  const documented = api.paths[path][method].responses;
  const status = documented[got.status] ? String(got.status) : 'default';
  check(status !== 'default' || got.status >= 400,
    `${what}: status ${got.status} is documented`, got.text);
  const content = documented[status].content ?? {};
  if (status === '101') return;
  const type = Object.keys(content)[0];
  check(got.type === type, `${what}: content type`, got.type);
  if (type.startsWith('text/')) return;
  const pointer = `/paths/${escaped(path)}/${method}/responses/${status}`
    + `/content/${escaped(type)}/schema`;
  if (!compiled.has(pointer)) compiled.set(pointer, validator(pointer));
  const valid = compiled.get(pointer);
  check(valid(JSON.parse(got.text)), `${what}: answer ${got.status}`,
    `${JSON.stringify(valid.errors)} ${got.text}`);
}

// --- something to ask for ----------------------------------------------------

const yaml = 'application/yaml';
const story = `workflow: story
steps:
  first: {agent: noop}
  hold: {signal: go, depends_on: first}
  ask: {approve: {by: boss}}
  kept: {agent: noop, hold: true}
`;
const failing = `workflow: failing
steps:
  a: {agent: shell, retries: 0, input: {command: exit 3}}
`;

const strategy = {
  id: '0190a1b2-0000-7000-8000-00000000aaaa',
  campaign_calendar: { phases: [{ phase_name: 'Phase 1',
    key_activities: ['Publish 2 posts'], content_focus: 'news' }] },
  content_pillars: [], kpis: [],
};

async function submit(workflow, headers) {
  const got = await ask('POST', '/api/v1/runs',
    { body: workflow, type: yaml, headers });
  return JSON.parse(got.text).run;
}

async function taskOf(run, name) {
  const got = await ask('GET', `/api/v1/runs/${run}/tasks`);
  return JSON.parse(got.text).tasks.find((x) => x.name === name).task;
}

// Ids and bodies with which each operation goes well. A fresh run each time,
// since most change it.
async function good(path, method) {
  const run = path.includes('/runs/{run}') && path.endsWith('/retry')
    ? await submit(failing, { prefer: 'wait' }) : await submit(story);
  if (path.endsWith('/resume')) await ask('POST', `/api/v1/runs/${run}/pause`);
  let task = await taskOf(run, path.endsWith('/release') ? 'kept' : 'ask')
    .catch(() => undefined);
  if (path === '/api/v1/tasks/{task}/retry')
    task = await taskOf(await submit(failing, { prefer: 'wait' }), 'a');
  const bodies = {
    '/api/v1/runs': { name: 'story' },
    '/api/v1/plans': { workflow: story },
    '/api/v1/tasks': [{ agent: 'noop' }],
    '/api/v1/workflows': { workflow: story },
    '/api/v1/runs/{run}/signal': { name: 'go', payload: { a: [1] } },
    '/api/v1/decisions/{task}': { answer: 'approve', comment: 'well' },
    '/api/v1/backup': { path: join(scratch, `copy-${checks}.db`) },
    '/api/v1/drain': { undo: true },
    '/api/v1/agents/{agent}/drain': { undo: true },
    '/api/v1/requests': { description: 'story, please', priority: 'high' },
    '/api/v1/strategies': strategy,
    '/api/v1/queue/decompose': { strategy_id: strategy.id },
    '/api/tasks/decompose': { strategy_id: strategy.id },
  };
  const request = path === '/api/v1/requests/{request}' ? JSON.parse(
    (await ask('POST', '/api/v1/requests', { body: { description: 'story' } }))
      .text).request_id : undefined;
  return { ids: { run, task, request, agent: 'noop', name: 'story',
    letter: 'none', token: 'none' }, body: bodies[path],
    method };
}

const filled = (path, ids) =>
  path.replaceAll(/\{(\w+)\}/g, (_, name) => ids[name]);

// --- requests made from the document -----------------------------------------

const values = {
  run: (ids) => ids.run, task: (ids) => ids.task, state: () => 'completed',
  name: () => 'story', limit: () => '7', after: () => undefined,
  agent: () => 'noop', attempt: () => '1', depth: () => '2',
  priority: () => '7', input: () => '{}', kinds: () => 'tasks,run_state',
  workspace: () => 'default', version: () => '2', from: () => '1',
  to: () => '2', task_id: () => undefined, status: () => 'queued',
  estimate: () => 'true', session_id: () => 's-1', actor: () => 'local',
  action: () => 'submit',
  assigned_agent: () => 'content-generator', workspace_id: () => 'default',
};

// The path with what the query must have.
function target(path, ids, operation, more = {}) {
  const query = new URLSearchParams();
  for (const x of operation.parameters)
    if (x.in === 'query' && x.required) query.set(x.name, values[x.name](ids));
  for (const [name, value] of Object.entries(more)) query.set(name, value);
  const text = query.toString();
  return filled(path, ids) + (text ? `?${text}` : '');
}

const upgrade = { connection: 'Upgrade', upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };

async function checkGood(path, method, operation) {
  const verb = method.toUpperCase();
  const what = `${verb} ${path}`;
  const headers = path === '/api/v1/stream' ? upgrade : {};
  let given = await good(path, method);
  const got = await ask(verb, target(path, given.ids, operation),
    { body: given.body, headers });
  check(got.status < 300, `${what} goes well`, `${got.status} ${got.text}`);
  holds(path, method, got, what);
  if (operation.parameters.some((x) => x.name === 'Idempotency-Key')) {
    given = await good(path, method);
    const key = { 'idempotency-key': `k-${checks}` };
    const first = await ask(verb, filled(path, given.ids),
      { body: given.body, headers: key });
    const again = await ask(verb, filled(path, given.ids),
      { body: given.body, headers: key });
    check(first.status < 300 && again.status < 300,
      `${what} can be sent twice with one key`, again.text);
    holds(path, method, again, `${what} again`);
  }
  for (const x of operation.parameters.filter((p) => p.in === 'query')) {
    check(values[x.name], `${what}: a value for ?${x.name}=`);
    const value = values[x.name]?.(given.ids);
    if (value === undefined) continue;
    given = await good(path, method);
    // The same may be said in the body.
    const { [x.name]: _, ...body } = given.body ?? {};
    const answer = await ask(verb, target(path, given.ids, operation,
      { [x.name]: value }),
    { body: given.body === undefined || Array.isArray(given.body)
      ? given.body : body, headers });
    if (x.name !== 'name' || path !== '/api/v1/runs' || verb === 'GET')
      check(answer.status < 300, `${what} takes ?${x.name}=`,
        `${answer.status} ${answer.text}`);
    holds(path, method, answer, `${what} ?${x.name}=`);
  }
}

async function checkBad(path, method, operation) {
  const verb = method.toUpperCase();
  const what = `${verb} ${path}`;
  const given = await good(path, method);
  const where = filled(path, given.ids);
  const refused = async (name, statuses, asked, more = {}) => {
    const got = await ask(verb, asked, more);
    check(statuses.includes(got.status), `${what} refuses ${name}`,
      `${got.status} ${got.text}`);
    if (got.status >= 400) holds(path, method, got, `${what}, ${name}`);
  };
  await refused('an unknown query field', [400], `${where}?no-such=1`,
    { body: given.body });
  if (operation.parameters.some((x) => x.in === 'query' && x.required))
    await refused('nothing where something is needed', [422], where);
  for (const x of operation.parameters) {
    if (x.in === 'query' && x.schema?.type === 'integer')
      for (const value of ['x', '-1', '1.5', ''])
        await refused(`?${x.name}=${value}`, [400, 422],
          `${where}?${x.name}=${value}`, { body: given.body });
    if (x.in === 'query' && ['after', 'kinds'].includes(x.name)
        && operation.responses['200']?.content?.['text/event-stream'])
      await refused(`?${x.name}=!`, [400], `${where}?${x.name}=!`);
    if (x.in === 'header' && x.schema.pattern)
      await refused(`a bad ${x.name}`, [400], where,
        { body: given.body, headers: { [x.name]: 'a b' } });
    if (x.in === 'path' && x.schema.format === 'uuid') {
      await refused('what is no id', [400],
        filled(path, { ...given.ids, [x.name]: 'x' }), { body: given.body });
      await refused('an unknown id', [404], filled(path, { ...given.ids,
        [x.name]: '0190a1b2-0000-7000-8000-000000000000' }),
      { body: given.body });
    }
  }
  const body = operation.requestBody;
  if (verb === 'POST' && !body)
    await refused('a body', [400, 422], where, { body: { no: 1 } });
  if (!body) return;
  if (body.required)
    await refused('no body', [400, 415, 422], where);
  await refused('another type', [415], where,
    { body: 'x', type: 'text/plain' });
  await refused('broken JSON', [400], where, { body: '{' });
  const schema = body.content['application/json'].schema;
  if (!schema.properties) {
    await refused('a number', [400, 422], where, { body: '7' });
    return;
  }
  await refused('an unknown field', [400, 422], where,
    { body: { ...given.body, 'no-such': 1 } });
  for (const name of schema.required ?? []) {
    const { [name]: _, ...rest } = given.body;
    await refused(`a body without \`${name}\``, [400, 422], where,
      { body: rest });
  }
  for (const [name, type] of Object.entries(schema.properties))
    if (type.type)
      await refused(`\`${name}\` of another type`,
        outside.includes(path) ? [400, 404, 422] : [400, 422], where,
        { body: { ...given.body, [name]: [[]] } });
}

for (const version of [1, 2])
  await ask('POST', '/api/v1/workflows', { body: { workflow: story
    .replace('story', `story\nversion: ${version}`) } });
await submit(story);
await ask('POST', '/api/v1/strategies', { body: strategy });
// What goes well only with somebody outside of the node, or in a queue at work;
// bad requests to it are sent all the same.
const outside = ['/api/v1/queue/execute', '/api/tasks/execute',
  '/api/v1/queue/{task}/cancel', '/api/v1/queue/{task}/retry',
  '/api/tasks/{task}/cancel', '/api/tasks/{task}/retry',
  '/api/v1/tasks/{task}/hold',
  '/api/v1/dead-letters/{letter}/redeliver',
  '/api/v1/agents/callback/{token}'];
// MCP is a protocol of its own, with tests of its own.
const paths = Object.entries(api.paths).filter(([path]) => path !== '/mcp');
for (const [path, methods] of paths)
  for (const [method, operation] of Object.entries(methods)) {
    if (!outside.includes(path)) await checkGood(path, method, operation);
    if (path.startsWith('/api/')) await checkBad(path, method, operation);
    const other = await ask(method === 'get' ? 'PUT' : 'DELETE',
      filled(path, (await good(path, method)).ids));
    check(other.status === 405 && other.headers.allow, `${path} has methods`,
      other.text);
  }
end();
