// What the origin measures of the encoder: the worst warning with its cure, then eight tiles.
import { html, nothing, type TemplateResult } from "lit";
import { define, Element, icon, styles } from "../core/element.ts";
import { decimal, grouped, timeOfDay } from "../core/format.ts";
import { coded, known, locale, t } from "../core/text.ts";
import { spark, sparkCss } from "../elements/chart.ts";
import css from "./health.css";

export interface Warning {
  code: string;
  since: number | string;
  args: Record<string, number | string>;
}

export interface Health {
  at: number | string;
  bitrate_bps: number;
  fps: number;
  frame_interval_ms: number;
  gop_ms: number;
  av_skew_ms: number;
  audio: { present?: boolean; bitrate_bps?: number };
  video?: { width?: number; height?: number };
  encoder?: string | null;
  reconnects: number;
  warnings: Warning[];
}

interface Tile {
  name: string;
  value: string;
  unit: string;
  word: string;
  values: number[];
  warning?: string;
  least?: number;
}

const SAMPLES = 40;

export class HealthElement extends Element {
  static override styles = styles(css + sparkCss);
  static override properties = { state: { reflect: true }, samples: { state: true }, put: { state: true } };
  declare state: "waiting" | "good" | "warning" | "stale";
  declare samples: Health[];
  /** Warnings that were closed by hand. */
  declare put: Set<string>;
  #source: EventSource | undefined;
  #stale: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.state = "waiting";
    this.samples = [];
    this.put = new Set();
  }

  /** Follows the health of a broadcast. */
  watch(broadcast: string): void {
    this.#source?.close();
    this.#source = new EventSource(`/v1/broadcasts/${broadcast}/health`);
    this.#source.addEventListener("health", (event) => this.take(JSON.parse((event as MessageEvent<string>).data) as Health));
    this.#source.addEventListener("state", (event) => this.send("broadcast", JSON.parse((event as MessageEvent<string>).data)));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#source?.close();
  }

  take(sample: Health): void {
    this.samples = [...this.samples.slice(1 - SAMPLES), sample];
    this.state = sample.warnings.length > 0 ? "warning" : "good";
    clearTimeout(this.#stale);
    this.#stale = setTimeout(() => (this.state = "stale"), 4000);
    this.send("health", sample);
  }

  get last(): Health | undefined {
    return this.samples.at(-1);
  }

  override render(): TemplateResult {
    const { last } = this;
    if (!last) return html`<p class="hint">${t("health-waiting")}</p>`;
    const shown = last.warnings.filter(({ code }) => !this.put.has(code));
    return html`${shown.slice(0, 1).map((warning) => this.#warning(warning, shown.length - 1))}
      ${this.state === "stale" ? html`<p class="hint" role="status">${t("health-stale", { time: timeOfDay(locale, new Date(last.at).getTime()) })}</p>` : nothing}
      <div class="tiles">${this.#tiles(last).map((tile) => this.#tile(tile))}</div>`;
  }

  #warning(warning: Warning, more: number): TemplateResult {
    const { args, code } = warning;
    const values: Record<string, string | number> = {};
    for (const [name, value] of Object.entries(args)) {
      values[name] = value;
      if (name.endsWith("_ms") && typeof value === "number") values[name.replace(/_ms$/, "_s")] = decimal(locale, value / 1000);
      if (name.endsWith("_bps") && typeof value === "number") values[name.replace(/_bps$/, "_mbps")] = decimal(locale, value / 1e6);
    }
    const cure = `cure-${code.replace(/_/g, "-")}`;
    return html`<div class="warning" role="alert">${icon("warn")}
      <div><p class="what">${coded("warning", code, "warning-other", { code, ...values })}</p>
      <p class="cure">${known(cure) ? coded("cure", code, "cure-other", values) : t("cure-other")}${more > 0 ? html` · ${t("warning-more", { count: more })}` : nothing}</p></div>
      <button class="round" aria-label=${t("close")} @click=${() => (this.put = new Set([...this.put, code]))}>${icon("close", "small")}</button></div>`;
  }

  #tile({ name, value, unit, word, values, warning, least }: Tile): TemplateResult {
    return html`<div class="tile ${warning ? "alert" : ""}">
      <p class="name">${name}<span class="sign ${warning ? "warn" : "good"}">${warning ? icon("warn", "small") : html`<i class="dot"></i>`}</span></p>
      <p class="figure"><span><b class="number">${value}</b> <small>${unit}</small></span>${spark(least === undefined ? { values, label: `${name}: ${value} ${unit}` } : { values, label: `${name}: ${value} ${unit}`, least })}</p>
      <p class="word">${word}</p></div>`;
  }

  #tiles(last: Health): Tile[] {
    const has = (code: string) => (last.warnings.some((warning) => warning.code === code) ? code : "");
    const series = (read: (sample: Health) => number) => this.samples.map(read);
    const one = (value: number) => decimal(locale, value, 1, true);
    const sound = (last.audio.bitrate_bps ?? 0) / 1000;
    return [
      { name: t("tile-bitrate"), value: one(last.bitrate_bps / 1e6), unit: t("unit-mbps"), word: t(has("bitrate_low") ? "tile-bitrate-low" : "tile-steady"), values: series((sample) => sample.bitrate_bps), warning: has("bitrate_low") || has("no_media"), least: 0 },
      { name: t("tile-interval"), value: one(last.frame_interval_ms), unit: t("unit-ms"), word: t("tile-fps", { fps: decimal(locale, last.fps, 1) }), values: series((sample) => sample.frame_interval_ms), warning: has("frame_rate_low") || has("no_video") },
      { name: t("tile-drift"), value: `${last.av_skew_ms > 0 ? "+" : ""}${grouped(locale, last.av_skew_ms)}`, unit: t("unit-ms"), word: t(has("av_skew") ? "tile-drift-bad" : "tile-drift-good"), values: series((sample) => sample.av_skew_ms), warning: has("av_skew") },
      { name: t("tile-keyframes"), value: one(last.gop_ms / 1000), unit: t("unit-s"), word: t(has("keyframe_interval_long") ? "tile-keyframes-bad" : "tile-keyframes-good"), values: series((sample) => sample.gop_ms), warning: has("keyframe_interval_long"), least: 0 },
      { name: t("tile-sound"), value: last.audio.present === false ? "–" : grouped(locale, Math.round(sound)), unit: t("unit-kbps"), word: t(last.audio.present === false ? "tile-sound-none" : "tile-sound-good"), values: series((sample) => sample.audio.bitrate_bps ?? 0), warning: has("no_audio"), least: 0 },
      { name: t("tile-rate"), value: decimal(locale, last.fps, 1), unit: t("unit-fps"), word: t(has("frame_rate_low") ? "tile-rate-low" : "tile-steady"), values: series((sample) => sample.fps), warning: has("frame_rate_low"), least: 0 },
      { name: t("tile-picture"), value: last.video?.height ? `${last.video.height}p` : "–", unit: "", word: last.encoder || t("tile-picture-good"), values: series((sample) => sample.video?.height ?? 0), warning: has("no_video"), least: 0 },
      { name: t("tile-reconnects"), value: grouped(locale, last.reconnects), unit: "", word: t(last.reconnects ? "tile-reconnects-some" : "tile-reconnects-none"), values: series((sample) => sample.reconnects), least: 0 },
    ];
  }
}

define("headwater-health", HealthElement);
