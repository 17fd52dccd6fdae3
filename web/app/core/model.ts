// What the API says, as far as the pages read it. Fields may be added by the server at any time.

export interface Author {
  id?: string;
  display_name: string;
  badges?: string[];
}

export interface Comment {
  id: string;
  author: Author;
  kind: "chat" | "danmaku" | "question" | "system" | "announcement";
  body: string;
  sent_at: string;
  pdt_at?: string | null;
  media_ms?: number;
  client_id?: string | null;
  parent_id?: string | null;
  danmaku?: { mode: "scroll" | "top" | "bottom"; color: number; size: number } | null;
  count?: number;
  lang?: string;
  status?: string;
  seq?: number;
}

export interface Combo {
  combo_id: string;
  count: number;
  total_coins: number;
  closes_at: string;
}

export interface Gift {
  id: string;
  sender: Author;
  sku: string;
  quantity: number;
  total_coins: number;
  message?: string;
  combo?: Combo;
  pdt_at?: string;
}

export interface GiftType {
  sku: string;
  name: string | Record<string, string>;
  price_coins: number;
  tier: number;
  combo_window_s?: number;
}

export interface Counters {
  viewers: number;
  likes: number;
  sampled_1_in: number;
}

export interface BroadcastState {
  broadcast_id: string;
  channel_id: string;
  recording_id?: string;
  reason?: string;
  scheduled_at?: string;
}

export type RoomEvent = { seq?: number; at?: string } & (
  | { type: "stream.hello"; head: number; epoch: string; server_time: string; tier?: number; settings_version?: number }
  | { type: "stream.reset"; reason: string; url?: string }
  | { type: "stream.gap"; from: number; to: number; dropped: number; reason: string }
  | { type: "stream.shed" | "stream.expiring" }
  | { type: "comment.created" | "comment.restored"; comment: Comment }
  | { type: "comment.deleted"; comment_id: string; by: "author" | "moderation"; visible_reason?: { code: string; text: string; lang: string } }
  | { type: "room.updated"; settings_version: number; settings: RoomSettings }
  | { type: "room.cleared"; up_to_seq: number; author_id?: string }
  | { type: "gift.sent"; gift: Gift }
  | ({ type: "gift.combo_updated" | "gift.combo_closed" } & Combo)
  | { type: "gift.refunded"; gift_id: string; combo_id?: string; total_coins: number }
  | ({ type: `broadcast.${string}` } & BroadcastState)
  | { type: "sanction.created" | "sanction.lifted"; user_id: string; kind: string; ends_at?: string; hides_comments?: boolean }
  | ({ type: "room.counters" } & Counters)
);

export interface RoomSettings {
  slow_mode_ms?: number;
  access?: string;
  hold?: string;
  closed?: boolean;
  [extra: string]: unknown;
}

export interface Broadcast {
  id: string;
  status: "scheduled" | "ready" | "live" | "interrupted" | "ended" | "archived";
  title?: string;
  started_at?: string | null;
  interrupted_at?: string | null;
  ended_at?: string | null;
  scheduled_at?: string | null;
  recording_id?: string | null;
  channel_id: string;
  viewers?: number;
  width?: number;
  height?: number;
}

export interface Channel {
  id: string;
  slug: string;
  title: string;
  room_id: string;
  category?: string | null;
  owner_id?: string;
  owner?: Author;
  display_name?: string;
  follower_count?: number;
  broadcast?: Broadcast | null;
  next_broadcast?: Broadcast | null;
  last_recording_id?: string | null;
  settings_version?: number;
  hls?: string;
}

export interface Card {
  kind: "live" | "recording" | "soon";
  broadcast_id?: string;
  recording_id?: string;
  channel: { id: string; slug: string; title: string; display_name?: string; category?: string | null };
  title?: string;
  viewers?: number;
  duration_ms?: number;
  started_at?: string;
  position_ms?: number;
  reasons: { code: string; args?: Record<string, string | number> }[];
  pos?: number;
}

export interface Feed {
  feed_id?: string;
  ttl_ms?: number;
  data: Card[];
  next_cursor?: string | null;
}

export interface Page<T> {
  data: T[];
  next_cursor?: string | null;
}
