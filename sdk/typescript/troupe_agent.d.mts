/** What is to be done, and what can be said of it meanwhile. */
export interface Task<Input = unknown> {
  readonly id: string;
  readonly run: string;
  readonly workspace: string;
  readonly name: string;
  readonly type: string;
  readonly input: Input;
  readonly attempt: number;
  /** Equal on every attempt: pass it on to systems that deduplicate. */
  readonly idempotencyKey: string;
  readonly timeoutMs: number;
  /** Aborted once nobody waits for the task: end soon. */
  readonly signal: AbortSignal;
  readonly cancelled: boolean;
  progress(fraction: number, note?: string): void;
  log(line: string): void;
}

export type FailureKind =
  | "transient" | "permanent" | "policy" | "budget" | "dependency"
  | "cancelled" | "network" | "resource" | "timeout" | "rate_limit"
  | "validation" | "security" | "business" | "not_now";

/** Throw it to say how a task failed; any other error is `transient`. */
export class Failed extends Error {
  constructor(message: string, kind?: FailureKind, retryAfterMs?: number);
  readonly kind: FailureKind;
  readonly retryAfterMs?: number;
}

/** Throw it to get the task again later; no retry is used up. */
export class NotNow extends Failed {
  constructor(retryAfterMs?: number);
}

/** Return it to add tasks to the run, in the form of a workflow's steps. */
export class WithTasks<Output = unknown> {
  constructor(output: Output, tasks: object[]);
  readonly output: Output;
  readonly tasks: object[];
}

export interface Options {
  name?: string;
  capabilities?: string[];
}

/** Works on tasks until the node ends this agent. */
export function run<Input = unknown>(
  work: (task: Task<Input>) => unknown, options?: Options): void;
