// The list of what waits: age histogram, the bar of new ones, the items in the order of their risk.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { avatar, define, Element, icon, styles, vars } from "../core/element.ts";
import { clock, grouped } from "../core/format.ts";
import { isolated, locale, t } from "../core/text.ts";
import type { Desk } from "./desk.ts";
import type { Item } from "./model.ts";
import { pieces } from "./spans.ts";
import { why } from "./why.ts";
import css from "./queue.css";

const BARS = 16;
const TARGET_MS = 60_000;

export function marked(item: Item): TemplateResult {
  const body = item.comment?.body ?? "";
  const spans = (item.evidence.hits ?? []).flatMap(({ spans: found }) => found ?? []);
  if (!body) return html`<span>${t("mod-subject", { kind: item.subject_kind })}</span>`;
  return html`<span dir="auto">${pieces(body, spans).map(({ text, marked: hit }) => (hit ? html`<mark>${text}</mark>` : text))}</span>`;
}

export class QueueElement extends Element {
  static override styles = styles(css);
  static override properties = { desk: { attribute: false }, selected: {}, filter: {}, state: { reflect: true }, ticked: { attribute: false } };
  declare desk: Desk | undefined;
  declare selected: string | undefined;
  declare filter: string;
  declare state: "empty" | "ready";
  declare ticked: Set<string>;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.filter = "";
    this.state = "empty";
    this.ticked = new Set();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => this.requestUpdate(), 1000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("desk") && this.desk) this.follow(this.desk, ["change"]);
    this.state = this.shown.length ? "ready" : "empty";
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has("selected")) this.shadowRoot?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }

  /** Items that the filter lets through, in the shown order. */
  get shown(): Item[] {
    const words = this.filter.trim().toLowerCase();
    const items = this.desk?.items ?? [];
    if (!words) return items;
    return items.filter((item) => `${item.comment?.body ?? ""} ${item.author?.display_name ?? ""} ${item.reason_codes.join(" ")}`.toLowerCase().includes(words));
  }

  override render(): TemplateResult {
    const { desk, shown } = this;
    const now = Date.now();
    const late = shown.filter(({ sla_at }) => Date.parse(sla_at) < now).length;
    return html`${this.#ages(shown, now)}
      <div class="head"><h2>${t("mod-queue")}</h2><span class="chip number">${grouped(locale, shown.length)}</span>${late ? html`<span class="chip bad number">${t("mod-late", { count: late })}</span>` : nothing}<span class="grow"></span><span class="hint">${t("mod-risk-first")}</span></div>
      ${desk?.fresh.length ? html`<button class="bar" @click=${() => desk.showFresh()}>${icon("up", "small")} ${t("mod-new", { count: desk.fresh.length })} <kbd>.</kbd></button>` : nothing}
      ${shown.length === 0 ? html`<p class="clear">${icon("check")} ${t("mod-clear")}</p>` : nothing}
      <div class="list" role="listbox" tabindex="0" aria-label=${t("mod-queue")} aria-activedescendant=${this.selected ? `i-${this.selected}` : nothing}>
        ${repeat(shown, ({ id }) => id, (item) => this.#item(item, now))}</div>`;
  }

  #ages(items: Item[], now: number): TemplateResult {
    const counts = new Array<number>(BARS).fill(0);
    for (const { created_at } of items) {
      const index = Math.min(BARS - 1, Math.floor((now - Date.parse(created_at)) / (TARGET_MS / 6)));
      counts[Math.max(0, index)] = (counts[Math.max(0, index)] ?? 0) + 1;
    }
    const most = Math.max(...counts, 1);
    const tone = (index: number) => (index < 4 ? 1 : index < 6 ? 2 : index < 8 ? 3 : index < 11 ? 4 : 5);
    return html`<div class="ages"><p><b>${t("mod-ages")}</b><span class="hint">${t("mod-target")}</span></p>
      <div class="bars" role="img" aria-label=${t("mod-ages-label", { count: items.length })}>${counts.map((count, index) => html`<i class="q${tone(index)} ${index === 6 ? "target" : ""}" ${vars({ "--height": `${Math.max(count ? 10 : 4, (count / most) * 100)}%` })}></i>`)}</div>
      <p class="hint scale"><span>${t("mod-age-0")}</span><span>${t("mod-age-60")}</span><span>${t("mod-age-150")}</span></p></div>`;
  }

  #item(item: Item, now: number): TemplateResult {
    const { desk } = this;
    const mine = desk?.claims.get(item.id);
    const taken = desk?.taken(item) ?? false;
    const age = now - Date.parse(item.created_at);
    const late = Date.parse(item.sla_at) < now;
    const left = mine ? Math.max(0, Date.parse(mine.lease_until) - now) : 0;
    const [first] = why(item);
    return html`<div class="item s${item.severity} ${taken ? "taken" : ""} ${this.ticked.has(item.id) ? "ticked" : ""}" role="option" id=${`i-${item.id}`} data-id=${item.id} aria-selected=${String(item.id === this.selected)} aria-disabled=${String(taken)} @click=${() => !taken && this.send("pick", { id: item.id })}>
      <p class="text">${this.ticked.has(item.id) ? html`<span class="tick">${icon("check", "small")}</span>` : nothing}${marked(item)}</p><span class="age number ${late ? "late" : ""}">${clock(age)}</span>
      <p class="from line">${item.author ? html`<bdi>${item.author.display_name}</bdi> · ` : nothing}${first?.short ?? ""}</p>
      ${taken ? html`<span class="who">${avatar(item.claim?.reviewer_id ?? "", 16)} ${t("mod-has-it", { name: isolated(item.claim?.reviewer_name ?? "") })}</span>`
        : mine ? html`<span class="who mine number">${t("mod-yours", { time: clock(left) })}</span>`
        : item.same_words_count > 1 ? html`<span class="chip warn dense number">×${item.same_words_count}</span>` : html`<span></span>`}
    </div>`;
  }
}

define("headwater-queue", QueueElement);
