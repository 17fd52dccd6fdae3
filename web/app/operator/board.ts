// The operator's board: alarms in words, the part timeline, and what the node's figures are.
import { html, nothing, type TemplateResult } from "lit";
import { ApiError, backoff, get } from "../core/api.ts";
import { avatar, define, Element, icon, styles } from "../core/element.ts";
import { compact, grouped, percent, timeOfDay } from "../core/format.ts";
import type { Channel, Page } from "../core/model.ts";
import { type Me, signIn } from "../core/owner.ts";
import { recall } from "../core/store.ts";
import { coded, isolated, known, locale, t } from "../core/text.ts";
import { menuItems } from "../core/top.ts";
import { sparkCss } from "../elements/chart.ts";
import { elsewhere } from "../player/keys.ts";
import css from "./board.css";
import { bytes, rate, span } from "./figures.ts";
import type { Alarm, Second } from "./model.ts";
import { panel } from "./panel.ts";
import { legend, row } from "./timeline.ts";

/** A board that has said nothing for so long is old. */
const STALE_MS = 4000;
/** Names of channels are asked for at most this often. */
const NAMES_MS = 10_000;
/** Rows before "Show all". */
const ROWS = 10;

export class Board extends Element {
  static override styles = styles(css + sparkCss);
  static override properties = {
    state: { reflect: true },
    paused: { type: Boolean, reflect: true },
    second: { state: true },
    all: { state: true },
    spoken: { state: true },
    names: { state: true },
    problem: { state: true },
  };
  declare state: "loading" | "signed-out" | "refused" | "ready" | "stale" | "error";
  declare paused: boolean;
  declare second: Second | undefined;
  declare all: boolean;
  /** What the alarm region says: only when an alarm begins or ends, never each second. */
  declare spoken: string;
  declare names: Map<string, string>;
  declare problem: string;
  #me: Me | undefined;
  #source: EventSource | undefined;
  #waiting: Second | undefined;
  #stale: ReturnType<typeof setTimeout> | undefined;
  #again: ReturnType<typeof setTimeout> | undefined;
  #tries = 0;
  #asked = 0;
  #codes = "";

  constructor() {
    super();
    this.state = "loading";
    this.paused = false;
    this.all = false;
    this.spoken = "";
    this.names = new Map();
    this.problem = "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("keydown", this.#key);
    document.addEventListener("visibilitychange", this.#seen);
    void this.#open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("keydown", this.#key);
    document.removeEventListener("visibilitychange", this.#seen);
    this.#close();
  }

  #close(): void {
    this.#source?.close();
    clearTimeout(this.#stale);
    clearTimeout(this.#again);
  }

  /** Nothing runs while nobody looks. */
  #seen = (): void => {
    if (document.hidden) this.#close();
    else if (this.#me) this.#watch();
  };

  async #open(): Promise<void> {
    try {
      this.#me = await signIn();
      if (!this.#me) this.state = "signed-out";
      else if (this.#me.role !== "owner" && this.#me.role !== "admin") this.state = "refused";
      else this.#watch();
    } catch (error) {
      this.state = "error";
      this.problem = error instanceof ApiError ? t("error-other", { title: error.problem.title }) : t("error-offline");
    }
  }

  #watch(): void {
    this.#close();
    this.#source = new EventSource("/v1/operator/events");
    this.#source.addEventListener("operator.second", (event) => this.take(JSON.parse((event as MessageEvent<string>).data) as Second));
    this.#source.addEventListener("error", () => {
      if (this.#source?.readyState !== EventSource.CLOSED) return;
      clearTimeout(this.#again);
      this.#again = setTimeout(() => void this.#open(), backoff((this.#tries += 1)));
    });
  }

  /** Shows a second, or keeps it for later while the board is paused. */
  take(second: Second): void {
    this.#tries = 0;
    clearTimeout(this.#stale);
    this.#stale = setTimeout(() => this.state === "ready" && (this.state = "stale"), STALE_MS);
    this.state = "ready";
    this.#waiting = second;
    if (this.paused) return;
    this.second = second;
    this.#say(second.alarms);
    void this.#learn(second);
  }

  #say(alarms: Alarm[]): void {
    const codes = alarms.map(({ code, broadcast_id }) => `${code} ${broadcast_id}`).join();
    if (codes === this.#codes) return;
    this.#codes = codes;
    this.spoken = alarms.length === 0 ? t("alarms-none") : alarms.map((alarm) => this.#headline(alarm)).join(" ");
  }

  async #learn({ broadcasts, happened }: Second): Promise<void> {
    const channels = [...broadcasts, ...happened].map(({ channel_id }) => channel_id);
    if (channels.every((id) => !id || this.names.has(id)) || performance.now() - this.#asked < NAMES_MS && this.#asked > 0) return;
    this.#asked = performance.now();
    const page = await get<Page<Channel>>("/v1/channels?limit=200").catch(() => undefined);
    if (page) this.names = new Map(page.data.map(({ id, title, slug }) => [id, title || slug]));
  }

  #name = (channel?: string): string => {
    const slug = this.second?.broadcasts.find(({ channel_id }) => channel_id === channel)?.channel_slug;
    return channel ? (this.names.get(channel) ?? slug ?? channel.slice(0, 12)) : "";
  };

  #pause(): void {
    this.paused = !this.paused;
    if (!this.paused && this.#waiting) this.take(this.#waiting);
  }

  #key = (event: KeyboardEvent): void => {
    if (event.key !== "p" || elsewhere(event) || !this.second || !recall("letter-keys", true)) return;
    event.preventDefault();
    this.#pause();
  };

  override render(): TemplateResult {
    const { second } = this;
    return html`<div class="page">${this.#bar()}${second ? html`${this.#main(second)}${panel(second, this.#name)}` : this.#calm()}</div>
      <p class="unseen-text" role="alert">${this.spoken}</p>`;
  }

  #calm(): TemplateResult {
    const sorry = (title: string, text: string, again = false) => html`<main id="main" class="sorry"><h1>${title}</h1><p>${text}</p>${again ? html`<p><button class="button filled" @click=${() => void this.#open()}>${t("error-again")}</button></p>` : nothing}</main>`;
    if (this.state === "signed-out") return sorry(t("operator-signed-out-title"), t("operator-signed-out-text"));
    if (this.state === "refused") return sorry(t("operator-refused-title"), t("operator-refused-text", { name: isolated(this.#me?.display_name ?? "") }));
    if (this.state === "error") return sorry(t("error-title"), this.problem, true);
    return html`<main id="main" class="sorry"><h1>${t("operator-title")}</h1><p>${t("operator-loading")}</p></main>`;
  }

  #bar(): TemplateResult {
    const { second } = this;
    const figure = (name: string, value: string, kind = "") => html`<span class="number-of ${kind}"><small>${name}</small><b class="number">${value}</b></span>`;
    const { broadcasts = 0, parts_per_s = 0, sent_bps = 0, viewers = 0, cache } = second?.gauges ?? {};
    const reads = (cache?.hits ?? 0) + (cache?.loads ?? 0);
    return html`<header class="top"><a class="brand" href="/">${icon("mark", "mark")}<b>Headwater</b><span>${t("operator-title")}</span></a>
      ${second
        ? html`<span class="chip node" dir="auto">${second.node}</span><span class="hint up">${t("node-facts", { version: second.version, up: span(locale, Date.parse(second.at) - Date.parse(second.started_at)) })}</span><span class="grow"></span>
          ${figure(t("bar-broadcasts"), grouped(locale, broadcasts))}${figure(t("bar-parts"), grouped(locale, parts_per_s))}${figure(t("bar-viewers"), compact(locale, viewers), "more")}${figure(t("bar-sent"), rate(locale, sent_bps))}${figure(t("bar-hit"), reads ? percent(locale, (cache?.hits ?? 0) / reads) : "–", "more")}
          <button class="button outline pause" aria-pressed=${this.paused} @click=${() => this.#pause()}>${icon(this.paused ? "play" : "pause", "small")} ${t(this.paused ? "go-on" : "pause")} <kbd>P</kbd></button>`
        : html`<span class="grow"></span>`}
      <button class="face" popovertarget="operator-menu" aria-label=${t("menu-label")}>${avatar(this.#me?.id ?? "guest", 32)}</button>
      <div id="operator-menu" class="menu" popover><a class="button" href="/studio">${icon("live", "small")} ${t("studio-title")}</a><a class="button" href="/moderation">${icon("shield", "small")} ${t("moderation-title")}</a>${menuItems()}</div></header>`;
  }

  #main(second: Second): TemplateResult {
    const { broadcasts, broadcasts_more: more } = second;
    const shown = this.all ? broadcasts : broadcasts.slice(0, ROWS);
    const rest = broadcasts.length - shown.length + more;
    const age = this.state === "stale" || this.paused;
    return html`<main id="main"><h1 class="unseen-text">${t("operator-title")}</h1>
      ${age ? html`<p class="old">${icon(this.paused ? "pause" : "offline", "small")} ${t(this.paused ? "paused-at" : "stale-at", { time: timeOfDay(locale, Date.parse(second.at)) })}</p>` : nothing}
      <section class="alarms" aria-label=${t("alarms-label")}>${second.alarms.length === 0 ? html`<p class="alarm calm">${icon("check")}<span>${t("alarms-none")}</span></p>` : second.alarms.map((alarm) => this.#alarm(alarm))}</section>
      <section class="card"><div class="head"><h2>${t("timeline-title")}</h2><p class="hint">${t("timeline-facts")}</p>${legend()}</div>
        ${broadcasts.length === 0
          ? html`<p class="nothing"><b>${t("timeline-empty")}</b><span>${t("timeline-empty-text")}</span><a class="button outline" href="/studio">${icon("live", "small")} ${t("studio-title")}</a></p>`
          : html`<p class="columns" aria-hidden="true"><span>${t("column-who")}</span><span class="lane">${t("column-renditions")}</span><span>${t("column-late")}</span><span>${t("column-waiters")}</span><span>${t("column-requests")}</span></p>
            <ul class="rows">${shown.map((air) => row(air, this.#name(air.channel_id)))}</ul>
            ${rest > 0 ? html`<p class="rest"><span>${t("timeline-more", { count: rest })}</span>${this.all ? nothing : html`<button class="link" @click=${() => (this.all = true)}>${t("timeline-all")}</button>`}</p>` : nothing}`}</section></main>`;
  }

  #values({ args, channel_id, since }: Alarm): Record<string, string | number> {
    const values: Record<string, string | number> = { name: isolated(this.#name(channel_id)) };
    for (const [key, value] of Object.entries(args)) {
      const name = key.replace(/_(bytes|ms)$|^bytes$/, "");
      if (key.startsWith("bytes") || key.endsWith("_bytes")) values[key] = bytes(locale, value ?? 0);
      else if (key.endsWith("_ms")) values[name] = value === null ? "–" : span(locale, value);
      else values[key] = value ?? 0;
    }
    values.waited = span(locale, Math.max(0, Date.parse(this.second?.at ?? since) - Date.parse(since)));
    return values;
  }

  #headline(alarm: Alarm): string {
    return coded("alarm", alarm.code, "alarm-other", { ...this.#values(alarm), code: alarm.code });
  }

  #alarm(alarm: Alarm): TemplateResult {
    const id = alarm.code.replace(/_/g, "-");
    const values = this.#values(alarm);
    const text = alarm.args.full_in_ms ? `alarm-${id}-until` : `alarm-${id}-text`;
    const sentence = known(text) ? t(text, values) : known(`alarm-${id}-text`) ? t(`alarm-${id}-text`, values) : "";
    return html`<details class="alarm ${alarm.severity}" data-code=${alarm.code}><summary>${icon(alarm.severity === "bad" ? "warn" : "clock")}<span class="words"><b>${this.#headline(alarm)}</b> ${sentence}</span>
      <span class="since">${t("alarm-since", { time: timeOfDay(locale, Date.parse(alarm.since), false) })}</span><span class="button dense">${t("alarm-do")}</span></summary>
      <p class="cure">${known(`alarm-${id}-do`) ? t(`alarm-${id}-do`, values) : t("alarm-other-do")}</p></details>`;
  }
}

define("headwater-operator", Board);
