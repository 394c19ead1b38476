// How troupe_client.mjs asks a node: requests, when to ask again, streams. Programs
// import troupe_client.mjs; this file goes beside it.

const OPEN = ["lost", "unanswered", "timed_out", "restarting"];

/** What a node refused, or that it could not be asked. */
export class TroupeError extends Error {
  constructor(code, message, more = {}) {
    super(message, { cause: more.cause });
    this.name = "TroupeError";
    this.code = code;
    this.status = more.status ?? 0;
    this.problems = more.problems ?? [];
    this.retryAfterMs = more.retryAfterMs;
    this.request = more.request;
    this.inDoubt = false;
  }

  /** What to do about it; may be empty. */
  get hint() {
    return this.problems.find((x) => x.hint)?.hint ?? "";
  }
}

/** One node, and how it is asked. */
export class Link {
  #limits;
  #headers = { "User-Agent": "troupe-typescript" };

  constructor(options = {}) {
    const { node = "http://127.0.0.1:8765", token, workspace, ...limits }
      = options;
    this.#limits = {
      timeoutMs: 60_000, tries: 4, reconnects: 20, pauseMs: 250,
      pauseMaxMs: 5_000, retryAfterMaxMs: 30_000, silenceMaxMs: 60_000,
      ...limits,
    };
    if (!(this.#limits.tries >= 1))
      throw new RangeError("tries is 1 at least: the first try counts");
    const url = URL.canParse?.(node) === false ? {} : new URL(node);
    if (url.protocol !== "http:" && url.protocol !== "https:")
      throw new TypeError(`\`${node}\` is no address of a node; write `
        + "http://HOST:PORT or https://HOST:PORT");
    if (!/:\d+\/?$/.test(node)) url.port = "8765";
    const local = /^(localhost|\[::1\]|127\..*)$/.test(url.hostname);
    if (token && url.protocol !== "https:" && !local)
      throw new TypeError(`the token would go to ${url.origin} for all to read `
        + "on the way; name the node with https://");
    if (token && !/^[\w.-]+$/.test(token))
      throw new TypeError("the token is none: it has other characters");
    this.node = url.origin;
    if (token) this.#headers.Authorization = `Bearer ${token}`;
    if (workspace) this.#headers["Troupe-Workspace"] = workspace;
  }

  /** See Client. */
  async call(method, path, body, options = {}) {
    const { query, key, waits, deadlineMs = Infinity } = options;
    const most = waits ? Infinity : this.#limits.timeoutMs;
    const repeatable = options.repeatable
      ?? (method === "GET" || key !== undefined);
    const end = performance.now() + deadlineMs;
    let pause = this.#limits.pauseMs;
    let doubt = false;
    for (let number = 1; ; ++number) {
      try {
        const left = Math.max(1, end - performance.now());
        return await this.#once(method, path, body, query, key,
          Math.min(most, left));
      } catch (why) {
        if (!(why instanceof TroupeError)) throw why;
        doubt ||= isOpen(why);
        why.inDoubt = doubt && method !== "GET"
          && (isOpen(why) || why.code === "unreachable");
        const wait = this.#pauseAfter(why, pause, repeatable);
        if (wait === undefined || number >= this.#limits.tries
          || performance.now() + wait > end)
          throw why;
        await pauseFor(wait);
        pause = Math.min(pause * 2, this.#limits.pauseMaxMs);
      }
    }
  }

  /** Of a path with a query; each event with the cursor behind it. */
  async *events(path, query, after, signal) {
    let cursor = after;
    for (let failures = 0; !signal?.aborted;) {
      try {
        for await (const [id, event] of
          this.#stream(path, query, cursor, signal)) {
          cursor = id;
          if (event?.kind === "lost")
            throw new TroupeError("lost", `the stream broke: ${event.why}`);
          if (!event) continue;
          failures = 0;
          yield { ...event, cursor };
          if (event.kind === "end") return;
        }
        throw new TroupeError("lost", "the stream broke: it has ended");
      } catch (why) {
        if (signal?.aborted) return;
        const pause = Math.min(this.#limits.pauseMs * 2 ** failures++,
          this.#limits.pauseMaxMs);
        const wait = this.#pauseAfter(why, pause, true);
        if (wait === undefined || failures > this.#limits.reconnects)
          throw why;
        await pauseFor(wait, signal);
      }
    }
  }

  /** Until the next try; undefined: there is none. */
  #pauseAfter(why, pause, repeatable) {
    if (!(why instanceof TroupeError)) return undefined;
    if (why.code === "overloaded") {
      const wanted = why.retryAfterMs ?? 0;
      return wanted > this.#limits.retryAfterMaxMs ? undefined
        : Math.max(wanted, pause);
    }
    if (why.code === "unreachable" || why.code === "stopping") return pause;
    return isOpen(why) && repeatable ? pause : undefined;
  }

  async #once(method, path, body, query, key, timeoutMs) {
    const signal = timeoutMs === Infinity ? undefined
      : AbortSignal.timeout(timeoutMs);
    const headers = key === undefined ? {} : { "Idempotency-Key": key };
    const answer = await this.#fetch(method, path, body, query, headers,
      signal);
    try {
      const json = answer.headers.get("Content-Type")?.includes("json");
      const text = await answer.text();
      return json && text ? JSON.parse(text) : text;
    } catch (cause) {
      throw this.#lost(cause);
    }
  }

  /** The head of a good answer. */
  async #fetch(method, path, body, query, headers, signal) {
    const url = new URL(path.startsWith("/") ? path : `/api/v1/${path}`,
      this.node);
    for (const [name, value] of Object.entries(query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const all = { ...this.#headers, ...headers };
    if (body !== undefined) all["Content-Type"] = "application/json";
    const request = new Request(url, {
      method, headers: all, signal, redirect: "error",
      body: body === undefined ? undefined : JSON.stringify(body),
    }); // What is wrong with these is the caller's.
    let answer;
    let text;
    try {
      answer = await fetch(request);
      if (answer.ok) return answer;
      text = await answer.text();
    } catch (cause) {
      throw this.#lost(cause);
    }
    throw errorOf(answer, text);
  }

  #lost(cause) {
    const system = cause?.cause?.code ?? cause?.cause?.errors?.[0]?.code;
    if (["ECONNREFUSED", "ENOTFOUND", "EHOSTUNREACH"].includes(system))
      return new TroupeError("unreachable",
        `no node answers at ${this.node}; start one with \`troupe node\``,
        { cause });
    if (/CERT|TLS|SSL/.test(system ?? ""))
      return new TroupeError("rejected", `no TLS with ${this.node}: ${system}; `
        + "NODE_EXTRA_CA_CERTS names the certificate that its own is signed "
        + "with", { cause });
    return new TroupeError("lost", `the connection to ${this.node} broke before `
      + `the answer came: ${cause?.cause?.message ?? cause?.message}`, { cause });
  }

  /** Pairs of a cursor and an event; there may be none to a cursor. */
  async *#stream(path, query, cursor, outside) {
    const stop = new AbortController();
    const abort = () => stop.abort();
    outside?.addEventListener("abort", abort);
    const silence = setTimeout(abort, this.#limits.silenceMaxMs);
    try {
      const headers = cursor ? { "Last-Event-ID": cursor } : {};
      const answer = await this.#fetch("GET", path, undefined, query, headers,
        stop.signal);
      const read = new EventReader(cursor);
      const text = new TextDecoder();
      const pieces = answer.body[Symbol.asyncIterator]();
      for (;;) {
        const piece = await pieces.next().catch((cause) => {
          throw this.#lost(cause);
        });
        if (piece.done) return;
        silence.refresh();
        yield* read.take(text.decode(piece.value, { stream: true }));
      }
    } finally {
      clearTimeout(silence);
      outside?.removeEventListener("abort", abort);
      stop.abort(); // Nobody reads the rest.
    }
  }
}

/** Server-Sent Events out of pieces of any size. */
class EventReader {
  #rest = "";
  #data = [];

  constructor(cursor) {
    this.cursor = cursor;
  }

  *take(piece) {
    const lines = (this.#rest + piece).split("\n");
    this.#rest = lines.pop();
    for (const line of lines) {
      const [, name, value] = /^([^:]*):? ?(.*?)\r?$/s.exec(line);
      if (name === "id") {
        this.cursor = value;
      } else if (name === "data") {
        this.#data.push(value);
      } else if (name === "" && value === "" && !line.startsWith(":")) {
        const data = this.#data.splice(0).join("\n");
        yield [this.cursor, data ? JSON.parse(data) : undefined];
      }
    }
  }
}

function isOpen(why) {
  return OPEN.includes(why.code);
}

function pauseFor(ms, signal) {
  return new Promise((resume) => {
    const timer = setTimeout(resume, ms);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      resume();
    }, { once: true });
  });
}

function errorOf(answer, text) {
  let said;
  try {
    said = JSON.parse(text);
  } catch {
    said = {};
  }
  const wait = Number(answer.headers.get("Retry-After") ?? NaN);
  return new TroupeError(said?.code ?? "internal",
    said?.detail || said?.title
      || `the node answered ${answer.status} without a reason`,
    {
      status: answer.status, problems: said?.problems, request: said?.request,
      retryAfterMs: Number.isFinite(wait) ? wait * 1000 : undefined,
    });
}
