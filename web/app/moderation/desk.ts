// The moderator's work without its looks: what waits, what is claimed here, what was decided.
import { ApiError, call, get } from "../core/api.ts";
import type { Page } from "../core/model.ts";
import type { Me } from "../core/owner.ts";
import { t } from "../core/text.ts";
import type { Claim, Decision, Detail, Item, Judgement, Policy, Queue } from "./model.ts";

/** A claim is extended this often while its item is on the screen. */
const HEARTBEAT_MS = 20_000;
const ITEMS_MAX = 200;

export class Desk extends EventTarget {
  items: Item[] = [];
  /** Items that came in and wait behind the bar. */
  fresh: Item[] = [];
  queues: Queue[] = [];
  policies: Policy[] = [];
  claims = new Map<string, Claim>();
  connected = false;
  decided = 0;
  #source: EventSource | undefined;
  #beat: ReturnType<typeof setInterval> | undefined;
  #open: string | undefined;

  constructor(readonly me: Me) {
    super();
  }

  async start(): Promise<void> {
    const policies = await get<Page<Policy>>("/v1/moderation/policies").catch(() => ({ data: [] }));
    // What is met most is least grave: it gets the first keys. "Other" comes last.
    const weight = ({ key, severity }: Policy) => (key === "other" ? 100 : (severity ?? 0));
    this.policies = policies.data.sort((a, b) => weight(a) - weight(b));
    await this.refresh(true);
    this.#source = new EventSource("/v1/moderation/events");
    this.#source.addEventListener("open", () => this.#connection(true));
    this.#source.addEventListener("error", () => this.#connection(false));
    this.#source.addEventListener("moderation.queues", (event) => {
      const { queues } = JSON.parse((event as MessageEvent<string>).data) as { queues: Queue[] };
      this.queues = queues;
      void this.refresh(false);
    });
    this.#beat = setInterval(() => void this.#extend(), HEARTBEAT_MS);
  }

  stop(): void {
    this.#source?.close();
    clearInterval(this.#beat);
    for (const id of this.claims.keys()) void this.release(id);
  }

  /** Reads what waits; without `all`, unknown items go behind the bar and nothing moves. */
  async refresh(all: boolean): Promise<void> {
    const page = await get<Page<Item>>(`/v1/moderation/items?limit=${ITEMS_MAX}`).catch(() => undefined);
    if (!page) return;
    if (this.queues.length === 0) {
      const queues = await get<{ data: Queue[] }>("/v1/moderation/queues").catch(() => ({ data: [] }));
      this.queues = queues.data;
    }
    const now = new Map(page.data.map((item) => [item.id, item]));
    if (all || this.items.length === 0) {
      this.items = page.data;
      this.fresh = [];
    } else {
      this.items = this.items.filter(({ id }) => now.has(id)).map((item) => now.get(item.id) as Item);
      const known = new Set(this.items.map(({ id }) => id));
      this.fresh = page.data.filter(({ id }) => !known.has(id));
    }
    this.#tell();
  }

  /** Lets in what waits behind the bar. */
  showFresh(): void {
    this.items = [...this.items, ...this.fresh].sort((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1));
    this.fresh = [];
    this.#tell();
  }

  /** Whether someone else has the item now. */
  taken(item: Item): boolean {
    return !!item.claim && item.claim.reviewer_id !== this.me.id && Date.parse(item.claim.lease_until) > Date.now();
  }

  detail(id: string): Promise<Detail> {
    return get<Detail>(`/v1/moderation/items/${id}`);
  }

  /** Claims the item for a minute; the heartbeat goes on while it is open. */
  async claim(item: Item): Promise<Claim | undefined> {
    const before = this.#open;
    this.#open = item.id;
    if (before && before !== item.id) void this.release(before);
    const held = this.claims.get(item.id);
    if (held && Date.parse(held.lease_until) > Date.now()) return held;
    const path = `/v1/moderation/queues/${item.queue_id}/claims`;
    const { value } = await call<{ data: Claim[] }>(path, { body: { max: 1, item_id: item.id } });
    for (const claim of value.data) {
      this.claims.set(claim.item_id, claim);
      if (claim.item_id !== item.id || this.#open !== item.id) void this.release(claim.item_id);
    }
    this.#tell();
    return this.claims.get(item.id);
  }

  async release(id: string): Promise<void> {
    const claim = this.claims.get(id);
    if (!claim) return;
    this.claims.delete(id);
    await call(`/v1/moderation/claims/${id}?lease_token=${claim.lease_token}`, { method: "DELETE", keepalive: true }).catch(() => undefined);
  }

  /** Judges one item, or with `same` all that wait with its words. */
  async decide(item: Item, judgement: Judgement, policies: string[], note: string, same: boolean): Promise<{ ids: string[]; undo: () => Promise<void> }> {
    const { outcome, actions } = judgement;
    const body: Record<string, unknown> = { outcome, actions, policy_ids: outcome === "approve" ? [] : policies };
    if (note) body.note = note;
    if (same) {
      const path = "/v1/moderation/bulk-decisions";
      const { value } = await call<{ item_ids: string[]; decision_ids: string[] }>(path, { body: { ...body, same_words_as: item.id, dry_run: false } });
      this.#gone(value.item_ids);
      return { ids: value.item_ids, undo: () => this.#undo(value.decision_ids) };
    }
    const claim = this.claims.get(item.id) ?? (await this.claim(item));
    if (!claim) throw new ApiError({ type: "lease_lost", title: "lease lost", status: 409, code: "lease_lost" });
    const path = `/v1/moderation/items/${item.id}/decisions`;
    const { value } = await call<Decision>(path, { body: { ...body, lease_token: claim.lease_token } });
    this.#gone([item.id]);
    return { ids: [item.id], undo: () => this.#undo([value.id]) };
  }

  /** Everything in the item's room is held until a moderator has seen it; again for the way back. */
  async shield(roomId: string): Promise<boolean> {
    const { value, headers } = await call<{ settings: { hold?: string }; settings_version: number }>(`/v1/rooms/${roomId}`);
    const on = value.settings.hold !== "everything";
    const etag = headers.get("etag") ?? `"${value.settings_version}"`;
    await call(`/v1/rooms/${roomId}/settings`, {
      method: "PATCH",
      body: { hold: on ? "everything" : "nothing" },
      headers: { "if-match": etag, "content-type": "application/merge-patch+json" },
    });
    return on;
  }

  async #undo(ids: string[]): Promise<void> {
    for (const id of ids) await call(`/v1/moderation/decisions/${id}/undo`, { method: "POST" });
    this.decided -= ids.length;
    await this.refresh(true);
  }

  async #extend(): Promise<void> {
    if (document.hidden || !this.#open) return;
    const claim = this.claims.get(this.#open);
    if (!claim) return;
    try {
      const { value } = await call<Claim>(`/v1/moderation/claims/${claim.item_id}/extend`, { body: { lease_token: claim.lease_token } });
      this.claims.set(claim.item_id, { ...claim, lease_until: value.lease_until });
      this.#tell();
    } catch (error) {
      if (!(error instanceof ApiError)) return;
      this.claims.delete(claim.item_id);
      this.dispatchEvent(new CustomEvent("lost", { detail: t("mod-lease-lost") }));
    }
  }

  #gone(ids: string[]): void {
    this.decided += ids.length;
    for (const id of ids) this.claims.delete(id);
    this.items = this.items.filter(({ id }) => !ids.includes(id));
    this.fresh = this.fresh.filter(({ id }) => !ids.includes(id));
    this.#tell();
  }

  #connection(connected: boolean): void {
    this.connected = connected;
    this.#tell();
  }

  #tell(): void {
    this.dispatchEvent(new Event("change"));
  }
}
