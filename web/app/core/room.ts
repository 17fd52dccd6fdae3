// The state of one room, folded from its events: comments, gifts, counters, settings.
import { get } from "./api.ts";
import { type ConnectionState, RoomStream } from "./events.ts";
import type { Combo, Comment, Counters, Gift, RoomEvent, RoomSettings } from "./model.ts";
import { ServerClock } from "./serverclock.ts";
import type { Session } from "./session.ts";

/** One line of the list. */
export type Line =
  | { kind: "comment"; id: string; comment: Comment; removed?: "author" | "moderation"; own?: boolean; sending?: "sending" | "held" | "failed" }
  | { kind: "gift"; id: string; gift: Gift; count: number; total: number }
  | { kind: "note"; id: string; note: "gap" | "reset"; dropped: number };

/** Lines that a room keeps in memory; the list shows fewer. */
const LINES_MAX = 600;

export class Room extends EventTarget {
  readonly clock = new ServerClock();
  lines: Line[] = [];
  counters: Counters = { viewers: 0, likes: 0, sampled_1_in: 1 };
  countersKnown = false;
  settings: RoomSettings = {};
  connection: ConnectionState = { kind: "connecting" };
  pinned: Comment | undefined;
  /** Combos that are open, by id, with the gift that opened them. */
  combos = new Map<string, { gift: Gift; combo: Combo; closed: boolean }>();
  #stream: RoomStream | undefined;

  constructor(readonly id: string, readonly session: Session) {
    super();
  }

  /** Shows what the server rendered and goes on from there. */
  start(shown: Comment[], after?: string): void {
    this.lines = shown.map((comment) => this.#line(comment));
    this.#stream = new RoomStream({
      url: `/v1/rooms/${this.id}/events`,
      token: () => this.session.token(),
      after,
      deliver: (events) => this.take(events),
      connection: (state) => {
        this.connection = state;
        this.#tell("connection");
      },
    });
    this.#stream.start();
    void this.reload(true);
  }

  stop(): void {
    this.#stream?.stop();
  }

  reconnect(): void {
    this.#stream?.now();
  }

  /** Folds events in; public so that a replay and a test can drive the room. */
  take(events: RoomEvent[]): void {
    const changed = new Set<string>();
    for (const event of events) {
      if (event.at && event.seq !== undefined) this.clock.learn(Date.parse(event.at), Date.now());
      this.#fold(event, changed);
      this.dispatchEvent(new CustomEvent("event", { detail: event }));
    }
    if (this.lines.length > LINES_MAX) this.lines.splice(0, this.lines.length - LINES_MAX);
    for (const what of changed) this.#tell(what);
  }

  /** Own words appear at once; the server's answer replaces them. */
  addOwn(comment: Comment, sending: "sending" | "held" | "failed" | undefined): void {
    const line = this.#find((entry) => entry.kind === "comment" && !!comment.client_id && entry.comment.client_id === comment.client_id);
    if (line?.kind === "comment") {
      line.comment = { ...line.comment, ...comment };
      line.id = comment.id || line.id;
      if (sending) line.sending = sending;
      else delete line.sending;
    } else {
      const fresh: Line = { kind: "comment", id: comment.id, comment, own: true };
      if (sending) fresh.sending = sending;
      this.lines.push(fresh);
      this.dispatchEvent(new CustomEvent("event", { detail: { type: "comment.created", comment } }));
    }
    this.#tell("lines");
  }

  /** Takes own words back out of the list, when the server refused them. */
  dropOwn(clientId: string): void {
    this.lines = this.lines.filter((line) => line.kind !== "comment" || line.comment.client_id !== clientId);
    this.#tell("lines");
  }

  /** Reads settings, pin and, after a reset, the newest comments again. */
  async reload(settingsOnly: boolean): Promise<void> {
    try {
      const token = await this.session.token();
      const room = await get<{ settings?: RoomSettings; pins?: { comment?: Comment }[]; viewers?: number }>(`/v1/rooms/${this.id}`, token);
      this.settings = room.settings ?? {};
      this.pinned = room.pins?.[0]?.comment;
      if (room.viewers !== undefined && !this.countersKnown) {
        this.counters = { ...this.counters, viewers: room.viewers };
        this.countersKnown = true;
        this.#tell("counters");
      }
      this.#tell("settings");
      if (settingsOnly) return;
      const page = await get<{ data: Comment[] }>(`/v1/rooms/${this.id}/comments?limit=50`, token);
      this.lines = page.data.sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0)).map((comment) => this.#line(comment));
      this.#tell("lines");
    } catch {
      // The stream's own state says that the connection is gone.
    }
  }

  #fold(event: RoomEvent, changed: Set<string>): void {
    switch (event.type) {
      case "stream.hello":
        this.clock.learn(Date.parse(event.server_time), Date.now(), true);
        changed.add("clock");
        return;
      case "stream.reset":
        void this.reload(false);
        return;
      case "stream.gap":
        this.lines.push({ kind: "note", id: `gap-${event.from}`, note: "gap", dropped: event.dropped });
        changed.add("lines");
        return;
      case "comment.created":
      case "comment.restored":
        this.#comment(event.comment);
        changed.add("lines");
        return;
      case "comment.deleted":
        this.#remove((comment) => comment.id === event.comment_id, event.by);
        changed.add("lines");
        return;
      case "room.cleared":
        this.#remove((comment) => (comment.seq ?? 0) <= event.up_to_seq && (!event.author_id || comment.author.id === event.author_id), "moderation");
        changed.add("lines");
        return;
      case "sanction.created":
        if (!event.hides_comments) return;
        this.#remove((comment) => comment.author.id === event.user_id, "moderation");
        changed.add("lines");
        return;
      case "room.updated":
        this.settings = event.settings;
        changed.add("settings");
        return;
      case "gift.sent":
        this.#gift(event.gift);
        changed.add("lines").add("combos");
        return;
      case "gift.combo_updated":
      case "gift.combo_closed":
        this.#combo(event, event.type === "gift.combo_closed");
        changed.add("lines").add("combos");
        return;
      case "room.counters":
        this.counters = { viewers: event.viewers, likes: event.likes, sampled_1_in: event.sampled_1_in };
        this.countersKnown = true;
        changed.add("counters");
        return;
      default:
        if (event.type.startsWith("broadcast.")) changed.add("broadcast");
    }
  }

  #line(comment: Comment): Line {
    return { kind: "comment", id: comment.id, comment, own: this.#isOwn(comment) };
  }

  #isOwn(comment: Comment): boolean {
    return comment.author.id !== undefined && comment.author.id === this.session.guest?.user_id;
  }

  #comment(comment: Comment): void {
    const known = this.#find(
      (line) => line.kind === "comment" && (line.id === comment.id || (!!comment.client_id && line.comment.client_id === comment.client_id)),
    );
    if (known?.kind === "comment") {
      known.comment = { ...known.comment, ...comment };
      known.id = comment.id;
      delete known.removed;
      delete known.sending;
      return;
    }
    this.lines.push(this.#line(comment));
  }

  #remove(which: (comment: Comment) => boolean, by: "author" | "moderation"): void {
    for (const line of this.lines) {
      if (line.kind === "comment" && !line.removed && which(line.comment)) {
        line.removed = by;
        line.comment = { ...line.comment, body: "" };
        if (this.pinned?.id === line.id) this.pinned = undefined;
      }
    }
  }

  #gift(gift: Gift): void {
    const combo = gift.combo;
    if (combo) {
      const open = this.combos.get(combo.combo_id);
      if (open && open.combo.count > combo.count) return;
      this.combos.set(combo.combo_id, { gift, combo, closed: false });
      const line = this.#find((entry) => entry.kind === "gift" && entry.gift.combo?.combo_id === combo.combo_id);
      if (line?.kind === "gift") {
        line.count = combo.count;
        line.total = combo.total_coins;
        return;
      }
    }
    this.lines.push({ kind: "gift", id: gift.id, gift, count: combo?.count ?? gift.quantity, total: combo?.total_coins ?? gift.total_coins });
  }

  #combo(combo: Combo, closed: boolean): void {
    const open = this.combos.get(combo.combo_id);
    if (open) {
      open.combo = { combo_id: combo.combo_id, count: combo.count, total_coins: combo.total_coins, closes_at: combo.closes_at };
      open.closed = closed;
    }
    const line = this.#find((entry) => entry.kind === "gift" && entry.gift.combo?.combo_id === combo.combo_id);
    if (line?.kind === "gift") {
      line.count = combo.count;
      line.total = combo.total_coins;
    }
    if (this.combos.size > 100) this.combos.delete(this.combos.keys().next().value as string);
  }

  #find(which: (line: Line) => boolean): Line | undefined {
    for (let index = this.lines.length - 1; index >= 0; index -= 1) {
      const line = this.lines[index];
      if (line && which(line)) return line;
    }
    return undefined;
  }

  #tell(what: string): void {
    this.dispatchEvent(new Event(what));
  }
}
