// One card of a feed: still, title, creator, and why it is here.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { avatar, define, Element, icon, styles, vars } from "../core/element.ts";
import { clock, compact } from "../core/format.ts";
import type { Card as CardData } from "../core/model.ts";
import { signal } from "../core/signals.ts";
import { coded, isolated, locale, t } from "../core/text.ts";
import { still } from "./still.ts";
import css from "./card.css";

const reasonIcon: Record<string, string> = {
  followed: "heart",
  you_watch_often: "replay",
  because_you_watched: "spark",
  trending_in: "bars",
  trending: "bars",
  new_channel: "compass",
  next_in_course: "list",
  starts_soon: "clock",
  continue_watching: "clock",
};

export function address(card: CardData): string {
  return card.kind === "recording" ? `/replay/${card.recording_id ?? ""}` : `/watch/${card.channel.slug}`;
}

export function reason(card: CardData): TemplateResult | typeof nothing {
  const first = card.reasons[0];
  if (!first) return nothing;
  const values = Object.fromEntries(Object.entries(first.args ?? {}).map(([name, value]) => [name, typeof value === "string" ? isolated(value) : value]));
  const words = coded("reason", first.code, "reason-other", { channel: isolated(card.channel.display_name ?? card.channel.title), category: isolated(card.channel.category ?? ""), title: "", ...values });
  return html`<span class="reason">${icon(reasonIcon[first.code] ?? "info", "small")}<span>${words}</span></span>`;
}

export class Card extends Element {
  static override styles = styles(css);
  static override properties = { card: { attribute: false }, layout: { reflect: true }, feed: {}, ended: { type: Boolean, reflect: true } };
  declare card: CardData;
  declare layout: "grid" | "row" | "hero";
  declare feed: string | undefined;
  declare ended: boolean;
  #seen = false;
  #observer = new IntersectionObserver((entries) => {
    if (this.#seen || !entries.some(({ intersectionRatio }) => intersectionRatio >= 0.5)) return;
    this.#seen = true;
    this.#observer.disconnect();
    signal({ type: "impression", broadcast_id: this.card.broadcast_id, recording_id: this.card.recording_id, feed_id: this.feed, pos: this.card.pos ?? 0 });
    this.send("impression", { pos: this.card.pos ?? 0 });
  }, { threshold: 0.5 });

  constructor() {
    super();
    this.layout = "grid";
    this.ended = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#observer.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#observer.disconnect();
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has("card") && changed.get("card")) this.#seen = false;
  }

  override render(): TemplateResult {
    const { card, ended } = this;
    const live = card.kind === "live" && !ended;
    const title = card.title ?? card.channel.title;
    const name = card.channel.display_name ?? card.channel.title;
    const watched = card.position_ms && card.duration_ms ? card.position_ms / card.duration_ms : 0;
    return html`<a class="card" href=${address(card)}>
      <span class="still">${still(card.channel.id)}
        ${live ? html`<span class="live">${t("live")}</span>` : nothing}
        ${live && card.viewers !== undefined ? html`<span class="fact number">${icon("person", "small")}${compact(locale, card.viewers)}</span>` : nothing}
        ${card.kind === "recording" && card.duration_ms ? html`<span class="fact number">${clock(card.duration_ms)}</span>` : nothing}
        ${watched ? html`<span class="watched" ${vars({ "--share": `${Math.round(watched * 100)}%` })}></span>` : nothing}
      </span>
      <span class="words"><span class="face">${avatar(card.channel.id, 32)}</span>
        <span class="lines"><b class="title" dir="auto">${title}</b>${name === title ? nothing : html`<span class="name line" dir="auto">${name}</span>`}
        ${ended ? html`<span class="reason">${icon("replay", "small")}<span>${t("card-ended")}</span></span>` : reason(card)}</span></span>
    </a>`;
  }
}

define("headwater-card", Card);
