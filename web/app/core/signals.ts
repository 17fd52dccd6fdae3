// What feeds learn from: impressions and watch time, in batches, by beacon when the page goes away.
import { freshId } from "./api.ts";

export interface Signal {
  type: string;
  at: string;
  id: string;
  broadcast_id?: string | undefined;
  recording_id?: string | undefined;
  feed_id?: string | undefined;
  watched_ms?: number;
  pos?: number;
}

const SEND_MS = 5000;
const BATCH_MAX = 50;
let waiting: Signal[] = [];
let token: (() => Promise<string | undefined>) | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;

export function signalsAs(source: () => Promise<string | undefined>): void {
  token = source;
}

export function signal(event: Omit<Signal, "at" | "id">): void {
  waiting.push({ ...event, id: freshId(), at: new Date().toISOString() });
  if (waiting.length >= BATCH_MAX) void flush();
  else timer ??= setTimeout(() => void flush(), SEND_MS);
}

async function flush(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  const events = waiting.splice(0, BATCH_MAX);
  if (events.length === 0) return;
  const headers: Record<string, string> = { "content-type": "application/json" };
  try {
    const bearer = await token?.();
    if (bearer) headers.authorization = `Bearer ${bearer}`;
    await fetch("/v1/analytics-events", { method: "POST", headers, body: JSON.stringify({ events }), keepalive: true });
  } catch {
    // Signals are allowed to be lost.
  }
}

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") void flush();
});

/** Reports how long a picture really played: at 10 s, 30 s, 60 s, 5 min, then each minute. */
export function watchTime(target: EventTarget, subject: { broadcast_id?: string | undefined; recording_id?: string | undefined }): void {
  const marks = [10_000, 30_000, 60_000, 300_000];
  let watched = 0;
  let last = performance.now();
  let told = 0;
  target.addEventListener("headwater-time", () => {
    const now = performance.now();
    const player = target as EventTarget & { state?: string };
    if (player.state === "playing" && document.visibilityState === "visible") watched += Math.min(now - last, 1000);
    last = now;
    const next = marks.find((mark) => mark > told) ?? told + 60_000;
    if (watched < next) return;
    told = next;
    signal({ type: "watch", ...subject, watched_ms: Math.round(watched) });
  });
}
