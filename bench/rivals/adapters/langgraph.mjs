// LangGraph.js with its SQLite checkpointer as it ships (WAL, no sync for a
// commit). It has no queue: a task is one call of a graph on a thread of its
// own, 32 under way.
import { Annotation, END, START, StateGraph } from '@langchain/langgraph';
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite';
import { counter, pool } from './lines.mjs';

const underWay = 32;

export async function open({ handler, run }) {
  const checkpointer = SqliteSaver.fromConnString(process.env.SQLITE_FILE);
  const state = Annotation.Root({ id: Annotation(),
    n: Annotation({ reducer: (a, b) => a + b, default: () => 0 }) });
  const one = new StateGraph(state)
    .addNode('task', async (x) => {
      await handler(x.id);
      return { n: 1 };
    })
    .addEdge(START, 'task').addEdge('task', END)
    .compile({ checkpointer });
  const middle = Array.from({ length: 8 }, (_, k) => `m${k}`);
  let graph = new StateGraph(state)
    .addNode('first', () => ({ n: 1 })).addNode('last', () => ({ n: 1 }))
    .addEdge(START, 'first').addEdge('last', END);
  for (const name of middle)
    graph = graph.addNode(name, () => ({ n: 1 })).addEdge('first', name);
  const diamond = graph.addEdge(middle, 'last').compile({ checkpointer });
  const thread = (id) => ({ configurable: { thread_id: `${run}-${id}` } });
  const done = counter();
  const call = (id) => one.invoke({ id }, thread(id));
  return {
    async startWorker() {},
    submit: (n) => pool(n, underWay, async (id) => {
      await call(id);
      done.add();
    }),
    ended: (n) => done.reached(n),
    one: call,
    workflows: (n) => pool(n, underWay,
      (i) => diamond.invoke({ id: i }, thread(`d${i}`))),
    // Nothing goes on by itself: who calls must know the ids and call again.
    resume: (n) => pool(n, underWay, async (id) => {
      const { values, next } = await one.getState(thread(id));
      if (values?.n === 1 && next.length === 0) return;
      await one.invoke(next.length ? null : { id }, thread(id));
    }),
  };
}
