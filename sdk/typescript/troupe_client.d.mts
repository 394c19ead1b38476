/** One thing that is wrong with what was sent. */
export interface Problem {
  readonly pointer?: string;
  readonly line?: number;
  readonly column?: number;
  readonly what: string;
  readonly hint?: string;
}

/** What a node refused, or that it could not be asked. */
export class TroupeError extends Error {
  /**
   * One of docs/api.md#errors; `unreachable`: nobody listens there; `lost`: the
   * connection broke before the answer came.
   */
  readonly code: string;
  /** Of HTTP; 0: there was no answer. */
  readonly status: number;
  readonly problems: readonly Problem[];
  readonly retryAfterMs?: number;
  /** Stands in the node's log, too. */
  readonly request?: string;
  /** Nobody knows whether it was done; ask again with the same key. */
  inDoubt: boolean;
  /** What to do about it; may be empty. */
  get hint(): string;
}

export interface ClientOptions {
  /** http://HOST:PORT or https://HOST:PORT; else http://127.0.0.1:8765. */
  node?: string;
  token?: string;
  workspace?: string;
  /** Of one try; 60 s. */
  timeoutMs?: number;
  /** In all, of what may be asked again; 4. */
  tries?: number;
  /** Of a stream, in a row; 20. */
  reconnects?: number;
  /** Before the second try; it doubles, up to `pauseMaxMs`. 250. */
  pauseMs?: number;
  /** 5 s. */
  pauseMaxMs?: number;
  /** An overloaded node that wants a longer pause refuses; 30 s. */
  retryAfterMaxMs?: number;
  /** A stream without a byte for so long is broken; 60 s. */
  silenceMaxMs?: number;
}

/** The same key again does nothing again. */
export interface Keyed {
  key?: string;
}

export interface SubmitOptions extends Keyed {
  input?: object;
  priority?: number;
}

export type Source =
  | string | { tasks: object[] } | { name: string } | { steps: object };

export interface Accepted {
  readonly run: string;
  readonly state: string;
  readonly repeated: boolean;
}

export type RunState =
  | "pending" | "running" | "paused" | "completed" | "failed" | "cancelled"
  | (string & {});

export interface Run {
  readonly run: string;
  readonly name?: string;
  readonly state: RunState;
  readonly output?: unknown;
  readonly error?: { code: string; message: string };
  readonly [field: string]: unknown;
}

export interface Task {
  readonly task: string;
  readonly run: string;
  readonly name: string;
  readonly state: string;
  readonly [field: string]: unknown;
}

export interface TroupeEvent {
  readonly kind: string;
  /** Goes on behind this event. */
  readonly cursor: string;
  readonly id?: string;
  readonly run?: string;
  readonly at?: string;
  readonly seq?: number;
  readonly [field: string]: unknown;
}

export interface EventOptions {
  run?: string;
  after?: string;
  kinds?: string;
  task?: string;
  name?: string;
  signal?: AbortSignal;
}

export interface CallOptions extends Keyed {
  query?: Record<string, unknown>;
  repeatable?: boolean;
  /** For the end of work, so without a timeout of its own. */
  waits?: boolean;
  /** Of all tries together. */
  deadlineMs?: number;
}

type Answer = Promise<Record<string, unknown>>;
type Query = Record<string, unknown>;

/** A node, over HTTP. Answers are what the node says, as JSON. */
export class Client {
  constructor(options?: ClientOptions);
  readonly node: string;

  submit(source: Source, options?: SubmitOptions): Promise<Accepted>;
  /** The run when it has ended, however it did. */
  wait(run: string, options?: { signal?: AbortSignal }): Promise<Run>;
  /** Of a run or a task, as `retry`, `why` and `logs`. */
  cancel(id: string, options?: Keyed & { reason?: string }): Answer;
  retry(id: string, options?: Keyed): Answer;
  pause(run: string, options?: Keyed): Answer;
  resume(run: string, options?: Keyed): Answer;
  signal(run: string, name: string, payload?: unknown, options?: Keyed): Answer;
  approve(task: string, options?: Keyed & { comment?: string }): Answer;
  reject(task: string, options?: Keyed & { comment?: string }): Answer;

  status(): Answer;
  run(run: string): Promise<Run>;
  task(task: string): Promise<Task>;
  why(id: string): Answer;
  report(run: string): Answer;
  approvals(): Promise<Record<string, unknown>[]>;
  agents(): Promise<Record<string, unknown>[]>;

  runs(query?: Query): AsyncGenerator<Run, void>;
  tasks(query?: Query): AsyncGenerator<Task, void>;
  logs(id: string, query?: Query): AsyncGenerator<Record<string, unknown>, void>;
  history(run: string, query?: Query):
    AsyncGenerator<Record<string, unknown>, void>;
  /** Every item of any listing. */
  each(path: string, query?: Query): AsyncGenerator<any, void>;

  register(workflow: string): Answer;
  workflow(name: string, options?: { version?: number }): Answer;
  plan(workflow: string, options?: { input?: object }): Answer;

  queueDecompose(strategy: string,
    options?: Keyed & { autoExecute?: boolean }): Answer;
  /** When the pass is over; `fetch` itself waits 5 minutes at most. */
  queueExecute(options?: {
    maxConcurrent?: number; task?: string; deadlineMs?: number;
  }): Answer;
  queueStatus(query?: Query): Answer;

  /** Goes on behind the last event where the connection breaks. */
  events(options?: EventOptions): AsyncGenerator<TroupeEvent, void>;

  /** Any request below /api/v1/, or of a whole path. */
  call(method: string, path: string, body?: unknown,
    options?: CallOptions): Promise<any>;
}
