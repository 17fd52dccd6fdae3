// One second of a node, as `GET /v1/operator/events` tells it.

export interface Run {
  msn: number;
  part: number;
  /** How late each part was; `null` is a gap. */
  late_ms: (number | null)[];
}

export interface OnAir {
  id: string;
  channel_id: string;
  channel_slug: string;
  state: string;
  encoder: string | null;
  bitrate_bps: number;
  viewers: number;
  waiters: number;
  requests: number[];
  part_ms: number;
  late_p95_ms: number | null;
  renditions: { rid: string; height: number | null; parts: Run[] }[];
}

export interface Alarm {
  code: string;
  severity: "bad" | "warning";
  channel_id?: string;
  broadcast_id?: string;
  since: string;
  args: Record<string, number | null>;
}

export interface Happening {
  at: string;
  what: "ingest" | "raised" | "cleared";
  code: string;
  severity: "bad" | "warning" | null;
  channel_id?: string;
}

export interface Requests {
  kind: string;
  given: number;
  unchanged: number;
  refused: number;
  failed: number;
}

export interface Gauges {
  broadcasts: number;
  viewers: number;
  parts_per_s: number;
  sent_bps: number;
  connections: number;
  cache: { bytes: number; bytes_max: number; ring_bytes: number; hits: number; loads: number };
  spool: { bytes: number; bytes_max: number; objects: number; lost: number; full_in_ms: number | null };
  store: { puts: number; failures: number; p50_ms: number | null; p95_ms: number | null };
  waiters: { now: number; max: number; held_avg_ms: number | null; held_max_ms: number; timed_out: number };
  requests: Requests[];
  machine: {
    cores: number;
    busy_permille: number | null;
    memory_used_bytes: number | null;
    memory_bytes: number | null;
    resident_bytes: number | null;
    disk_free_bytes: number | null;
    disk_bytes: number | null;
  };
}

export interface Second {
  at: string;
  node: string;
  version: string;
  started_at: string;
  gauges: Gauges;
  history: { put_p95_ms: number[]; waiters: number[]; spool_bytes: number[]; ages: { up_to_s: number | null; requests: number[] }[] };
  alarms: Alarm[];
  broadcasts: OnAir[];
  broadcasts_more: number;
  happened: Happening[];
}

/** From on time to late by a part, as WEB's lateness colours count; `gap` is what never came. */
export type Grade = "q0" | "q1" | "q2" | "q3" | "q4" | "q5" | "gap";

export function grade(late: number | null, part: number): Grade {
  if (late === null) return "gap";
  if (late >= part) return "q5";
  if (late >= 200) return "q4";
  if (late >= 100) return "q3";
  if (late >= 50) return "q2";
  return late > 0 ? "q1" : "q0";
}

/** Cells of one row of the timeline. */
export const CELLS = 60;

/** The newest parts, one grade a cell, the newest last; cells before the first part are empty. */
export function cells(runs: readonly Run[], part: number): (Grade | undefined)[] {
  const grades = runs.flatMap(({ late_ms }) => late_ms.map((late) => grade(late, part))).slice(-CELLS);
  return [...Array<undefined>(CELLS - grades.length).fill(undefined), ...grades];
}
