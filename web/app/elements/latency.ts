// How far behind live the shown frame is: measured, or not said at all.
import { html, nothing, type TemplateResult } from "lit";
import { define, Element, styles } from "../core/element.ts";
import { clock, seconds } from "../core/format.ts";
import { locale, t } from "../core/text.ts";
import type { Player } from "../player/player.ts";

/** Beyond this the viewer looked back on purpose. */
const BEHIND_MS = 20_000;
/** Twice what the low profile promises. */
const LATE_MS = 4_000;

const css = `
:host { display: inline-block; }
button { display: inline-flex; align-items: center; border-radius: 8px; overflow: hidden; font: 600 var(--hw-small) var(--hw-font); background: var(--hw-scrim); color: var(--hw-on-picture); white-space: nowrap; }
b { display: inline-flex; align-items: center; gap: 6px; padding: 5px 10px; background: var(--hw-live-fill); color: #fff; font-weight: 700; }
b::before { content: ""; inline-size: 7px; block-size: 7px; border-radius: 50%; background: #fff; }
.behind { padding: 5px 10px; font-variant-numeric: tabular-nums; }
:host([state="behind"]) b { background: #46525c; }
:host([state="late"]) .behind { color: #ffb25c; }
button:focus-visible { outline-color: #fff; outline-offset: -2px; }
`;

export class Latency extends Element {
  static override styles = styles(css);
  static override properties = { player: { attribute: false }, state: { reflect: true } };
  declare player: Player | undefined;
  declare state: "unknown" | "live" | "late" | "behind";
  #timer: ReturnType<typeof setInterval> | undefined;
  #shown: number | undefined;

  constructor() {
    super();
    this.state = "unknown";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#timer = setInterval(() => this.#measure(), 1000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  /** Milliseconds behind live as shown, for tests and partners; unknown before it is measured. */
  get value(): number | undefined {
    return this.#shown;
  }

  #measure(): void {
    const latency = this.player?.latencyMs;
    const playing = this.player?.state === "playing" || this.player?.state === "paused";
    this.#shown = playing ? latency : undefined;
    if (this.#shown === undefined) this.state = "unknown";
    else if (this.#shown > BEHIND_MS) this.state = "behind";
    else this.state = this.#shown > LATE_MS ? "late" : "live";
    this.requestUpdate();
  }

  override render(): TemplateResult {
    const ms = this.#shown;
    const words = ms === undefined ? undefined : this.state === "behind" ? t("latency-behind", { time: clock(ms) }) : t("latency-live", { seconds: seconds(locale, ms / 1000) });
    return html`<button @click=${this.#go}><b>${t("live")}</b>${words ? html` <span class="behind">${words}</span>` : nothing}<span class="unseen-text"> ${t("latency-go-live")}</span></button>`;
  }

  #go = (): void => {
    this.player?.goLive();
    this.send("go-live");
  };
}

define("headwater-latency", Latency);
