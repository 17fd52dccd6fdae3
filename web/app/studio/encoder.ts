// Connecting an encoder: server and key to copy, what to set, and what the origin sees of it.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { call, get } from "../core/api.ts";
import { define, Element, icon, styles } from "../core/element.ts";
import { ago, timeOfDay } from "../core/format.ts";
import type { Channel, Page } from "../core/model.ts";
import { coded, locale, t } from "../core/text.ts";
import { say } from "../elements/toast.ts";
import { Obs, ObsError, openSocket } from "./obs.ts";
import css from "./encoder.css";

interface StreamKey {
  id: string;
  label: string;
  stream_key?: string;
  rtmp_url?: string;
  rtmps_url?: string | null;
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
  static override properties = { channel: { attribute: false }, state: { reflect: true }, keys: { state: true }, fresh: { state: true }, open: { state: true }, log: { state: true }, copied: { state: true }, obs: { state: true } };
  declare channel: Channel | undefined;
  declare state: "connect" | "receiving";
  declare keys: StreamKey[];
  /** The key made just now: the only time that the whole of it is known. */
  declare fresh: StreamKey | undefined;
  declare open: boolean;
  declare log: LogLine[];
  declare copied: string;
  /** How far setting up OBS is. */
  declare obs: "" | "asking" | "working" | "done" | "unreachable" | "password" | "refused" | "differs";
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor() {
    super();
    this.state = "connect";
    this.keys = [];
    this.log = [];
    this.open = false;
    this.copied = "";
    this.obs = "";
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

  /** The same inside TLS, when the server has a certificate. */
  get #secure(): string | undefined {
    return this.fresh?.rtmps_url ?? this.keys.find(({ rtmps_url }) => rtmps_url)?.rtmps_url ?? undefined;
  }

  override render(): TemplateResult {
    return html`${this.#steps()}
      <section class="panel"><h2>${t("encoder-title")}</h2><p class="lead">${t("encoder-lead")}</p>
        ${this.#obsCard()}
        <div class="rows">${this.#row("server", t("encoder-server"), this.#server)}${this.#secure ? this.#row("secure", t("encoder-secure"), this.#secure) : nothing}${this.#keyRow()}</div>
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

  #obsCard(): TemplateResult {
    const failed = ["unreachable", "password", "refused", "differs"].includes(this.obs);
    return html`<form class="obs" @submit=${this.#configure}><div class="grow"><p><b>${icon("wand", "small")} ${t("obs-title")}</b></p><p class="hint" role="status">${t(this.obs === "" ? "obs-text" : this.obs === "password" ? "obs-password-wrong" : `obs-${this.obs}`)}</p></div>
      ${this.obs === "asking" || failed ? html`<input type="password" name="password" autocomplete="off" placeholder=${t("obs-password")} aria-label=${t("obs-password")}>` : nothing}
      <button class="button ${this.obs === "done" ? "done" : "filled"}" ?disabled=${this.obs === "working"}>${this.obs === "done" ? icon("check", "small") : nothing} ${t(this.obs === "asking" || failed ? "obs-go" : this.obs === "done" ? "obs-again" : "obs-start")}</button></form>`;
  }

  #configure = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (this.obs === "" || this.obs === "done") {
      this.obs = "asking";
      return;
    }
    const password = String(new FormData(event.currentTarget as HTMLFormElement).get("password") ?? "");
    this.obs = "working";
    if (!this.fresh?.stream_key) await this.#make();
    const key = this.fresh?.stream_key;
    if (!key) {
      this.obs = "";
      return;
    }
    try {
      const obs = await Obs.connect(password, openSocket);
      await obs.configure(this.#server, key);
      obs.close();
      this.obs = "done";
    } catch (error) {
      this.obs = error instanceof ObsError ? error.trouble : "unreachable";
    }
  };

  #settings(): TemplateResult {
    const rows = [["rate", "rate-value"], ["keyframes", "keyframes-value"], ["profile", "profile-value"], ["tune", "tune-value"], ["audio", "audio-value"]] as const;
    return html`<section class="panel"><h3>${t("settings-good")}</h3><dl>${rows.map(([name, value]) => html`<div><dt>${t(`good-${name}`)}</dt><dd>${t(`good-${value}`)}</dd></div>`)}</dl></section>`;
  }

  #seen(): TemplateResult {
    return html`<section class="panel"><h3>${t("origin-sees")}<span class="hint"><i class="dot good"></i> ${t("origin-log")}</span></h3>
      <div role="log" aria-label=${t("origin-sees")}><ol class="log">${this.log.map(({ at, code, args }) => {
        const sign = good.includes(code) ? "check" : bad.includes(code) ? "warn" : "clock";
        return html`<li class=${sign}><span class="number">${timeOfDay(locale, Date.parse(at))}</span>${icon(sign, "small")}<span>${coded("log", code, "log-other", { code, ...(args ?? {}) })}</span></li>`;
      })}
      <li class="clock"><span class="number">${timeOfDay(locale, Date.now())}</span>${icon("clock", "small")}<b>${t(this.log.length ? "log-waiting" : "log-nothing")}</b></li></ol></div></section>`;
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
