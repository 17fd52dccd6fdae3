// One item on the desk: its words, why it is here, what can be done; beside it, its author.
import { html, nothing, type TemplateResult } from "lit";
import { avatar, define, Element, icon, styles, vars } from "../core/element.ts";
import { ago, clock, grouped, percent, timeOfDay } from "../core/format.ts";
import { coded, known, locale, t } from "../core/text.ts";
import { author } from "../elements/comment-line.ts";
import type { Claim, Detail, Policy } from "./model.ts";
import { marked } from "./queue.ts";
import { why } from "./why.ts";
import css from "./item.css";

const LEASE_MS = 60_000;
const lengths = [60, 600, 3600, 86_400, 604_800];

/** A policy's name in the page's language: ours, else the one that was given. */
function policyName({ key, title }: Policy): string {
  const id = `policy-${key.replace(/_/g, "-")}`;
  if (known(id)) return coded("policy", key, "policy-other");
  return typeof title === "string" ? title : (title[locale] ?? title.en ?? key);
}

export class ItemElement extends Element {
  static override styles = styles(css);
  static override properties = { detail: { attribute: false }, claim: { attribute: false }, policies: { attribute: false }, policy: {}, asking: {}, same: { type: Boolean }, note: {}, state: { reflect: true } };
  declare detail: Detail | undefined;
  declare claim: Claim | undefined;
  declare policies: Policy[];
  declare policy: string | undefined;
  declare asking: "" | "timeout" | "note";
  declare same: boolean;
  declare note: string;
  declare state: "claimed" | "unclaimed";
  #timer: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => this.requestUpdate(), 500);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  override willUpdate(): void {
    this.state = this.claim ? "claimed" : "unclaimed";
  }

  override updated(changed: Map<string, unknown>): void {
    if (changed.has("asking") && this.asking === "note") this.shadowRoot?.querySelector<HTMLInputElement>(".note input")?.focus();
  }

  override render(): TemplateResult | typeof nothing {
    const { detail } = this;
    if (!detail) return nothing;
    return html`<article aria-label=${detail.comment?.body ?? t("mod-subject", { kind: detail.subject_kind })}>
      <header><div class="grow"><p class="chips"><span class="chip ${detail.severity >= 4 ? "bad" : "warn"}">${t("mod-severity", { severity: detail.severity })}</span><span class="chip">${coded("subject", detail.subject_kind, "subject-other")}</span><span class="hint">${t("mod-since", { ago: ago(locale, Date.now() - Date.parse(detail.created_at)) })}</span></p>
        <h2>${marked(detail)}</h2></div>${this.#ring()}</header>
      <div class="two"><section class="around"><h3>${t("mod-around")}</h3>${detail.around.length === 0 ? html`<p class="hint">${t("mod-around-none")}</p>` : detail.around.slice(-12).map((comment) => html`<p class=${comment.id === detail.subject_id ? "here" : ""}><span class="number">${timeOfDay(locale, Date.parse(comment.sent_at))}</span> ${author(comment)} <span dir="auto">${comment.body}</span></p>`)}</section>
        <section class="why"><h3>${t("mod-why")}</h3>${why(detail).map(({ sign, title, text, score }) => html`<div>${icon(sign)}<p><b>${title}</b><span>${text}</span></p>${score === undefined ? nothing : html`<span class="meter" role="meter" aria-label=${title} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(score * 100)} aria-valuetext=${percent(locale, score)} ${vars({ "--share": `${score * 100}%` })}></span>`}</div>`)}
          ${detail.same_words_count > 1 ? html`<p class="same"><button class="chip" aria-pressed=${String(this.same)} @click=${() => this.send("same")}>${t("mod-same", { count: detail.same_words_count - 1 })} <kbd>Shift</kbd><kbd>X</kbd></button></p>` : nothing}</section></div>
      ${this.#deeds()}${this.#policies()}${this.#note()}
      </article>`;
  }

  #ring(): TemplateResult {
    const left = this.claim ? Math.max(0, Date.parse(this.claim.lease_until) - Date.now()) : 0;
    return html`<div class="claim"><svg viewBox="0 0 60 60" role="img" aria-label=${t("mod-yours", { time: clock(left) })}><circle cx="30" cy="30" r="26"></circle><circle class="left" cx="30" cy="30" r="26" pathLength="100" ${vars({ "--left": Math.min(100, (left / LEASE_MS) * 100).toFixed(1) })}></circle><text x="30" y="35" text-anchor="middle">${this.claim ? clock(left) : "–"}</text></svg><small>${t(this.claim ? "mod-to-decide" : "mod-unclaimed")}</small></div>`;
  }

  #deeds(): TemplateResult {
    const deeds = [["approve", "check", t("mod-approve"), "A"], ["delete", "close", t("mod-delete"), "D"], ["timeout", "clock", t("mod-timeout"), "T"], ["ban", "ban", t("mod-ban"), "B"], ["warn", "warn", t("mod-warn"), "W"], ["hold", "hand", t("mod-hold"), "H"]] as const;
    return html`<div class="deeds">${deeds.map(([deed, sign, words, key]) => html`<button class="button" data-deed=${deed} @click=${() => this.send("decision", { deed })}>${icon(sign)} <span class="grow">${words}</span><kbd>${key}</kbd></button>`)}</div>
      ${this.asking === "timeout" ? html`<div class="lengths" role="group" aria-label=${t("mod-timeout")}><span class="hint">${t("mod-how-long")}</span>${lengths.map((seconds, index) => html`<button class="chip" @click=${() => this.send("decision", { deed: "timeout", seconds })}>${t(`length-${index + 1}`)} <kbd>${index + 1}</kbd></button>`)}</div>` : nothing}`;
  }

  #policies(): TemplateResult {
    return html`<div class="policies" role="group" aria-label=${t("mod-policy")}><span class="hint">${t("mod-policy")}</span>${this.policies.slice(0, 8).map((policy, index) => html`<button class="chip" aria-pressed=${String(policy.id === this.policy)} @click=${() => this.send("policy", { id: policy.id })}>${policy.id === this.policy ? icon("check", "small") : nothing}${policyName(policy)}${index < 4 ? html` <kbd>${index + 1}</kbd>` : nothing}</button>`)}</div>`;
  }

  #note(): TemplateResult | typeof nothing {
    if (this.asking !== "note" && !this.note) return nothing;
    return html`<label class="note">${icon("note", "small")}<input type="text" maxlength="500" placeholder=${t("mod-note")} aria-label=${t("mod-note")} .value=${this.note} @input=${(event: InputEvent) => this.send("note", (event.target as HTMLInputElement).value)}
      @keydown=${(event: KeyboardEvent) => ["Enter", "Escape"].includes(event.key) && !event.isComposing && (event.target as HTMLElement).blur()} @blur=${() => this.send("asked")}></label>`;
  }
}

define("headwater-item", ItemElement);

export class AuthorElement extends Element {
  static override styles = styles(css);
  static override properties = { detail: { attribute: false } };
  declare detail: Detail | undefined;

  override render(): TemplateResult | typeof nothing {
    const { detail } = this;
    const history = detail?.author_history;
    if (!detail?.author || !history) return nothing;
    const removed = history.comments.filter(({ status }) => status === "removed" || status === "rejected").length;
    const figure = (value: number, words: string, tone = "") => html`<div><b class="number ${tone}">${grouped(locale, value)}</b><span>${words}</span></div>`;
    return html`<aside aria-label=${t("mod-author")}><header>${avatar(detail.author.id, 44)}<div><h2><bdi>${detail.author.display_name}</bdi></h2><p class="hint">${history.joined_at ? t("mod-joined", { ago: ago(locale, Date.now() - Date.parse(history.joined_at)) }) : ""}</p></div></header>
      <div class="figures">${figure(history.comments.length, t("mod-comments"))}${figure(removed, t("mod-removed"), removed ? "bad" : "")}${figure(history.sanctions.length, t("mod-sanctions"), history.sanctions.length ? "warn" : "")}</div>
      <h3>${t("mod-before")}<span class="hint">${t("mod-last", { count: history.comments.length })}</span></h3>
      <div class="before">${history.comments.filter(({ id }) => id !== detail.subject_id).slice(0, 8).map((comment) => html`<div><p class="line" dir="auto">${comment.body || t("comment-removed-moderator")}</p><p class="hint number">${timeOfDay(locale, Date.parse(comment.sent_at), false)}</p>${this.#stood(comment.status)}</div>`)}</div>
      <h3>${t("mod-sanctions")}</h3>${history.sanctions.length === 0 ? html`<p class="hint">${t("mod-no-sanctions")}</p>` : history.sanctions.slice(0, 5).map(({ kind, ends_at }) => html`<p class="sanction">${icon("clock", "small")} ${coded("sanction", kind, "sanction-other", { kind })}${ends_at ? ` · ${t("mod-until", { time: timeOfDay(locale, Date.parse(ends_at), false) })}` : ""}</p>`)}
      ${detail.reports.length ? html`<h3>${t("mod-reports-title")}</h3>${detail.reports.slice(0, 5).map(({ reason_code, text }) => html`<p class="sanction">${icon("flag", "small")} <span dir="auto">${text || reason_code}</span></p>`)}` : nothing}</aside>`;
  }

  #stood(status: string | undefined): TemplateResult {
    const gone = status === "removed" || status === "rejected";
    const held = status === "held";
    return html`<span class="chip ${gone ? "bad" : held ? "warn" : "good"}">${t(gone ? "mod-was-removed" : held ? "mod-is-held" : "mod-stood")}</span>`;
  }
}

define("headwater-author", AuthorElement);
