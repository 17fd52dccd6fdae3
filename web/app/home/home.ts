// The home page: topics, a hero with its first comments, cards with reasons, what was begun.
import { html, nothing, type TemplateResult } from "lit";
import { get } from "../core/api.ts";
import { avatar, define, Element, icon, styles } from "../core/element.ts";
import { ago, compact } from "../core/format.ts";
import type { Card, Feed } from "../core/model.ts";
import { locale, t } from "../core/text.ts";
import { address, reason } from "../elements/card.ts";
import "../elements/card.ts";
import { still } from "../elements/still.ts";
import css from "./home.css";

/** Live cards are asked for again after this long, while someone looks. */
const FRESH_MS = 15_000;
/** The hero starts to move once the page itself is there. */
const HERO_MS = 5000;

type Shown = "all" | "live" | "recordings";

export class Home extends Element {
  static override styles = styles(css);
  static override properties = { state: { reflect: true }, cards: { state: true }, topic: { state: true }, ended: { state: true }, query: { state: true }, moving: { state: true } };
  declare state: "loading" | "ready" | "empty" | "error";
  declare cards: Card[];
  declare topic: string;
  declare ended: Set<string>;
  declare query: string;
  declare moving: boolean;
  #feed: string | undefined;
  #at = Date.now();
  #timer: ReturnType<typeof setInterval> | undefined;
  #shown: Shown = "all";

  constructor() {
    super();
    this.state = "loading";
    this.cards = [];
    this.topic = "";
    this.ended = new Set();
    this.moving = false;
    const { searchParams } = new URL(location.href);
    this.query = searchParams.get("q") ?? "";
    if (searchParams.has("live")) this.#shown = "live";
    if (searchParams.has("recordings")) this.#shown = "recordings";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#load();
    this.#timer = setInterval(() => !document.hidden && void this.#refresh(), FRESH_MS);
    if (matchMedia("(min-width: 1200px) and (prefers-reduced-motion: no-preference)").matches) setTimeout(() => void this.#move(), HERO_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  async #load(): Promise<void> {
    try {
      const feed = await get<Feed>("/v1/feeds/home?limit=48");
      this.#feed = feed.feed_id;
      this.#at = Date.now();
      this.cards = feed.data;
      this.state = feed.data.length ? "ready" : "empty";
    } catch {
      this.state = "error";
    }
  }

  // What went off the air stays where it is and says so; what came on is put behind.
  async #refresh(): Promise<void> {
    const feed = await get<Feed>("/v1/feeds/home?limit=48").catch(() => undefined);
    if (!feed) return;
    this.#at = Date.now();
    const fresh = new Map(feed.data.map((card) => [card.broadcast_id ?? card.recording_id, card]));
    const known = new Set(this.cards.map((card) => card.broadcast_id ?? card.recording_id));
    this.ended = new Set(this.cards.filter(({ kind, broadcast_id }) => kind === "live" && !fresh.has(broadcast_id)).map(({ broadcast_id }) => broadcast_id as string));
    this.cards = [
      ...this.cards.map((card) => fresh.get(card.broadcast_id ?? card.recording_id) ?? card),
      ...feed.data.filter((card) => !known.has(card.broadcast_id ?? card.recording_id)),
    ];
    if (this.cards.length) this.state = "ready";
  }

  async #move(): Promise<void> {
    await import("../player/player.ts");
    this.moving = true;
  }

  get #filtered(): Card[] {
    const words = this.query.trim().toLowerCase();
    return this.cards.filter((card) => {
      if (this.topic && card.channel.category !== this.topic) return false;
      if (this.#shown === "live" && card.kind !== "live") return false;
      if (this.#shown === "recordings" && card.kind !== "recording") return false;
      const text = `${card.title ?? ""} ${card.channel.title} ${card.channel.display_name ?? ""}`.toLowerCase();
      return !words || text.includes(words);
    });
  }

  override render(): TemplateResult {
    if (this.state === "loading") return html`<div class="grid" aria-hidden="true">${[1, 2, 3, 4, 5, 6].map(() => html`<span class="blank"></span>`)}</div>`;
    if (this.state === "error") return html`<p class="said" role="alert">${t("next-error")} <button class="link" @click=${() => void this.#load()}>${t("error-again")}</button></p>`;
    const shown = this.#filtered;
    const live = shown.filter(({ kind }) => kind !== "recording");
    const recordings = shown.filter(({ kind }) => kind === "recording");
    // The places beside the hero that nothing live takes show recordings.
    const beside = live.length && !recordings.some(({ position_ms }) => position_ms) ? recordings.slice(0, Math.max(0, 5 - live.length)) : [];
    const recorded = recordings.filter((card) => !beside.includes(card));
    return html`${this.#topics()}
      ${shown.length === 0 ? html`<p class="said">${t(this.query ? "home-nothing" : "home-empty")} <a class="link" href="/studio">${t("top-broadcast")}</a></p>` : nothing}
      ${live.length ? this.#live([...live, ...beside]) : nothing}
      ${recorded.length ? html`<h2>${t(recorded.some(({ position_ms }) => position_ms) ? "home-continue" : "home-recorded")}</h2><div class="grid">${recorded.map((card) => this.#card(card))}</div>` : nothing}`;
  }

  #topics(): TemplateResult {
    const topics = [...new Set(this.cards.map(({ channel }) => channel.category).filter((name): name is string => !!name))];
    return html`<div class="topics"><div class="chips" role="group" aria-label=${t("home-topics")}>
      ${[["", t("home-for-you")], ...topics.map((name) => [name, name])].map(([value, label]) => html`<button class="chip" aria-pressed=${String(this.topic === value)} @click=${() => (this.topic = value as string)}>${label}</button>`)}
    </div><span class="hint">${t("home-as-of", { ago: ago(locale, Date.now() - this.#at) })} ${icon("info", "small")}</span></div>`;
  }

  #live(cards: Card[]): TemplateResult {
    const [first, ...rest] = cards;
    if (!first) return html``;
    return html`<div class="lead ${rest.length ? "" : "alone"}">${this.#hero(first)}
      <div class="four">${rest.slice(0, 4).map((card) => this.#card(card))}</div></div>
      ${rest.length > 4 ? html`<div class="grid">${rest.slice(4).map((card) => this.#card(card))}</div>` : nothing}`;
  }

  #card(card: Card): TemplateResult {
    return html`<headwater-card .card=${card} .feed=${this.#feed} ?ended=${this.ended.has(card.broadcast_id ?? "")}></headwater-card>`;
  }

  #hero(card: Card): TemplateResult {
    const { channel } = card;
    const live = card.kind === "live" && !this.ended.has(card.broadcast_id ?? "");
    return html`<article class="hero">
      <a class="picture" href=${address(card)}><span class="unseen-text">${card.title ?? channel.title}</span>
        ${this.moving && live ? html`<headwater-player embedded bare decor autoplay .url=${`/hls/${channel.slug}/index.m3u8`} aria-hidden="true" inert></headwater-player>` : still(channel.id)}
        ${live ? html`<span class="facts"><b>${t("live")}</b>${card.viewers === undefined ? nothing : html`<span class="number">${t("watching", { count: card.viewers, shown: compact(locale, card.viewers) })}</span>`}</span>` : nothing}
      </a>
      <div class="words">${avatar(channel.id, 40)}<div class="lines">
        <a class="title" href=${address(card)} dir="auto">${card.title ?? channel.title}</a>
        <span class="line">${[channel.display_name ?? (card.title === channel.title ? "" : channel.title), channel.category].filter(Boolean).join(" · ")}</span>${reason(card)}</div></div>
    </article>`;
  }
}

define("headwater-home", Home);
