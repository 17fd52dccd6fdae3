// One way to our API: JSON in and out, problems (RFC 9457) as errors, branches on `code`, never on text.

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  code?: string;
  request_id?: string;
  [extra: string]: unknown;
}

export class ApiError extends Error {
  constructor(readonly problem: Problem, readonly retryAfterMs?: number) {
    super(problem.detail ?? problem.title);
  }

  /** The stable word of the problem: its `code`, else the last part of its `type`. */
  get code(): string {
    return this.problem.code ?? this.problem.type.split(/[/#]/).pop() ?? "unknown";
  }

  get status(): number {
    return this.problem.status;
  }
}

/** No answer at all: the viewer's line or our server is gone. */
export class Offline extends Error {}

export interface Call {
  method?: string;
  body?: unknown;
  token?: string | undefined;
  idempotencyKey?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  keepalive?: boolean;
}

export interface Reply<T> {
  status: number;
  value: T;
  headers: Headers;
}

export async function call<T>(path: string, options: Call = {}): Promise<Reply<T>> {
  const headers: Record<string, string> = { accept: "application/json", ...options.headers };
  if (options.body !== undefined) headers["content-type"] ??= "application/json";
  if (options.token) headers.authorization = `Bearer ${options.token}`;
  if (options.idempotencyKey) headers["idempotency-key"] = options.idempotencyKey;
  const init: RequestInit = { method: options.method ?? (options.body === undefined ? "GET" : "POST"), headers, credentials: "same-origin" };
  if (options.body !== undefined) init.body = JSON.stringify(options.body);
  if (options.signal) init.signal = options.signal;
  if (options.keepalive) init.keepalive = true;
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Offline("no answer");
  }
  if (!response.ok) throw await refusal(response);
  const text = response.status === 204 ? "" : await response.text();
  return { status: response.status, value: (text ? JSON.parse(text) : undefined) as T, headers: response.headers };
}

export async function get<T>(path: string, token?: string, signal?: AbortSignal): Promise<T> {
  const options: Call = { token };
  if (signal) options.signal = signal;
  return (await call<T>(path, options)).value;
}

async function refusal(response: Response): Promise<ApiError> {
  const after = Number(response.headers.get("retry-after"));
  const retry = Number.isFinite(after) && after > 0 ? after * 1000 : undefined;
  const blank: Problem = { type: "about:blank", title: response.statusText || "Error", status: response.status };
  try {
    const problem = (await response.json()) as Problem;
    return new ApiError({ ...blank, ...problem }, retry);
  } catch {
    return new ApiError(blank, retry);
  }
}

/** A fresh id for a request of ours: comments' client ids, keys of gifts. */
export function freshId(): string {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Waits before the next try: doubling from 1 s to 30 s, half of it by chance. */
export function backoff(tries: number, random: () => number = Math.random): number {
  const ceiling = Math.min(30_000, 1000 * 2 ** Math.min(tries, 5));
  return ceiling / 2 + (ceiling / 2) * random();
}
