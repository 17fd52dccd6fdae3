// Gifts over the picture: one line a combo, its number grows; bigger ones stay longer; no more than two at once.
import { html, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { art, avatar, define, Element, styles } from "../core/element.ts";
import { compact } from "../core/format.ts";
import type { Gift } from "../core/model.ts";
import type { Room } from "../core/room.ts";
import { locale, t } from "../core/text.ts";
import { giftName } from "./comment-line.ts";
import { isolatedName } from "./person.ts";

interface Shown {
  id: string;
  gift: Gift;
  count: number;
  total: number;
  until: number;
}

/** How long a line stays, by what it is worth. */
const STAY: [number, number][] = [[1000, 8000], [100, 5000], [0, 3000]];

const css = `
:host { display: grid; gap: 8px; justify-items: start; }
.combo { display: flex; align-items: center; gap: 10px; min-block-size: 48px; padding: 4px 28px 4px 4px; border-radius: 999px; background: linear-gradient(to right, var(--hw-scrim) 60%, #060a0d00); color: #fff; animation: enter 320ms var(--hw-spring); }
.who { display: grid; font: 600 var(--hw-small) var(--hw-font); max-inline-size: 11rem; }
.who span { font-weight: 400; color: #ffd98c; }
.count { font: italic 700 1.75rem/2rem var(--hw-font); color: #ffc454; text-shadow: 0 2px 0 #6b4300; font-variant-numeric: tabular-nums; }
.count.bump { animation: bump 180ms var(--hw-spring); }
@keyframes enter { from { transform: translateX(-40px); opacity: 0; } }
@keyframes bump { from { transform: scale(1.35); } }
@media (prefers-reduced-motion: reduce) { .combo { animation: none !important; } }
`;

export class Combos extends Element {
  static override styles = styles(css);
  static override properties = { room: { attribute: false }, rows: { type: Number }, shown: { state: true } };
  declare room: Room | undefined;
  declare rows: number;
  declare shown: Shown[];
  #waiting: Shown[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.rows = 2;
    this.shown = [];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.setAttribute("aria-hidden", "true");
    this.#timer = setInterval(() => this.#sweep(), 500);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("room") || !this.room) return;
    this.follow(this.room, ["event"], ((event: CustomEvent) => {
      const { detail } = event;
      if (detail.type === "gift.sent") this.#take(detail.gift);
      else if (detail.type === "gift.combo_updated" || detail.type === "gift.combo_closed") this.#grow(detail.combo_id, detail.count, detail.total_coins);
    }) as EventListener as () => void);
  }

  override render(): TemplateResult {
    return html`${repeat(this.shown, ({ id }) => id, ({ gift, count }) => html`<div class="combo" part="combo">
      ${avatar(gift.sender.id ?? "", 40)}
      <span class="who"><bdi class="line">${isolatedName(gift.sender)}</bdi><span>${t("combo-sent", { gift: giftName(gift.sku) })}</span></span>
      ${art(gift.sku)}${count > 1 ? html`<span class="count">×${compact(locale, count)}</span>` : ""}
    </div>`)}`;
  }

  #take(gift: Gift): void {
    const id = gift.combo?.combo_id ?? gift.id;
    const count = gift.combo?.count ?? gift.quantity;
    const total = gift.combo?.total_coins ?? gift.total_coins;
    if (this.#grow(id, count, total)) return;
    this.#waiting.push({ id, gift, count, total, until: 0 });
    this.#waiting.sort((a, b) => b.total - a.total);
    this.#waiting.splice(20);
    this.#sweep();
  }

  #grow(id: string, count: number, total: number): boolean {
    const known = [...this.shown, ...this.#waiting].find((entry) => entry.id === id);
    if (!known) return false;
    if (count > known.count) Object.assign(known, { count, total, until: Date.now() + stay(total) });
    this.requestUpdate();
    return true;
  }

  #sweep(): void {
    const now = Date.now();
    const kept = this.shown.filter(({ until }) => until > now);
    while (kept.length < this.rows && this.#waiting.length > 0) {
      const next = this.#waiting.shift() as Shown;
      kept.push({ ...next, until: now + stay(next.total) });
    }
    if (kept.length !== this.shown.length || kept.some((entry, index) => entry !== this.shown[index])) this.shown = kept;
  }
}

function stay(total: number): number {
  return STAY.find(([least]) => total >= least)?.[1] ?? 3000;
}

define("headwater-combos", Combos);
