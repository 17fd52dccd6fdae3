// The gifts of a room: price before the press, the running total while a combo is open, the limit one tap away.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { ApiError, call, freshId, get } from "../core/api.ts";
import { art, define, Element, icon, styles, vars } from "../core/element.ts";
import { compact, decimal, grouped } from "../core/format.ts";
import type { GiftType, Page } from "../core/model.ts";
import type { Room } from "../core/room.ts";
import { coded, locale, t } from "../core/text.ts";
import type { Player } from "../player/player.ts";
import { giftName } from "./comment-line.ts";
import { say } from "./toast.ts";
import css from "./gifts.css";

interface Receipt {
  id: string;
  total_coins: number;
  balance: number;
  combo?: { combo_id: string; count: number; total_coins: number; closes_at: string };
}

interface OpenCombo {
  sku: string;
  count: number;
  total: number;
  closesAt: number;
}

/** A combo's window when the catalogue names none. */
const WINDOW_MS = 5000;
const SHOWN_IN_ROW = 5;

export class Gifts extends Element {
  static override styles = styles(css);
  static override properties = {
    room: { attribute: false },
    player: { attribute: false },
    layout: { reflect: true },
    state: { reflect: true },
    types: { state: true },
    balance: { state: true },
    quantity: { state: true },
    chosen: { state: true },
  };
  declare room: Room | undefined;
  declare player: Player | undefined;
  declare layout: "row" | "sheet";
  declare state: "loading" | "ready" | "combo" | "empty";
  declare types: GiftType[];
  declare balance: number | undefined;
  declare quantity: number;
  declare chosen: string | undefined;
  #combo: OpenCombo | undefined;
  #ticker: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.layout = "row";
    this.state = "loading";
    this.types = [];
    this.quantity = 1;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("room") && this.room) void this.#load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#ticker);
  }

  async #load(): Promise<void> {
    try {
      const page = await get<Page<GiftType>>("/v1/gift-types");
      this.types = page.data.sort((a, b) => a.price_coins - b.price_coins);
      this.state = this.types.length ? "ready" : "empty";
      await this.#readWallet();
    } catch {
      this.state = "empty";
    }
  }

  async #readWallet(): Promise<void> {
    const token = await this.room?.session.token();
    const wallet = await get<{ balance: number }>("/v1/wallet", token);
    this.#setBalance(wallet.balance);
  }

  #setBalance(balance: number): void {
    this.balance = balance;
    this.send("wallet", { balance });
  }

  override render(): TemplateResult | typeof nothing {
    if (this.state === "loading") return html`<div class="tray" aria-hidden="true">${[1, 2, 3, 4, 5].map(() => html`<span class="blank"></span>`)}</div>`;
    if (this.types.length === 0) return nothing;
    return this.layout === "row" ? this.#row() : this.#sheet();
  }

  #row(): TemplateResult {
    return html`<div class="tray" role="group" aria-label=${t("gifts-label")}>${this.types.slice(0, SHOWN_IN_ROW).map((type) => this.#tile(type))}</div>${this.#total()}`;
  }

  #tile(type: GiftType): TemplateResult {
    const combo = this.#combo?.sku === type.sku ? this.#combo : undefined;
    const name = giftName(type.sku, type.name);
    const label = t("gift-send", { name, count: type.price_coins, shown: grouped(locale, type.price_coins) });
    return html`<button class="tile ${combo ? "open" : ""}" part="gift" data-sku=${type.sku} aria-label=${label} title=${name} @click=${() => void this.give(type)}>
      ${combo ? html`<span class="times number">×${compact(locale, combo.count)}</span>${this.#ring(combo)}` : nothing}
      ${art(type.sku)}
      ${combo ? html`<span class="left number">${t("gift-combo-left", { seconds: decimal(locale, Math.max(0, combo.closesAt - Date.now()) / 1000) })}</span>` : html`<span class="price number">${icon("coin", "small")}${grouped(locale, type.price_coins)}</span>`}
    </button>`;
  }

  #ring(combo: OpenCombo): TemplateResult {
    const left = Math.max(0, combo.closesAt - Date.now()) / WINDOW_MS;
    return html`<svg class="ring" viewBox="0 0 40 40" aria-hidden="true"><circle cx="20" cy="20" r="18" pathLength="100" ${vars({ "--left": Math.min(100, left * 100).toFixed(0) })}></circle></svg>`;
  }

  #total(): TemplateResult {
    const combo = this.#combo;
    return html`<p class="unseen-text" role="status">${combo ? t("gift-total", { count: combo.count, coins: combo.total, shown: grouped(locale, combo.total) }) : ""}</p>`;
  }

  #sheet(): TemplateResult {
    const chosen = this.types.find(({ sku }) => sku === this.chosen) ?? this.types[0];
    const combo = this.#combo;
    return html`<div class="sheet">
      <span class="handle"></span>
      <header><h2>${t("gifts-title")}</h2><span class="chip gift number">${icon("coin", "small")} ${this.balance === undefined ? "–" : grouped(locale, this.balance)}</span></header>
      <div class="grid" role="group" aria-label=${t("gifts-label")}>${this.types.slice(0, 8).map((type) => html`<button class="tile" aria-pressed=${String(type === chosen)} data-sku=${type.sku} @click=${() => (this.chosen = type.sku)}>
        ${art(type.sku)}<span class="label">${giftName(type.sku, type.name)}</span><span class="price number">${icon("coin", "small")}${grouped(locale, type.price_coins)}</span></button>`)}</div>
      <div class="act"><div class="segments" role="group" aria-label=${t("gift-quantity")}>${[1, 10, 66, 188].map((count) => html`<button aria-pressed=${String(count === this.quantity)} @click=${() => (this.quantity = count)}>${count}</button>`)}</div>
        <button class="give" @click=${() => chosen && void this.give(chosen, this.quantity)}>${combo ? html`${t("gift-again")} <b class="number">×${compact(locale, combo.count)}</b>` : t("gift-give")}</button></div>
      <p class="hint">${combo
        ? t("gift-open", { seconds: decimal(locale, Math.max(0, combo.closesAt - Date.now()) / 1000), count: combo.total, shown: grouped(locale, combo.total) })
        : chosen ? t("gift-costs", { count: chosen.price_coins * this.quantity, shown: grouped(locale, chosen.price_coins * this.quantity) }) : ""}</p>
    </div>`;
  }

  /** Sends a gift: count and total rise at once and fall back with a sentence if it is refused. */
  async give(type: GiftType, quantity = 1): Promise<void> {
    const { room, player } = this;
    if (!room) return;
    const cost = type.price_coins * quantity;
    const before = { balance: this.balance, combo: this.#combo };
    const known = before.combo?.sku === type.sku && before.combo.closesAt > Date.now() ? before.combo : undefined;
    this.#open({ sku: type.sku, count: (known?.count ?? 0) + quantity, total: (known?.total ?? 0) + cost, closesAt: Date.now() + (type.combo_window_s ?? WINDOW_MS / 1000) * 1000 });
    if (this.balance !== undefined) this.#setBalance(Math.max(0, this.balance - cost));
    const body: Record<string, unknown> = { room_id: room.id, gift: type.sku, quantity };
    const pdt = player?.live ? player.programmeTime : undefined;
    if (pdt !== undefined) body.pdt_at = new Date(pdt).toISOString();
    try {
      const receipt = await this.#post(body, freshId());
      this.#setBalance(receipt.balance);
      if (receipt.combo) this.#open({ sku: type.sku, count: receipt.combo.count, total: receipt.combo.total_coins, closesAt: Date.parse(receipt.combo.closes_at) });
      this.send("gift", { id: receipt.id, sku: type.sku, quantity });
    } catch (error) {
      this.#combo = before.combo;
      if (before.balance !== undefined) this.#setBalance(before.balance);
      const code = error instanceof ApiError ? error.code : "offline";
      say({ text: coded("gift-refused", code, "gift-refused", { name: giftName(type.sku, type.name) }) });
      this.requestUpdate();
    }
  }

  // The same key on a retry, so that nobody pays twice.
  async #post(body: unknown, key: string): Promise<Receipt> {
    for (let tries = 0; ; tries += 1) {
      const token = await this.room?.session.token();
      try {
        return (await call<Receipt>("/v1/gifts", { body, token, idempotencyKey: key })).value;
      } catch (error) {
        const again = error instanceof ApiError ? error.status >= 500 || error.code === "in_progress" : true;
        if (!again || tries === 2) throw error;
        await new Promise((resolve) => setTimeout(resolve, 400 * 2 ** tries));
      }
    }
  }

  #open(combo: OpenCombo): void {
    this.#combo = combo;
    this.state = "combo";
    clearInterval(this.#ticker);
    this.#ticker = setInterval(() => {
      if (combo.closesAt <= Date.now()) {
        clearInterval(this.#ticker);
        this.#combo = undefined;
        this.state = "ready";
      }
      this.requestUpdate();
    }, 100);
    this.requestUpdate();
  }
}

define("headwater-gifts", Gifts);
