// Gifts of this broadcast as they arrive: the total, one line a combo, who gave most.
import { html, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { art, avatar, define, Element, styles } from "../core/element.ts";
import { compact, grouped } from "../core/format.ts";
import type { Channel, Gift } from "../core/model.ts";
import type { Room } from "../core/room.ts";
import { locale, t } from "../core/text.ts";
import { giftName } from "../elements/comment-line.ts";
import { type Rank, rankList, ranks } from "../elements/leaderboard.ts";
import { isolatedName } from "../elements/person.ts";

interface Arrived {
  id: string;
  gift: Gift;
  count: number;
  total: number;
}

const LINES_MAX = 30;

const css = `
:host { display: flex; flex-direction: column; gap: 12px; min-block-size: 0; }
section { border: 1px solid var(--hw-line); border-radius: 12px; background: var(--hw-surface); padding: 12px 14px; }
h2 { font: 600 0.9375rem/1.25rem var(--hw-font); margin: 0 0 8px; display: flex; justify-content: space-between; gap: 8px; align-items: baseline; }
h2 span { font: 400 var(--hw-small) var(--hw-font); color: var(--hw-text-3); }
.figure { font: 700 var(--hw-figure) var(--hw-font); letter-spacing: -0.02em; color: var(--hw-gift); margin: 0; }
.figure small { font: 400 var(--hw-small) var(--hw-font); color: var(--hw-text-2); letter-spacing: 0; }
.hint { margin: 0; }
.none { padding: 4px 14px; }
.arriving { flex: 1; min-block-size: 8rem; overflow-y: auto; padding-inline: 0; }
.arriving h2 { padding-inline: 14px; }
.gift { display: flex; align-items: center; gap: 12px; padding: 6px 14px; }
.gift:first-of-type { background: var(--hw-gift-soft); }
.gift > div { flex: 1; min-inline-size: 0; }
.gift p { margin: 0; font: 600 var(--hw-small) var(--hw-font); }
.gift .what { font-weight: 400; color: var(--hw-text-2); }
.gift .what b { color: var(--hw-gift); }
.gift .art { inline-size: 1.75rem; block-size: 1.75rem; }
.gift > b { min-inline-size: 2.5rem; text-align: end; font: 600 var(--hw-body) var(--hw-font); }
.rank { display: grid; grid-template-columns: 1rem 1fr auto; gap: 2px 6px; align-items: baseline; padding-block: 3px; font: 500 var(--hw-small) var(--hw-font); }
.meter { grid-column: 1 / -1; block-size: 3px; border-radius: 2px; background: linear-gradient(to right, var(--hw-gift-fill) var(--share), transparent 0); }
`;

export class StudioGifts extends Element {
  static override styles = styles(css);
  static override properties = { room: { attribute: false }, channel: { attribute: false }, arrived: { state: true }, leaders: { state: true } };
  declare room: Room | undefined;
  declare channel: Channel | undefined;
  declare arrived: Arrived[];
  declare leaders: Rank[];
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.arrived = [];
    this.leaders = [];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => !document.hidden && void this.#read(), 10_000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("channel") && changed.get("channel")?.broadcast?.id !== this.channel?.broadcast?.id) void this.#read();
    if (!changed.has("room") || !this.room) return;
    this.follow(this.room, ["event"], ((event: CustomEvent) => {
      const { detail } = event;
      if (detail.type === "gift.sent") this.#take(detail.gift);
    }) as EventListener as () => void);
  }

  async #read(): Promise<void> {
    if (this.channel) this.leaders = await ranks(this.channel).catch(() => this.leaders);
  }

  #take(gift: Gift): void {
    const id = gift.combo?.combo_id ?? gift.id;
    const entry = { id, gift, count: gift.combo?.count ?? gift.quantity, total: gift.combo?.total_coins ?? gift.total_coins };
    this.arrived = [entry, ...this.arrived.filter((other) => other.id !== id)].slice(0, LINES_MAX);
    void this.#soon();
  }

  #pending = false;
  async #soon(): Promise<void> {
    if (this.#pending) return;
    this.#pending = true;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    this.#pending = false;
    await this.#read();
  }

  override render(): TemplateResult {
    const known = this.leaders.reduce((sum, { coins }) => sum + coins, 0);
    const heard = this.arrived.reduce((sum, { total }) => sum + total, 0);
    const coins = Math.max(known, heard);
    return html`<section><h2>${t("gifts-broadcast")}</h2><p class="figure number">${grouped(locale, coins)} <small>${t("gifts-coins")}</small></p><p class="hint">${t("gifts-from", { count: this.leaders.length })}</p></section>
      <section class="arriving" tabindex="0" aria-label=${t("gifts-arriving")}><h2>${t("gifts-arriving")}<span>${t("gifts-once")}</span></h2>
        ${this.arrived.length === 0 ? html`<p class="hint none">${t(coins > 0 ? "gifts-next" : "leaderboard-empty")}</p>` : ""}
        ${repeat(this.arrived, ({ id }) => id, ({ gift, count, total }) => html`<div class="gift">${avatar(gift.sender.id ?? "", 30)}<div><p class="line"><bdi>${isolatedName(gift.sender)}</bdi></p><p class="what">${giftName(gift.sku)} ${count > 1 ? html`<b class="number">×${compact(locale, count)}</b>` : ""}</p></div>${art(gift.sku)}<b class="number">${grouped(locale, total)}</b></div>`)}</section>
      <section><h2>${t("leaderboard-title")}</h2>${this.leaders.length ? rankList(this.leaders.slice(0, 3)) : html`<p class="hint">${t("leaderboard-empty")}</p>`}</section>`;
  }
}

define("headwater-studio-gifts", StudioGifts);
