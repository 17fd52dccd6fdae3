// Connecting an encoder: server and key to copy, what to set, and what the origin sees of it.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { call, get } from "../core/api.ts";
import { define, Element, icon, styles } from "../core/element.ts";
import { ago, timeOfDay } from "../core/format.ts";
import type { Channel, Page } from "../core/model.ts";
import { coded, locale, t } from "../core/text.ts";
import { say } from "../elements/toast.ts";
import css from "./encoder.css";

interface StreamKey {
  id: string;
  label: string;
  stream_key?: string;
  rtmp_url?: string;
  created_at: string;
  last_used_at?: string | null;
  revoked_at?: string | null;
}

interface LogLine {
  id?: string;
  at: string;
  code: string;
  args?: Record<string, string | number> | null;
}

const LOG_MS = 3000;
const good = ["accepted", "resumed", "publisher_connected", "started"];
const bad = ["unknown_key", "key_revoked", "already_live", "codec_unsupported", "channel_suspended", "taken_down", "database_unavailable"];

export class Encoder extends Element {
  static override styles = styles(css);
  static override properties = { channel: { attribute: false }, state: { reflect: true }, keys: { state: true }, fresh: { state: true }, open: { state: true }, log: { state: true }, copied: { state: true } };
  declare channel: Channel | undefined;
  declare state: "connect" | "receiving";
  declare keys: StreamKey[];
  /** The key made just now: the only time that the whole of it is known. */
  declare fresh: StreamKey | undefined;
  declare open: boolean;
  declare log: LogLine[];
  declare copied: string;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.state = "connect";
    this.keys = [];
    this.log = [];
    this.open = false;
    this.copied = "";
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("channel") || !this.channel || changed.get("channel")?.id === this.channel.id) return;
    void this.#readKeys();
    void this.#readLog();
    clearInterval(this.#timer);
    this.#timer = setInterval(() => !document.hidden && void this.#readLog(), LOG_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  async #readKeys(): Promise<void> {
    const page = await get<Page<StreamKey>>(`/v1/channels/${this.channel?.id}/stream-keys`).catch(() => undefined);
    this.keys = page?.data.filter(({ revoked_at }) => !revoked_at) ?? [];
  }

  async #readLog(): Promise<void> {
    const page = await get<Page<LogLine>>(`/v1/channels/${this.channel?.id}/ingest-log?limit=6`).catch(() => undefined);
    if (page) this.log = [...page.data].reverse();
  }

  get #server(): string {
    return this.fresh?.rtmp_url ?? this.keys.find(({ rtmp_url }) => rtmp_url)?.rtmp_url ?? `rtmp://${location.hostname}:1935/live`;
  }

  override render(): TemplateResult {
    return html`${this.#steps()}
      <section class="panel"><h2>${t("encoder-title")}</h2><p class="lead">${t("encoder-lead")}</p>
        <div class="rows">${this.#row("server", t("encoder-server"), this.#server)}${this.#keyRow()}</div>
        <details><summary>${icon("list", "small")} ${t("encoder-steps")}</summary><ol><li>${t("encoder-step-1")}</li><li>${t("encoder-step-2")}</li><li>${t("encoder-step-3")}</li><li>${t("encoder-step-4")}</li></ol>
          <p class="mono code">headwater publish --test --to ${this.#server}/hw_live_…</p></details></section>
      <div class="two">${this.#settings()}${this.#seen()}</div>`;
  }

  #steps(): TemplateResult {
    const now = this.state === "receiving" ? 2 : 1;
    const names = [t("step-connect"), t("step-receiving"), t("step-live")];
    return html`<ol class="steps">${names.map((name, index) => html`<li aria-current=${index + 1 === now ? "step" : nothing}><span>${index + 1}</span>${name}</li>`)}</ol>`;
  }

  #row(id: string, name: string, value: string): TemplateResult {
    return html`<div class="row"><span class="name">${name}</span><span class="mono value">${value}</span>${this.#copy(id, value)}</div>`;
  }

  #copy(id: string, value: string): TemplateResult {
    const done = this.copied === id;
    return html`<button class="button dense ${done ? "done" : ""}" @click=${() => void this.#take(id, value)}>${icon(done ? "check" : "copy", "small")} ${t(done ? "copied" : "copy")}</button>`;
  }

  #keyRow(): TemplateResult {
    const whole = this.fresh?.stream_key;
    if (!whole) {
      const [newest] = this.keys;
      const used = newest?.last_used_at ? t("key-used", { ago: ago(locale, Date.now() - Date.parse(newest.last_used_at)) }) : newest ? t("key-unused") : t("key-none");
      return html`<div class="row"><span class="name">${t("encoder-key")}</span><span class="value"><span class="mono dots">hw_live_••••••••••••</span><small>${used}</small></span>
        <button class="button dense filled" @click=${() => void this.#make()}>${t("key-new")}</button></div>`;
    }
    const shown = this.open ? whole : `hw_live_${"•".repeat(16)}${whole.slice(-4)}`;
    return html`<div class="row"><span class="name">${t("encoder-key")}</span><span class="value"><span class="mono dots">${shown}</span><small>${t("key-once")}</small></span>
      <button class="round" aria-pressed=${String(this.open)} aria-label=${t("key-show")} @click=${() => (this.open = !this.open)}>${icon(this.open ? "eye" : "unseen", "small")}</button>${this.#copy("key", whole)}</div>`;
  }

  #settings(): TemplateResult {
    const rows = [["rate", "rate-value"], ["keyframes", "keyframes-value"], ["profile", "profile-value"], ["tune", "tune-value"], ["audio", "audio-value"]] as const;
    return html`<section class="panel"><h3>${t("settings-good")}</h3><dl>${rows.map(([name, value]) => html`<div><dt>${t(`good-${name}`)}</dt><dd>${t(`good-${value}`)}</dd></div>`)}</dl></section>`;
  }

  #seen(): TemplateResult {
    return html`<section class="panel"><h3>${t("origin-sees")}<span class="hint"><i class="dot good"></i> ${t("origin-log")}</span></h3>
      <ol class="log" role="log" aria-label=${t("origin-sees")}>${this.log.map(({ at, code, args }) => {
        const sign = good.includes(code) ? "check" : bad.includes(code) ? "warn" : "clock";
        return html`<li class=${sign}><span class="number">${timeOfDay(locale, Date.parse(at))}</span>${icon(sign, "small")}<span>${coded("log", code, "log-other", { code, ...(args ?? {}) })}</span></li>`;
      })}
      <li class="clock"><span class="number">${timeOfDay(locale, Date.now())}</span>${icon("clock", "small")}<b>${t(this.log.length ? "log-waiting" : "log-nothing")}</b></li></ol></section>`;
  }

  async #make(): Promise<void> {
    try {
      const { value } = await call<StreamKey>(`/v1/channels/${this.channel?.id}/stream-keys`, { body: { label: t("key-label") } });
      this.fresh = value;
      void this.#readKeys();
    } catch {
      say({ text: t("key-failed") });
    }
  }

  async #take(id: string, value: string): Promise<void> {
    await navigator.clipboard.writeText(value).catch(() => undefined);
    this.copied = id;
    setTimeout(() => (this.copied = ""), 2500);
  }
}

define("headwater-encoder", Encoder);
