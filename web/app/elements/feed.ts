// A feed: cards with reasons. Dead live cards stay in place and say so; new ones come with the next page.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { get } from "../core/api.ts";
import { define, Element, icon, styles } from "../core/element.ts";
import type { Card, Feed } from "../core/model.ts";
import { t } from "../core/text.ts";
import "./card.ts";

const css = `
.head { display: flex; justify-content: space-between; align-items: center; margin-block-end: 8px; }
h2 { font: 600 var(--hw-lead) var(--hw-font); margin: 0; font-size: 0.9375rem; }
.grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 16rem), 1fr)); gap: 18px; }
:host([layout="row"]) .grid { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 14px; }
.why { max-inline-size: 24rem; padding: 14px 16px; border: 1px solid var(--hw-line); border-radius: 12px; background: var(--hw-surface); color: var(--hw-text); box-shadow: var(--hw-shadow); }
.empty { color: var(--hw-text-3); margin: 0; }
@media (max-width: 899px) { :host([layout="row"]) .grid { grid-template-columns: minmax(0, 1fr); } }
`;

export class FeedElement extends Element {
  static override styles = styles(css);
  static override properties = { feed: {}, layout: { reflect: true }, channel: {}, state: { reflect: true }, cards: { state: true }, heading: {} };
  declare feed: string;
  declare layout: "grid" | "row";
  declare channel: string;
  declare heading: string;
  declare state: "loading" | "ready" | "empty" | "error";
  declare cards: Card[];
  #id: string | undefined;

  constructor() {
    super();
    this.layout = "grid";
    this.state = "loading";
    this.cards = [];
    this.channel = "";
    this.heading = "";
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("feed") && this.feed) void this.#load();
  }

  async #load(): Promise<void> {
    const query = this.channel ? `?limit=6&channel=${encodeURIComponent(this.channel)}` : "?limit=24";
    try {
      const feed = await get<Feed>(`/v1/feeds/${this.feed}${query}`);
      this.#id = feed.feed_id;
      this.cards = feed.data.filter(({ channel }) => channel.slug !== this.channel);
      this.state = this.cards.length ? "ready" : "empty";
    } catch {
      this.state = "error";
    }
  }

  override render(): TemplateResult {
    return html`<div class="head"><h2>${this.heading || t("next-title")}</h2>
      <button class="hint" popovertarget="why">${t("next-why")} ${icon("info", "small")}</button><div id="why" class="why" popover>${t("next-why-text")}</div></div>
      ${this.state === "empty" || this.state === "error" ? html`<p class="empty">${t(this.state === "empty" ? "next-empty" : "next-error")}</p>` : nothing}
      <div class="grid">${this.cards.slice(0, this.layout === "row" ? 3 : 24).map((card) => html`<headwater-card layout=${this.layout} .card=${card} .feed=${this.#id}></headwater-card>`)}</div>`;
  }
}

define("headwater-feed", FeedElement);
