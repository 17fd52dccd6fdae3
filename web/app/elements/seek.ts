// The river: where one is in the broadcast, what was loaded, and how high the comments ran.
import { html, nothing, svg, type TemplateResult } from "lit";
import { define, Element, styles, vars } from "../core/element.ts";
import { clock, spoken } from "../core/format.ts";
import { locale, t } from "../core/text.ts";
import type { Player } from "../player/player.ts";
import { curve, worn } from "./curve.ts";
import css from "./seek.css";

export interface Chapter {
  from_ms: number;
  to_ms: number;
  title: string;
}

export interface Mark {
  at_ms: number;
  kind: "gift" | "poll" | "question";
}

export class Seek extends Element {
  static override styles = styles(css);
  static override properties = {
    player: { attribute: false },
    kind: {},
    compact: { type: Boolean, reflect: true },
    heat: { attribute: false },
    chapters: { attribute: false },
    marks: { attribute: false },
    duration: { type: Number },
    hover: { state: true },
  };
  declare player: Player | undefined;
  declare kind: "live" | "recording";
  declare compact: boolean;
  /** Comments per equal slice of the whole length. */
  declare heat: number[];
  declare chapters: Chapter[];
  declare marks: Mark[];
  /** Length in milliseconds, when the picture does not say it yet. */
  declare duration: number;
  declare hover: number | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.kind = "recording";
    this.compact = false;
    this.heat = [];
    this.chapters = [];
    this.marks = [];
    this.duration = 0;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => this.requestUpdate(), 250);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  // The span that can be reached, in seconds of the picture's own line.
  get #span(): { from: number; to: number; now: number; loaded: number } {
    const video = this.player?.video;
    const ranges = video?.seekable;
    const known = video && Number.isFinite(video.duration) && video.duration > 0 ? video.duration : this.duration / 1000;
    const from = this.kind === "live" && ranges?.length ? ranges.start(0) : 0;
    const to = this.kind === "live" ? (this.player?.source?.edge ?? (ranges?.length ? ranges.end(ranges.length - 1) : 1)) : known || 1;
    const now = video?.currentTime ?? 0;
    const loaded = video?.buffered.length ? video.buffered.end(video.buffered.length - 1) : now;
    return { from, to: Math.max(to, from + 1), now, loaded };
  }

  override render(): TemplateResult {
    const { from, to, now, loaded } = this.#span;
    const share = (time: number) => Math.min(1, Math.max(0, (time - from) / (to - from)));
    const here = this.kind === "live" && to - now < 6 ? 1 : share(now);
    const text = this.kind === "live"
      ? here === 1 ? t("seek-at-live") : t("seek-behind", { time: spoken(locale, (to - now) * 1000) })
      : `${spoken(locale, now * 1000)}${this.#title(now)}`;
    return html`
      ${this.chapters.length && !this.compact ? this.#names(to, now) : nothing}
      <div class="track" role="slider" tabindex="0" aria-label=${t("seek-label")} aria-valuemin="0" aria-valuemax=${Math.round(to - from)} aria-valuenow=${Math.round(here === 1 ? to - from : now - from)} aria-valuetext=${text}
        @keydown=${this.#key} @pointerdown=${this.#press} @pointermove=${this.#move} @pointerleave=${() => (this.hover = undefined)}
        ${vars({ "--here": `${here * 100}%`, "--loaded": `${share(loaded) * 100}%`, "--hover": `${(this.hover ?? 0) * 100}%` })}>
        ${this.compact && this.heat.some((value) => value > 0) ? this.#water("above") : nothing}
        <div class="bars">${this.#bars(to, now)}</div>
        ${this.marks.map(({ at_ms, kind }) => html`<i class="mark ${kind}" ${vars({ "--at": `${share(at_ms / 1000) * 100}%` })}></i>`)}
        <span class="head"></span>
        ${this.hover === undefined ? nothing : html`<span class="tip">${this.#tip(from + this.hover * (to - from), to)}</span>`}
      </div>
      ${this.compact || !this.heat.some((value) => value > 0) ? nothing : html`<div class="below" ${vars({ "--here": `${here * 100}%` })}>${this.#water("below")}<span class="needle"></span></div>
        <p class="legend"><span>${t("seek-heat")}</span>${this.marks.some(({ kind }) => kind === "gift") ? html`<span class="gift"><i></i>${t("seek-gifts")}</span>` : nothing}</p>`}`;
  }

  #title(seconds: number): string {
    const chapter = this.chapters.findLast(({ from_ms }) => from_ms <= seconds * 1000);
    return chapter ? `, ${chapter.title}` : "";
  }

  #tip(seconds: number, to: number): TemplateResult {
    const time = this.kind === "live" ? `−${clock((to - seconds) * 1000)}` : clock(seconds * 1000);
    const chapter = this.chapters.findLast(({ from_ms }) => from_ms <= seconds * 1000);
    return html`${chapter ? html`<b>${chapter.title}</b>` : nothing}<span class="number">${time}</span>`;
  }

  #names(to: number, now: number): TemplateResult {
    return html`<div class="names">${this.chapters.map(({ from_ms, to_ms, title }) => {
      const current = now * 1000 >= from_ms && now * 1000 < to_ms;
      return html`<button class="line" aria-current=${current ? "true" : nothing} ${vars({ "--share": `${((to_ms - from_ms) / (to * 10)).toFixed(3)}` })} @click=${() => this.#go(from_ms / 1000)}>${title}</button>`;
    })}</div>`;
  }

  #bars(to: number, now: number): TemplateResult[] {
    const whole = this.kind === "live" || this.chapters.length === 0;
    const parts = whole ? [{ from_ms: 0, to_ms: to * 1000 }] : this.chapters;
    return parts.map(({ from_ms, to_ms }) => {
      const done = whole ? undefined : Math.min(1, Math.max(0, (now * 1000 - from_ms) / (to_ms - from_ms)));
      const values: Record<string, string> = { "--share": String(to_ms - from_ms) };
      if (done !== undefined) values["--done"] = `${done * 100}%`;
      return html`<span class="bar ${whole ? "whole" : ""}" ${vars(values)}></span>`;
    });
  }

  #water(where: "above" | "below"): TemplateResult {
    const path = curve(worn(this.heat), 1000, 34);
    return html`<svg class="water ${where}" viewBox="0 0 1000 38" preserveAspectRatio="none" aria-hidden="true">
      <g transform="translate(0 3)">${svg`<path class="fill" d=${`${path} L 1000 35 L 0 35 Z`}></path><path class="edge" d=${path}></path>`}</g></svg>`;
  }

  #share(event: PointerEvent): number {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  }

  #press = (event: PointerEvent): void => {
    (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    const { from, to } = this.#span;
    this.#go(from + this.#share(event) * (to - from));
  };

  #move = (event: PointerEvent): void => {
    this.hover = this.#share(event);
    if (event.buttons !== 1) return;
    const { from, to } = this.#span;
    this.#go(from + this.hover * (to - from));
  };

  #key = (event: KeyboardEvent): void => {
    const { from, to, now } = this.#span;
    const steps: Record<string, number> = { ArrowLeft: now - 5, ArrowRight: now + 5, PageDown: now - 60, PageUp: now + 60, Home: from, End: to };
    const wanted = steps[event.key];
    if (wanted === undefined) return;
    event.preventDefault();
    this.#go(wanted);
  };

  #go(seconds: number): void {
    const { to } = this.#span;
    if (this.kind === "live" && to - seconds < 2) this.player?.goLive();
    else this.player?.seek(seconds);
    this.send("seek", { media_ms: seconds * 1000 });
    this.requestUpdate();
  }
}

define("headwater-seek", Seek);
