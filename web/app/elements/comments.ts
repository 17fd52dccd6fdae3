// The list of a room. Nothing moves under the reader: away from the edge new lines wait behind a counted bar.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { define, Element, icon, styles } from "../core/element.ts";
import { call } from "../core/api.ts";
import { cut, grouped } from "../core/format.ts";
import type { Comment } from "../core/model.ts";
import type { Line, Room } from "../core/room.ts";
import { isolated, locale, t } from "../core/text.ts";
import { line } from "./comment-line.ts";
import { say } from "./toast.ts";
import css from "./comments.css";

/** Rows that stand in the document at once. */
const ROWS_MAX = 150;
/** One batch of new rows in so many milliseconds. */
const BATCH_MS = 250;
/** Spoken at most once in so many milliseconds. */
const SPOKEN_MS = 3000;

export class Comments extends Element {
  static override styles = styles(css);
  static override properties = {
    room: { attribute: false },
    mode: { reflect: true },
    state: { reflect: true },
    heading: {},
    unseen: { state: true },
    spoken: { state: true },
    moderator: { type: Boolean },
  };
  declare room: Room | undefined;
  declare mode: "live" | "dock" | "overlay";
  declare state: "loading" | "empty" | "live" | "reconnecting" | "refused";
  declare unseen: number;
  declare spoken: string;
  declare moderator: boolean;

  #shown: Line[] = [];
  #atEdge = true;
  #held = false;
  #batch: ReturnType<typeof setTimeout> | undefined;
  #lastSpoken = 0;
  #ticker: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.mode = "live";
    this.state = "loading";
    this.unseen = 0;
    this.spoken = "";
    this.moderator = false;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("room") || !this.room) return;
    this.follow(this.room, ["lines"], () => this.#soon());
    this.follow(this.room, ["counters", "settings", "connection"], () => {
      this.#judge();
      this.requestUpdate();
    });
    this.follow(this.room, ["event"], ((event: CustomEvent) => this.#listen(event.detail)) as EventListener as () => void);
    this.#take();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("keydown", this.#hold);
    document.addEventListener("keyup", this.#hold);
    this.#ticker = setInterval(() => this.room?.connection.kind === "waiting" && this.requestUpdate(), 1000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("keydown", this.#hold);
    document.removeEventListener("keyup", this.#hold);
    clearInterval(this.#ticker);
    clearTimeout(this.#batch);
  }

  override updated(): void {
    if (this.#atEdge) this.#toEdge();
  }

  override render(): TemplateResult {
    const { room } = this;
    const me = room?.session.guest?.display_name;
    return html`
      ${this.#pinned()}
      <div class="scroller" part="list" tabindex="0" role="log" aria-live="off" aria-label=${t("comments-label")} @scroll=${this.#scrolled} @click=${this.#clicked}>
        ${this.state === "loading" && this.#shown.length === 0 ? html`<div class="blocks" aria-hidden="true">${[72, 54, 88, 40, 66].map((share) => html`<i class="w${share}"></i>`)}</div>` : nothing}
        ${this.state === "empty" ? html`<p class="empty">${t("comments-empty")}</p>` : nothing}
        ${repeat(this.#shown, ({ id }) => id, (entry) => line(entry, { me, act: this.#acts }))}
      </div>
      ${this.unseen > 0 ? html`<button class="more" @click=${this.#toEdgeNow}>${icon("down", "small")} ${t("comments-new", { count: this.unseen, shown: grouped(locale, this.unseen) })}</button>` : nothing}
      ${this.#foot()}
      <div class="unseen-text" role="status" aria-live="polite">${this.spoken}</div>`;
  }

  #pinned(): TemplateResult | typeof nothing {
    const comment = this.room?.pinned;
    if (!comment) return nothing;
    return html`<p class="pinned">${icon("pin", "small")}<b>${t("comments-pinned")}</b> <span class="line" dir="auto" title=${comment.body}>${comment.body}</span></p>`;
  }

  #foot(): TemplateResult | typeof nothing {
    const { room } = this;
    if (!room) return nothing;
    const { connection, counters } = room;
    if (connection.kind === "waiting" && connection.until - Date.now() > 1500) {
      const seconds = Math.max(1, Math.ceil((connection.until - Date.now()) / 1000));
      return html`<p class="foot">${icon("offline", "small")}<span>${t("comments-reconnect", { seconds })}</span><button class="link" @click=${() => room.reconnect()}>${t("now")}</button></p>`;
    }
    if (connection.kind === "refused") return html`<p class="foot">${icon("lock", "small")}<span>${t("comments-refused")}</span></p>`;
    if (counters.sampled_1_in > 1) return html`<p class="foot">${icon("info", "small")}<span>${t("comments-sampled", { in: counters.sampled_1_in })}</span></p>`;
    return nothing;
  }

  #acts = (entry: Line): TemplateResult | typeof nothing => {
    if (entry.kind !== "comment" || entry.own || this.mode !== "live") return nothing;
    return html`<span class="acts"><button class="round" data-act="reply" aria-label=${t("comment-reply", { name: isolated(entry.comment.author.display_name) })}>${icon("enter", "small")}</button>
      <button class="round" data-act="report" aria-label=${t("comment-report")}>${icon("flag", "small")}</button></span>`;
  };

  #clicked = (event: Event): void => {
    const target = event.target as HTMLElement;
    const act = target.closest<HTMLElement>("[data-act]")?.dataset.act;
    const id = target.closest<HTMLElement>("[data-id]")?.dataset.id;
    const entry = this.#shown.find((shown) => shown.id === id);
    if (!act || entry?.kind !== "comment") return;
    if (act === "reply") this.send("reply", { id: entry.id, name: entry.comment.author.display_name });
    else void this.#report(entry.comment);
  };

  async #report(comment: Comment): Promise<void> {
    this.send("report", { id: comment.id });
    try {
      const token = await this.room?.session.token();
      await call("/v1/reports", { body: { subject_kind: "comment", subject_id: comment.id, reason_code: "abuse" }, token });
      say({ text: t("report-thanks") });
    } catch {
      say({ text: t("report-failed") });
    }
  }

  #soon(): void {
    this.#batch ??= setTimeout(() => {
      this.#batch = undefined;
      this.#take();
    }, BATCH_MS);
  }

  // Brings the room's lines into the list, or counts what waits.
  #take(): void {
    const lines = this.room?.lines ?? [];
    if (this.#atEdge && !this.#held) {
      this.#shown = lines.slice(-ROWS_MAX);
      this.unseen = 0;
    } else {
      const last = this.#shown.at(-1)?.id;
      const index = lines.findLastIndex(({ id }) => id === last);
      this.unseen = index < 0 ? 0 : lines.length - 1 - index;
      const known = new Map(lines.map((entry) => [entry.id, entry]));
      this.#shown = this.#shown.map((entry) => known.get(entry.id) ?? entry);
    }
    this.#judge();
    this.requestUpdate();
  }

  #judge(): void {
    const kind = this.room?.connection.kind;
    if (kind === "refused") this.state = "refused";
    else if (kind === "waiting") this.state = "reconnecting";
    else if (this.#shown.length > 0) this.state = "live";
    else this.state = kind === "open" ? "empty" : "loading";
  }

  // Only what concerns the reader is spoken: mentions and the creator.
  #listen(event: { type: string; comment?: Comment }): void {
    const { comment } = event;
    if (event.type !== "comment.created" || !comment || Date.now() - this.#lastSpoken < SPOKEN_MS) return;
    const me = this.room?.session.guest?.display_name;
    const concerns = comment.author.badges?.includes("creator") || (me && comment.body.includes(`@${me}`));
    if (!concerns) return;
    this.#lastSpoken = Date.now();
    this.spoken = `${cut(comment.author.display_name, 24)}: ${comment.body}`;
  }

  #scrolled = (event: Event): void => {
    const box = event.currentTarget as HTMLElement;
    const atEdge = box.scrollHeight - box.scrollTop - box.clientHeight < 48;
    if (atEdge === this.#atEdge) return;
    this.#atEdge = atEdge;
    if (atEdge) this.#take();
  };

  #toEdge(): void {
    const box = this.shadowRoot?.querySelector(".scroller");
    if (box) box.scrollTop = box.scrollHeight;
  }

  #toEdgeNow = (): void => {
    this.#atEdge = true;
    this.#take();
  };

  // While Alt is held the list stands still.
  #hold = (event: KeyboardEvent): void => {
    if (event.key !== "Alt") return;
    this.#held = event.type === "keydown";
    if (!this.#held) this.#take();
  };
}

define("headwater-comments", Comments);
