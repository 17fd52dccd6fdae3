// The studio: from the first key to the end of the broadcast, on one page.
import { html, nothing, type TemplateResult } from "lit";
import { ApiError, call, get } from "../core/api.ts";
import { avatar, define, Element, icon, styles } from "../core/element.ts";
import { ago, clock, compact, grouped, seconds, timeOfDay } from "../core/format.ts";
import type { Broadcast, Channel, Page, RoomEvent } from "../core/model.ts";
import { type Me, signIn } from "../core/owner.ts";
import { Room } from "../core/room.ts";
import { OwnerSession } from "../core/session.ts";
import { locale, t } from "../core/text.ts";
import { menuItems } from "../core/top.ts";
import { twoSeries } from "../elements/chart.ts";
import { say } from "../elements/toast.ts";
import { streams } from "../player/slate.ts";
import "./encoder.ts";
import type { Health, HealthElement } from "./health.ts";
import "./health.ts";
import css from "./studio.css";

/** Looks for a broadcast this often while nothing is on the air and someone looks at the page. */
const LOOK_MS = 2000;
/** Points of the chart: one in five seconds, for an hour. */
const POINTS = 720;
const POINT_MS = 5000;
/** Fewer points than these make no curve that says anything. */
const CHART_POINTS_MIN = 4;

export class Studio extends Element {
  static override styles = styles(css);
  static override properties = {
    state: { reflect: true },
    channel: { attribute: false },
    channels: { state: true },
    last: { state: true },
    viewers: { state: true },
    tab: { state: true },
    problem: { state: true },
  };
  declare state: "loading" | "signed-out" | "no-channel" | "waiting" | "live" | "interrupted" | "error";
  declare channel: Channel | undefined;
  declare channels: Channel[];
  declare last: Broadcast | undefined;
  declare viewers: number;
  declare tab: "comments" | "gifts";
  declare problem: string;

  me: Me | undefined;
  room: Room | undefined;
  #timers: ReturnType<typeof setInterval>[] = [];
  #line: number[] = [];
  #area: number[] = [];
  #heard = 0;
  #etag = "";
  #interrupted = 0;
  #health: Health | undefined;

  constructor() {
    super();
    this.state = "loading";
    this.channels = [];
    this.viewers = 0;
    this.tab = "comments";
    this.problem = "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#open();
    this.#timers.push(setInterval(() => !document.hidden && this.state === "waiting" && void this.#look(), LOOK_MS));
    this.#timers.push(setInterval(() => this.requestUpdate(), 1000));
    this.#timers.push(setInterval(() => this.#point(), POINT_MS));
    this.addEventListener("headwater-broadcast", (event) => this.#state((event as CustomEvent).detail));
    this.addEventListener("headwater-health", (event) => (this.#health = (event as CustomEvent<Health>).detail));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.room?.stop();
  }

  async #open(): Promise<void> {
    try {
      this.me = await signIn();
      if (!this.me) {
        this.state = "signed-out";
        return;
      }
      this.channels = (await get<Page<Channel>>("/v1/channels?limit=50")).data;
      const wanted = new URL(location.href).searchParams.get("channel");
      const channel = this.channels.find(({ slug }) => slug === wanted) ?? this.channels[0];
      if (channel) await this.#choose(channel);
      else this.state = "no-channel";
    } catch (error) {
      this.state = "error";
      this.problem = error instanceof ApiError ? t("error-other", { title: error.problem.title }) : t("error-offline");
    }
  }

  async #choose(channel: Channel): Promise<void> {
    this.channel = channel;
    this.room?.stop();
    const room = new Room(channel.room_id, new OwnerSession(channel.room_id));
    this.room = room;
    room.start([]);
    void room.reload(false);
    this.follow(room, ["counters"], () => (this.viewers = room.counters.viewers));
    this.follow(room, ["event"], ((event: CustomEvent<RoomEvent>) => this.#hear(event.detail)) as unknown as () => void);
    await Promise.all([this.#look(), this.#readLast(), this.#readChannel()]);
    if (this.state === "loading" || this.state === "no-channel") this.state = "waiting";
  }

  async #readChannel(): Promise<void> {
    const { value, headers } = await call<Channel>(`/v1/channels/${this.channel?.id}`);
    this.#etag = headers.get("etag") ?? "";
    if (this.channel) this.channel = { ...this.channel, ...value, broadcast: this.channel.broadcast ?? null };
  }

  async #readLast(): Promise<void> {
    const page = await get<Page<Broadcast>>(`/v1/broadcasts?channel_id=${this.channel?.id}&status=ended&limit=1`).catch(() => undefined);
    this.last = page?.data[0];
  }

  async #look(): Promise<void> {
    const { channel } = this;
    if (!channel) return;
    const fresh = await get<Channel>(`/v1/channels/by-slug/${channel.slug}`).catch(() => undefined);
    if (!fresh) return;
    const before = this.channel?.broadcast?.id;
    this.channel = { ...channel, ...this.channel, broadcast: fresh.broadcast ?? null, hls: fresh.hls ?? channel.hls };
    if (!fresh.broadcast) {
      this.state = "waiting";
      return;
    }
    this.state = fresh.broadcast.status === "interrupted" ? "interrupted" : "live";
    if (fresh.broadcast.id !== before || !this.#health) await this.#startLive(fresh.broadcast);
  }

  async #startLive(broadcast: Broadcast): Promise<void> {
    await import("../player/player.ts");
    await Promise.all([import("../elements/comments.ts"), import("../elements/composer.ts"), import("./gifts.ts")]);
    await this.updateComplete;
    this.shadowRoot?.querySelector<HealthElement>("headwater-health")?.watch(broadcast.id);
    this.requestUpdate();
  }

  #hear(event: RoomEvent): void {
    if (event.type === "comment.created") this.#heard += 1;
    if (!event.type.startsWith("broadcast.")) return;
    if (event.type === "broadcast.ended" || event.type === "broadcast.taken_down") void this.#over();
    else void this.#look();
  }

  #state({ state, viewers }: { state?: string; viewers?: number }): void {
    if (viewers !== undefined) this.viewers = Math.max(viewers, this.room?.counters.viewers ?? 0);
    if (state === "ended") void this.#over();
    else if (state === "interrupted" && this.state === "live") {
      this.state = "interrupted";
      this.#interrupted = Date.now();
    } else if (state === "live") this.state = "live";
  }

  async #over(): Promise<void> {
    if (this.channel) this.channel = { ...this.channel, broadcast: null };
    this.#health = undefined;
    this.state = "waiting";
    await this.#readLast();
  }

  #point(): void {
    if (this.state !== "live") return;
    this.#line = [...this.#line, this.viewers].slice(-POINTS);
    this.#area = [...this.#area, this.#heard].slice(-POINTS);
    this.#heard = 0;
  }

  override render(): TemplateResult {
    const live = this.state === "live" || this.state === "interrupted";
    return html`<div class="page ${live ? "live" : "waiting"}">${this.#bar(live)}${this.#nav(live)}${live ? this.#live() : this.#calm()}</div>${live ? this.#dialog() : nothing}`;
  }

  #bar(live: boolean): TemplateResult {
    const { channel } = this;
    const started = channel?.broadcast?.started_at;
    return html`<header class="top"><a class="brand" href="/">${icon("mark", "mark")}<b>Headwater</b><span>${t("studio-title")}</span></a>
      ${live
        ? html`<span class="on"><i class="dot"></i>${t(this.state === "interrupted" ? "studio-interrupted" : "live")} <span class="number">${started ? clock(Date.now() - Date.parse(started)) : ""}</span></span><b class="line title" dir="auto">${channel?.broadcast?.title || channel?.title}</b>`
        : html`${channel ? html`<span class="chip">${avatar(channel.id, 24)} <bdi class="line">${channel.title}</bdi></span>` : nothing}
          ${this.state === "waiting" ? html`<span class="chip warn"><i class="dot"></i> ${t("studio-waiting")}</span>` : nothing}`}
      <span class="grow"></span>
      ${live
        ? html`<span class="fact live-text number" title=${t("about-viewers")}>${icon("person", "small")} ${compact(locale, this.viewers)}</span>${this.#latency()}
          <button class="button danger" @click=${() => this.#ask().showModal()}>${t("studio-end")}</button>`
        : channel ? html`<span class="hint">${icon("eye", "small")} ${t("studio-nobody")}</span>` : nothing}
      <button class="face" popovertarget="studio-menu" aria-label=${t("menu-label")}>${avatar(this.me?.id ?? "guest", 32)}</button>
      <div id="studio-menu" class="menu" popover>${this.me ? html`<p><b dir="auto">${this.me.display_name}</b></p>` : nothing}${menuItems()}</div></header>`;
  }

  #latency(): TemplateResult | typeof nothing {
    const ms = this.shadowRoot?.querySelector<HTMLElement & { latencyMs?: number }>("headwater-player")?.latencyMs;
    return ms === undefined ? nothing : html`<span class="fact number">${icon("clock", "small")} ${seconds(locale, ms / 1000)}</span>`;
  }

  #nav(live: boolean): TemplateResult {
    const slug = this.channel?.slug;
    const links: [string, string, string, boolean][] = [
      ["/studio", "live", t("studio-nav-broadcast"), true],
      ["/?recordings", "film", t("nav-recordings"), false],
      ["/moderation", "shield", t("moderation-title"), false],
      ...(this.me?.role === "owner" || this.me?.role === "admin" ? ([["/operator", "bars", t("operator-title"), false]] as [string, string, string, boolean][]) : []),
      ...(slug ? ([[`/watch/${slug}`, "link", t("studio-nav-page"), false]] as [string, string, string, boolean][]) : []),
    ];
    return html`<nav class=${live ? "rail" : "side"} aria-label=${t("nav-label")}>${links.map(([href, sign, words, current]) => html`<a href=${href} aria-current=${current ? "page" : "false"} aria-label=${live ? words : nothing} title=${live ? words : nothing}>${icon(sign)}${live ? nothing : html` ${words}`}</a>`)}</nav>`;
  }

  #calm(): TemplateResult {
    if (this.state === "loading") return html`<main id="main"><h1 class="unseen-text">${t("studio-title")}</h1></main>`;
    if (this.state === "signed-out") return this.#sorry(t("studio-signed-out-title"), t("studio-signed-out-text"));
    if (this.state === "error") return this.#sorry(t("error-title"), this.problem);
    if (this.state === "no-channel") return this.#first();
    return html`<main id="main" class="calm"><h1 class="unseen-text">${t("studio-title")}</h1>
      <div class="left"><headwater-encoder .channel=${this.channel}></headwater-encoder>${this.#recap()}</div>
      <div class="right"><div class="no-picture"><svg class="streams" viewBox="0 0 800 450" preserveAspectRatio="none" aria-hidden="true">${streams()}</svg><p><b>${t("studio-no-picture")}</b><span>${t("studio-no-picture-text")}</span></p></div>${this.#details()}</div></main>`;
  }

  #sorry(title: string, text: string): TemplateResult {
    return html`<main id="main" class="sorry"><h1>${title}</h1><p>${text}</p>${this.state === "error" ? html`<p><button class="button filled" @click=${() => void this.#open()}>${t("error-again")}</button></p>` : html`<p class="mono code">headwater serve --demo</p>`}</main>`;
  }

  #first(): TemplateResult {
    return html`<main id="main" class="sorry"><h1>${t("studio-first-title")}</h1><p>${t("studio-first-text")}</p>
      <form @submit=${this.#makeChannel}><label>${t("details-title")}<input type="text" name="title" required maxlength="120"></label>
      <label>${t("details-slug")}<input type="text" name="slug" required pattern="[a-z0-9][a-z0-9_\\-]{0,63}"></label><button class="button filled">${t("studio-first-make")}</button></form></main>`;
  }

  #recap(): TemplateResult | typeof nothing {
    const { last } = this;
    if (!last?.ended_at) return nothing;
    const length = last.started_at ? Date.parse(last.ended_at) - Date.parse(last.started_at) : 0;
    return html`<section class="panel recap"><div class="grow"><p class="hint">${t("recap-last", { ago: ago(locale, Date.now() - Date.parse(last.ended_at)) })}</p><p class="line"><b dir="auto">${last.title || this.channel?.title}</b></p></div>
      <div><p class="hint">${t("recap-length")}</p><p class="number big">${clock(length)}</p></div>
      ${last.recording_id ? html`<a class="button outline" href=${`/replay/${last.recording_id}`}>${icon("replay", "small")} ${t("recap-replay")}</a>` : nothing}</section>`;
  }

  #details(): TemplateResult {
    return html`<form class="panel details" @submit=${this.#save}><label>${t("details-title")}<input type="text" name="title" maxlength="120" required .value=${this.channel?.title ?? ""}></label>
      <label>${t("details-category")}<input type="text" name="category" maxlength="40" .value=${this.channel?.category ?? ""}></label>
      <p class="facts">${icon("check", "small")} ${t("details-record")}</p><p class="facts">${icon("check", "small")} ${t("details-wait")}</p>
      <button class="button">${t("details-save")}</button></form>`;
  }

  #live(): TemplateResult {
    const { channel, room } = this;
    const { video, encoder } = this.#health ?? {};
    return html`<main id="main" class="on-air-page"><h1 class="unseen-text">${t("studio-title")}: ${channel?.title}</h1>
      <div class="picture"><headwater-player embedded bare autoplay .room=${room} .url=${channel?.hls ?? `/hls/${channel?.slug}/index.m3u8`}></headwater-player>
        <p class="tags"><span>${t("studio-viewers-see")}</span>${video?.height ? html`<span>${encoder ? `${encoder} · ` : ""}${video.width}×${video.height}</span>` : nothing}</p></div>
      ${this.state === "interrupted" ? html`<p class="interrupted" role="alert">${icon("warn")} ${t("studio-lost", { time: clock(Math.max(0, 120_000 - (Date.now() - (this.#interrupted || Date.now())))) })}</p>` : nothing}
      <headwater-health></headwater-health>
      <section class="panel chart"><h2>${t("chart-title")}<span class="keys"><span><i class="line-key"></i>${t("chart-viewers")}</span><span><i class="area-key"></i>${t("chart-comments")}</span></span></h2>${this.#chart()}</section></main>
      <headwater-studio-gifts role="complementary" aria-label=${t("gifts-broadcast")} .room=${room} .channel=${channel}></headwater-studio-gifts>
      <aside class="talk" aria-label=${t("comments-label")}><div class="head"><h2>${t("comments-label")}</h2><a class="chip good" href="/moderation">${icon("shield", "small")} ${t("moderation-title")}</a></div>
        <headwater-comments mode="dock" .room=${room}></headwater-comments><div class="foot"><headwater-composer kind="chat" .room=${room}></headwater-composer></div></aside>`;
  }

  #chart(): TemplateResult {
    if (this.#line.length < CHART_POINTS_MIN) return html`<p class="hint gathers">${t("chart-gathers")}</p>`;
    const since = new Date(Date.now() - this.#line.length * POINT_MS);
    return html`${twoSeries(this.#line, this.#area, t("chart-label", { count: this.viewers, shown: grouped(locale, this.viewers) }))}
      <p class="hint scale number"><span>${timeOfDay(locale, since.getTime(), false)}</span><span>${t("chart-now")}</span></p>`;
  }

  #ask(): HTMLDialogElement {
    return this.shadowRoot?.querySelector("dialog") as HTMLDialogElement;
  }

  #dialog(): TemplateResult {
    return html`<dialog aria-labelledby="end-title"><h2 id="end-title">${t("end-title")}</h2>
      <p>${t("end-text", { count: this.viewers, shown: grouped(locale, this.viewers) })}</p>
      <form method="dialog"><button class="button outline" value="no">${t("end-no")}</button><button class="button danger filled" value="yes" @click=${() => void this.#end()}>${t("end-yes")}</button></form></dialog>`;
  }

  async #end(): Promise<void> {
    const id = this.channel?.broadcast?.id;
    try {
      await call(`/v1/broadcasts/${id}/transitions`, { body: { to: "ended" } });
      say({ text: t("end-done") });
    } catch (error) {
      say({ text: error instanceof ApiError ? t("error-other", { title: error.problem.title }) : t("error-offline") });
    }
  }

  #save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const body = { title: form.get("title"), category: form.get("category") || null };
    const headers = { "content-type": "application/merge-patch+json", "if-match": this.#etag };
    try {
      await call(`/v1/channels/${this.channel?.id}`, { method: "PATCH", body, headers });
      await this.#readChannel();
      say({ text: t("details-saved") });
    } catch (error) {
      await this.#readChannel().catch(() => undefined);
      say({ text: error instanceof ApiError ? t("error-other", { title: error.problem.title }) : t("error-offline") });
    }
  };

  #makeChannel = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    try {
      const { value } = await call<Channel>("/v1/channels", { body: { slug: form.get("slug"), title: form.get("title") } });
      this.channels = [value];
      await this.#choose(value);
    } catch (error) {
      say({ text: error instanceof ApiError ? t("error-other", { title: error.problem.title }) : t("error-offline") });
    }
  };
}

define("headwater-studio", Studio);
