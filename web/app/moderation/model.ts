// What the moderation API says, as far as the console reads it.
import type { Comment } from "../core/model.ts";

export interface Hit {
  kind?: string;
  rule?: string;
  rule_id?: string;
  name?: string;
  version?: number;
  variant?: string;
  spans?: [number, number][];
  reading?: string;
  policy?: string;
}

export interface Item {
  id: string;
  state: "open" | "claimed" | "decided" | "expired";
  subject_kind: string;
  subject_id: string;
  room_id?: string | null;
  author?: { id: string; display_name: string } | null;
  comment?: { body: string; kind: string; status: string; sent_at: string; pdt_at: string } | null;
  source: string;
  reason_codes: string[];
  risk: number;
  severity: number;
  report_count: number;
  priority: number;
  queue_id: string;
  evidence: { hits?: Hit[]; reports?: { reason_code?: string; text?: string }[] } & Record<string, unknown>;
  same_words_count: number;
  claim?: { reviewer_id: string; reviewer_name: string; lease_until: string } | null;
  sla_at: string;
  created_at: string;
}

export interface Decision {
  id: string;
  outcome: string;
  created_at: string;
  undo_until?: string | null;
  subject_kind?: string;
  note?: string | null;
}

export interface Detail extends Item {
  around: Comment[];
  author_history?: {
    joined_at?: string | null;
    comments: Comment[];
    decisions: Decision[];
    sanctions: { id: string; kind: string; starts_at?: string; ends_at?: string | null }[];
  } | null;
  decisions: Decision[];
  reports: { id?: string; reason_code: string; text?: string | null; created_at?: string }[];
}

export interface Claim {
  item_id: string;
  lease_token: number;
  lease_until: string;
}

export interface Queue {
  id: string;
  name: string;
  sla_s: number;
  open: number;
  claimed: number;
  overdue: number;
  oldest_at?: string | null;
}

export interface Policy {
  id: string;
  key: string;
  title: string | Record<string, string>;
  severity?: number;
}

export type Outcome = "approve" | "remove" | "escalate";

export interface Judgement {
  outcome: Outcome;
  actions: { kind: string; seconds?: number; remove_comments?: boolean }[];
  /** The sentence of the toast. */
  said: string;
}
