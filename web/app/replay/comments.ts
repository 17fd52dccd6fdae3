// Comments of a recording, at the time they were said: later ones stand below "you are here".
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { get } from "../core/api.ts";
import { define, Element, icon, styles } from "../core/element.ts";
import { clock } from "../core/format.ts";
import type { Comment, Page } from "../core/model.ts";
import type { Line } from "../core/room.ts";
import { t } from "../core/text.ts";
import { line } from "../elements/comment-line.ts";
import rows from "../elements/comments.css";
import type { Player } from "../player/player.ts";
import css from "./comments.css";

const PAGE = 200;
/** Comments that are read at most; a recording with more is read as it plays. */
const COMMENTS_MAX = 20_000;
const BEFORE = 80;
const AFTER = 12;

interface Recorded {
  at_ms: number;
  comment: Comment;
}

export class ReplayComments extends Element {
  static override styles = styles(rows + css);
  static override properties = {
    recording: {},
    player: { attribute: false },
    state: { reflect: true },
    linked: { type: Boolean, reflect: true },
    query: { state: true },
    now: { state: true },
  };
  declare recording: string;
  declare player: Player | undefined;
  declare state: "loading" | "empty" | "ready" | "error";
  /** Whether the list follows the picture. */
  declare linked: boolean;
  declare query: string;
  declare now: number;
  #comments: Comment[] = [];
  #scrolling = 0;

  constructor() {
    super();
    this.state = "loading";
    this.linked = true;
    this.query = "";
    this.now = 0;
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has("recording") && this.recording) void this.#load();
    if (changed.has("player") && this.player) {
      this.follow(this.player, ["headwater-time"], () => {
        const now = this.player?.mediaMs ?? 0;
        const passed = (ms: number) => this.#comments.filter(({ media_ms }) => (media_ms ?? 0) <= ms).length;
        // Drawn anew when the shown second or the place in the list is another one.
        if (Math.floor(now / 1000) !== Math.floor(this.now / 1000) || passed(now) !== passed(this.now)) this.now = now;
      });
    }
  }

  override updated(): void {
    if (!this.linked) return;
    const here = this.shadowRoot?.querySelector(".here");
    const box = this.shadowRoot?.querySelector(".scroller");
    if (!here || !box) return;
    this.#scrolling = performance.now();
    box.scrollTop = (here as HTMLElement).offsetTop - box.clientHeight + 96;
  }

  async #load(): Promise<void> {
    let cursor: string | undefined;
    try {
      do {
        const query: string = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
        const page: Page<Comment | Recorded> = await get(`/v1/recordings/${this.recording}/comments?limit=${PAGE}${query}`);
        this.#comments.push(...page.data.map((row) => ("at_ms" in row ? { ...row.comment, media_ms: row.at_ms } : row)));
        cursor = page.next_cursor ?? undefined;
      } while (cursor && this.#comments.length < COMMENTS_MAX);
      this.#comments.sort((a, b) => (a.media_ms ?? 0) - (b.media_ms ?? 0));
      this.state = this.#comments.length ? "ready" : "empty";
      this.send("comments-known", { comments: this.#comments });
    } catch {
      this.state = this.#comments.length ? "ready" : "error";
    }
    this.requestUpdate();
  }

  override render(): TemplateResult {
    const found = this.query ? this.#found() : [];
    return html`<div class="find"><label class="search">${icon("search", "small")}
        <input type="search" placeholder=${t("replay-search")} aria-label=${t("replay-search")} .value=${this.query} @input=${(event: InputEvent) => (this.query = (event.target as HTMLInputElement).value)}>
        ${this.query ? html`<span class="hint number" role="status">${t("replay-found", { count: found.length })}</span>` : nothing}</label></div>
      ${this.query ? html`<div class="results">${found.slice(0, 50).map((comment) => this.#result(comment))}</div>` : nothing}
      <div class="head"><h2>${t("comments-label")} <span class="count number">${this.#comments.length || ""}</span></h2>
        ${this.linked ? html`<span class="chip" aria-current="true">${icon("link", "small")} ${t("replay-in-step")}</span>` : html`<button class="chip" @click=${() => (this.linked = true)}>${icon("replay", "small")} ${t("replay-back", { time: clock(this.now) })}</button>`}</div>
      ${this.#list()}`;
  }

  #list(): TemplateResult {
    if (this.state === "empty" || this.state === "error") return html`<p class="empty">${t(this.state === "empty" ? "replay-no-comments" : "next-error")}</p>`;
    const index = this.#comments.findIndex(({ media_ms }) => (media_ms ?? 0) > this.now);
    const here = index < 0 ? this.#comments.length : index;
    const before = this.#comments.slice(Math.max(0, here - BEFORE), here);
    const after = this.#comments.slice(here, here + AFTER);
    return html`<div class="scroller" role="log" aria-live="off" tabindex="0" aria-label=${t("comments-label")} @scroll=${this.#scrolled} @click=${this.#clicked}>
      ${repeat(before, ({ id }) => id, (comment) => this.#row(comment, false))}
      <p class="here"><span class="number">${t("replay-here", { time: clock(this.now) })}</span></p>
      ${repeat(after, ({ id }) => id, (comment) => this.#row(comment, true))}</div>`;
  }

  #row(comment: Comment, later: boolean): TemplateResult {
    const entry: Line = { kind: "comment", id: comment.id, comment };
    if (comment.status === "removed") entry.removed = "moderation";
    return line(entry, { times: true, later });
  }

  #found(): Comment[] {
    const words = this.query.trim().toLowerCase();
    return words ? this.#comments.filter(({ body }) => body.toLowerCase().includes(words)) : [];
  }

  #result(comment: Comment): TemplateResult {
    const words = this.query.trim();
    const at = comment.body.toLowerCase().indexOf(words.toLowerCase());
    const [before, hit, after] = [comment.body.slice(0, at), comment.body.slice(at, at + words.length), comment.body.slice(at + words.length)];
    return html`<button class="result" @click=${() => this.#go(comment.media_ms ?? 0)}><span class="at number">${clock(comment.media_ms ?? 0)}</span>
      <span><span dir="auto">${before}<mark>${hit}</mark>${after}</span><small>${comment.author.display_name}</small></span></button>`;
  }

  #go(ms: number): void {
    this.player?.seek(ms / 1000);
    this.linked = true;
    this.send("seek", { media_ms: ms });
  }

  // Scrolling by hand takes the list out of step; scrolling of ours does not.
  #scrolled = (): void => {
    if (performance.now() - this.#scrolling < 200) return;
    this.linked = false;
  };

  #clicked = (event: Event): void => {
    const { seek } = (event.target as HTMLElement).closest<HTMLElement>("[data-seek]")?.dataset ?? {};
    if (seek) this.#go(Number(seek));
  };
}

define("headwater-replay-comments", ReplayComments);
