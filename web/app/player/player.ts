// The player: one picture, its state in words, its controls. Upgrades the plain <video> of the shell.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { define, Element, icon, styles } from "../core/element.ts";
import type { Room } from "../core/room.ts";
import { keep, recall } from "../core/store.ts";
import { t } from "../core/text.ts";
import "../danmaku/danmaku.ts";
import type { Danmaku } from "../danmaku/danmaku.ts";
import { controls } from "./controls.ts";
import { keys } from "./keys.ts";
import { slate, type SlateFacts } from "./slate.ts";
import { Source, type Trouble } from "./source.ts";
import css from "./player.css";

export type PlayerState =
  | "idle" | "loading" | "playing" | "paused" | "stalled" | "waiting" | "interrupted"
  | "ended" | "refused" | "gone" | "offline" | "unsupported";

/** Controls leave after this long without a hand on them. */
const FADE_MS = 3000;
/** How long the server waits for a publisher that dropped. */
const RECONNECT_MS = 120_000;

export class Player extends Element {
  static override styles = styles(css);
  static override properties = {
    url: {},
    kind: {},
    state: { reflect: true },
    room: { attribute: false },
    facts: { attribute: false },
    autoplay: { type: Boolean },
    idle: { type: Boolean, reflect: true },
    heat: { attribute: false },
    danmaku: { type: Boolean, reflect: true },
    embedded: { type: Boolean },
    bare: { type: Boolean },
    decor: { type: Boolean },
  };

  declare url: string;
  declare kind: "live" | "recording";
  declare state: PlayerState;
  declare room: Room | undefined;
  declare facts: SlateFacts;
  declare autoplay: boolean;
  declare idle: boolean;
  declare danmaku: boolean;
  /** Comments per equal slice of what can be reached, for the water above the bar. */
  declare heat: number[];
  declare embedded: boolean;
  /** Shows the picture alone: no danmaku, no invitation to sound. */
  declare bare: boolean;
  /** Has no controls either: the page around it says everything. */
  declare decor: boolean;

  source: Source | undefined;
  video!: HTMLVideoElement;
  /** Whether the page asked for sound and the browser wants a tap first. */
  wantsTap = false;
  #fade: ReturnType<typeof setTimeout> | undefined;
  #ticker: ReturnType<typeof setInterval> | undefined;
  #since = performance.now();

  constructor() {
    super();
    this.kind = "live";
    this.state = "idle";
    this.facts = {};
    this.autoplay = false;
    this.idle = false;
    this.heat = [];
    this.embedded = false;
    this.bare = false;
    this.decor = false;
    this.danmaku = recall("danmaku", !matchMedia("(prefers-reduced-motion: reduce)").matches);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.video ??= this.querySelector("video") ?? this.appendChild(document.createElement("video"));
    this.#adopt();
    document.addEventListener("keydown", this.#key);
    this.#ticker = setInterval(() => this.#tick(), 250);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("keydown", this.#key);
    clearInterval(this.#ticker);
    this.source?.stop();
    this.source = undefined;
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has("url") && this.url) this.play();
    if (changed.has("state")) {
      if (this.state === "playing") this.#wake();
      this.#since = performance.now();
      this.send("state", { state: this.state });
    }
  }

  /** Loads the address anew and starts. */
  play(): void {
    this.source?.stop();
    this.state = "loading";
    this.source = new Source(this.video, this.url, {
      ready: (live) => {
        if (["waiting", "offline", "idle"].includes(this.state)) this.state = "loading";
        if (!live) this.kind = "recording";
        if (this.autoplay) void this.start();
        this.requestUpdate();
      },
      trouble: (kind) => this.#trouble(kind),
    });
    void this.source.start();
  }

  /** Starts with sound when the viewer had it on and the browser lets us, else muted. */
  async start(): Promise<void> {
    const sound = recall("sound", false);
    this.video.muted = !sound;
    this.video.volume = recall("volume", 1);
    try {
      await this.video.play();
      this.wantsTap = this.video.muted && this.autoplay;
    } catch {
      this.video.muted = true;
      this.wantsTap = true;
      await this.video.play().catch(() => (this.state = "paused"));
    }
    this.requestUpdate();
  }

  toggle(): void {
    if (this.video.paused) void this.video.play().catch(() => undefined);
    else this.video.pause();
  }

  mute(muted = !this.video.muted): void {
    this.video.muted = muted;
    if (!muted && this.video.volume === 0) this.video.volume = 0.5;
    this.wantsTap = false;
    keep("sound", !muted);
    this.requestUpdate();
  }

  setVolume(volume: number): void {
    this.video.volume = Math.min(1, Math.max(0, volume));
    this.video.muted = this.video.volume === 0;
    this.wantsTap = false;
    keep("volume", this.video.volume);
    keep("sound", !this.video.muted);
    this.requestUpdate();
  }

  seek(seconds: number): void {
    const { seekable } = this.video;
    const last = seekable.length ? seekable.end(seekable.length - 1) : this.video.duration || 0;
    const first = seekable.length ? seekable.start(0) : 0;
    this.video.currentTime = Math.min(Math.max(seconds, first), last);
    this.#tick();
  }

  goLive(): void {
    this.source?.goLive();
    void this.video.play().catch(() => undefined);
  }

  toggleDanmaku(): void {
    this.danmaku = !this.danmaku;
    keep("danmaku", this.danmaku);
    this.send("danmaku", { on: this.danmaku });
  }

  toggleCaptions(): void {
    const tracks = [...this.video.textTracks];
    const on = tracks.some((track) => track.mode === "showing");
    for (const [index, track] of tracks.entries()) track.mode = !on && index === 0 ? "showing" : "disabled";
    this.requestUpdate();
  }

  async toggleFull(): Promise<void> {
    if (document.fullscreenElement) await document.exitFullscreen();
    else await this.requestFullscreen().catch(() => undefined);
    this.requestUpdate();
  }

  async togglePip(): Promise<void> {
    if (document.pictureInPictureElement) await document.exitPictureInPicture();
    else await this.video.requestPictureInPicture().catch(() => undefined);
  }

  toggleTheatre(): void {
    this.send("theatre");
  }

  /** Programme time of the shown frame; media time on a recording without one. */
  get programmeTime(): number | undefined {
    return this.source?.programmeTime;
  }

  /** Time on the picture's own line, in milliseconds. */
  get mediaMs(): number {
    return this.video.currentTime * 1000;
  }

  /** Milliseconds between the event and its picture here; unknown before both clocks are. */
  get latencyMs(): number | undefined {
    const shown = this.programmeTime;
    const now = this.room?.clock.now();
    return shown === undefined || now === undefined || this.kind === "recording" ? undefined : Math.max(0, now - shown);
  }

  get live(): boolean {
    return this.kind === "live";
  }

  /** How long the broadcast runs, at the shown frame. */
  get elapsedMs(): number {
    const shown = this.programmeTime ?? this.room?.clock.now();
    return shown === undefined || !this.facts.startedAt ? 0 : shown - this.facts.startedAt;
  }

  /** Name of the chapter at the shown frame, for recordings that have some. */
  get chapter(): string {
    const now = this.mediaMs;
    return this.facts.chapters?.findLast(({ from_ms }) => from_ms <= now)?.title ?? "";
  }

  /** Milliseconds that the publisher still has to come back. */
  get reconnectLeft(): number {
    return Math.max(0, (this.facts.interruptedAt ?? 0) + RECONNECT_MS - (this.room?.clock.now() ?? Date.now()));
  }

  /** The server said what became of the broadcast. */
  broadcastIs(status: "started" | "interrupted" | "resumed" | "ended" | "taken_down", at: number): void {
    if (status === "interrupted") {
      this.facts = { ...this.facts, interruptedAt: at };
      this.state = "interrupted";
    } else if (status === "resumed" || status === "started") {
      this.facts = { ...this.facts, interruptedAt: undefined };
      if (status === "started" && this.state !== "playing") this.play();
      else this.state = this.video.paused ? "paused" : "playing";
    } else if (status === "taken_down") {
      this.source?.stop();
      this.state = "gone";
    } else {
      this.facts = { ...this.facts, over: true };
      // The last frames still play; without any the end is now.
      if (this.video.paused || this.state !== "playing") this.state = "ended";
    }
  }

  override render(): TemplateResult {
    return html`<div class="stage" part="picture" @pointermove=${this.#wake} @pointerdown=${this.#wake} @focusin=${this.#wake} @dblclick=${this.#double}>
      <slot name="media" @click=${this.#press}></slot>
      ${this.danmaku && !this.bare ? html`<headwater-danmaku part="danmaku" .player=${this} .room=${this.room}></headwater-danmaku>` : nothing}
      <slot name="combos"></slot>
      ${this.wantsTap && !this.bare && this.state !== "ended"
        ? html`<button class="tap" @click=${() => this.mute(false)}>${icon("muted", "small")} ${t("player-tap-for-sound")}</button>`
        : nothing}
      ${this.decor ? nothing : slate(this, performance.now() - this.#since)}
      ${this.decor ? nothing : controls(this)}
    </div>`;
  }

  #adopt(): void {
    const { video } = this;
    video.slot = "media";
    video.controls = false;
    video.playsInline = true;
    video.removeAttribute("src");
    video.querySelectorAll("source").forEach((source) => source.remove());
    const moved: Record<string, PlayerState | ""> = { playing: "playing", pause: "paused", waiting: "stalled", ended: "ended", volumechange: "", ratechange: "", resize: "" };
    for (const [event, state] of Object.entries(moved)) {
      video.addEventListener(event, () => this.#moved(state));
    }
  }

  #moved(state: PlayerState | ""): void {
    const kept = ["interrupted", "gone", "refused"].includes(this.state) && state !== "playing";
    if (state === "ended") {
      this.state = "ended";
      this.send("ended");
    } else if (state === "paused" && this.video.ended) {
      return;
    } else if (state === "stalled" && (this.video.paused || this.state === "loading")) {
      return;
    } else if (state && !kept) {
      this.state = state;
    }
    this.requestUpdate();
  }

  #trouble(kind: Trouble): void {
    if (kind === "gone" || kind === "refused" || kind === "unsupported") this.state = kind;
    else if (kind === "offline") this.state = "offline";
    else if (kind === "waiting" && this.state !== "interrupted" && this.state !== "ended") {
      this.state = this.facts.over ? "ended" : "waiting";
    }
    this.send("problem", { kind });
  }

  #tick(): void {
    this.requestUpdate();
    const detail = { media_ms: this.mediaMs, pdt_ms: this.programmeTime, latency_ms: this.latencyMs };
    this.send("time", detail);
  }

  #key = (event: KeyboardEvent): void => {
    // Whoever uses keys sees the controls again.
    if (event.key === "Tab" || this.matches(":hover")) this.#wake();
    keys(this, event);
  };

  #press = (event: MouseEvent): void => {
    // A touch shows the controls first; a mouse plays and pauses.
    if (matchMedia("(pointer: coarse)").matches) return;
    if (event.detail === 1) this.toggle();
  };

  #double = (event: MouseEvent): void => {
    if (event.composedPath()[0] === this.video) void this.toggleFull();
  };

  #wake = (): void => {
    this.idle = false;
    clearTimeout(this.#fade);
    this.#fade = setTimeout(() => {
      const held = this.video.paused || this.shadowRoot?.querySelector(":focus-visible, :popover-open") != null;
      this.idle = !held;
    }, FADE_MS);
  };

  /** The danmaku layer, while it is on. */
  get layer(): Danmaku | undefined {
    return this.shadowRoot?.querySelector<Danmaku>("headwater-danmaku") ?? undefined;
  }
}

define("headwater-player", Player);
