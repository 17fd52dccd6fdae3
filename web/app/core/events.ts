// A room's event stream: one connection, resumed from the last seen place, without holes or doubles.
import { ApiError, backoff } from "./api.ts";
import type { RoomEvent } from "./model.ts";
import { SseParser } from "./sse.ts";

export interface StreamOptions {
  /** Where the stream is, without a query. */
  url: string;
  /** A valid token, fresh when the old one is about to end. */
  token?: () => Promise<string | undefined>;
  /** Place from which to go on at the first connect, `epoch-seq`. */
  after?: string | undefined;
  /** Takes the events that arrived since the last animation frame, in order. */
  deliver: (events: RoomEvent[]) => void;
  /** Told when the connection comes and goes. */
  connection?: (state: ConnectionState) => void;
}

export type ConnectionState =
  | { kind: "connecting" }
  | { kind: "open" }
  | { kind: "waiting"; until: number }
  | { kind: "over" }
  | { kind: "refused"; error: ApiError };

/** Where an id stands: the room's epoch and the place in it. */
export function position(id: string): { epoch: string; seq: number } | undefined {
  const match = /^([^-]+)-(\d+)$/.exec(id);
  return match?.[1] === undefined ? undefined : { epoch: match[1], seq: Number(match[2]) };
}

/** Keeps the place in the room and says which events are new: the heart of the stream, without IO. */
export class Place {
  constructor(public last: string = "") {}

  /** Whether this event has not been seen; moves the place. */
  take(id: string, event: RoomEvent): boolean {
    const here = position(this.last);
    const there = position(id);
    if (event.type.startsWith("stream.")) {
      if (there && (event.type === "stream.hello" || event.type === "stream.reset")) this.last = id;
      return true;
    }
    // Counters have no place of their own: they carry the id of what came before them.
    if (!there || event.seq === undefined) return true;
    if (here && here.epoch === there.epoch && there.seq <= here.seq) return false;
    this.last = id;
    return true;
  }
}

export class RoomStream {
  readonly place: Place;
  #stopped = false;
  #abort: AbortController | undefined;
  #wake: (() => void) | undefined;
  #queue: RoomEvent[] = [];
  #scheduled = false;

  constructor(readonly options: StreamOptions) {
    this.place = new Place(options.after);
  }

  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#stopped = true;
    this.#abort?.abort();
    this.#wake?.();
  }

  /** Ends the wait before the next try. */
  now(): void {
    this.#wake?.();
  }

  async #run(): Promise<void> {
    let tries = 0;
    while (!this.#stopped) {
      const said = (state: ConnectionState) => this.options.connection?.(state);
      said({ kind: "connecting" });
      let wait = 0;
      try {
        const outcome = await this.#once(() => {
          tries = 0;
          said({ kind: "open" });
        });
        if (outcome === "over") return said({ kind: "over" });
        wait = outcome;
      } catch (error) {
        if (this.#stopped) return;
        if (error instanceof ApiError && [401, 403, 404, 410].includes(error.status)) {
          return said({ kind: "refused", error });
        }
        tries += 1;
        wait = backoff(tries - 1);
      }
      if (this.#stopped) return;
      said({ kind: "waiting", until: Date.now() + wait });
      await this.#pause(wait);
    }
  }

  // One connection from open to its end; returns how long to wait, or that the room is over.
  async #once(opened: () => void): Promise<number | "over"> {
    const { url, token } = this.options;
    this.#abort = new AbortController();
    const headers: Record<string, string> = { accept: "text/event-stream" };
    const bearer = await token?.();
    if (bearer) headers.authorization = `Bearer ${bearer}`;
    if (this.place.last) headers["last-event-id"] = this.place.last;
    const response = await fetch(url, { headers, signal: this.#abort.signal, cache: "no-store" });
    if (response.status === 204) return "over";
    if (!response.ok || !response.body) {
      const problem = { type: "about:blank", title: response.statusText, status: response.status };
      throw new ApiError(await response.json().catch(() => problem));
    }
    opened();
    const parser = new SseParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return parser.retry ?? 1000;
      for (const { id, data } of parser.push(value)) this.#take(id, data);
    }
  }

  #take(id: string, data: string): void {
    let event: RoomEvent;
    try {
      event = JSON.parse(data) as RoomEvent;
    } catch {
      return;
    }
    if (!this.place.take(id, event)) return;
    this.#queue.push(event);
    if (this.#scheduled) return;
    this.#scheduled = true;
    // Hidden pages get no animation frames: then a timer keeps the state fresh.
    if (document.hidden) setTimeout(() => this.#flush(), 250);
    else requestAnimationFrame(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    const events = this.#queue;
    this.#queue = [];
    this.options.deliver(events);
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
