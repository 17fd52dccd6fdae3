// What plays: hls.js where Media Source is, else the browser's own HLS. Says what happens; draws nothing.
import type Hls from "hls.js";

export type Trouble = "gone" | "refused" | "waiting" | "stalled" | "offline" | "unsupported";

export interface SourceEvents {
  /** The manifest is there; `live` tells which kind. */
  ready(live: boolean): void;
  trouble(kind: Trouble, status?: number): void;
}

export interface Level {
  index: number;
  height: number;
}

/** Retries of a playlist that is not there yet, in milliseconds. */
const RETRY_MS = 2000;

export class Source {
  #hls: Hls | undefined;
  #loaded = false;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;
  #live = false;

  constructor(readonly video: HTMLVideoElement, readonly url: string, readonly events: SourceEvents) {}

  async start(): Promise<void> {
    const { default: Hls } = await import("hls.js");
    if (this.#stopped) return;
    if (Hls.isSupported()) this.#startHls(Hls);
    else if (this.video.canPlayType("application/vnd.apple.mpegurl")) this.#startNative();
    else this.events.trouble("unsupported");
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.#hls?.destroy();
    this.#hls = undefined;
  }

  /** Tries again at once, after a wait that the viewer cut short. */
  retryNow(): void {
    clearTimeout(this.#retry);
    this.#hls?.loadSource(this.url);
  }

  get live(): boolean {
    return this.#live;
  }

  /** Programme time of the frame that is shown, in milliseconds; unknown when the stream has none. */
  get programmeTime(): number | undefined {
    if (this.#hls) return this.#hls.playingDate?.getTime();
    const native = this.video as HTMLVideoElement & { getStartDate?: () => Date };
    const start = native.getStartDate?.().getTime();
    return start !== undefined && Number.isFinite(start) ? start + this.video.currentTime * 1000 : undefined;
  }

  /** Where the live edge is on the picture's own time line. */
  get edge(): number {
    const { seekable } = this.video;
    const sync = this.#hls?.liveSyncPosition;
    if (sync) return sync;
    return seekable.length ? seekable.end(seekable.length - 1) : this.video.duration || 0;
  }

  get startTime(): number {
    return this.video.seekable.length ? this.video.seekable.start(0) : 0;
  }

  get levels(): Level[] {
    return (this.#hls?.levels ?? []).map(({ height }, index) => ({ index, height }));
  }

  /** The quality in use and whether we choose it. */
  get level(): { height: number; auto: boolean } {
    const hls = this.#hls;
    const height = hls?.levels[hls.currentLevel]?.height || this.video.videoHeight;
    return { height, auto: hls?.autoLevelEnabled ?? true };
  }

  setLevel(index: number): void {
    if (this.#hls) this.#hls.nextLevel = index;
  }

  goLive(): void {
    this.video.currentTime = this.edge;
  }

  #startNative(): void {
    this.video.src = this.url;
    this.video.addEventListener("loadedmetadata", () => {
      this.#live = !Number.isFinite(this.video.duration);
      this.events.ready(this.#live);
    });
    this.video.addEventListener("error", () => this.#again("waiting"));
  }

  #startHls(Library: typeof Hls): void {
    const hls = new Library({
      lowLatencyMode: true,
      maxLiveSyncPlaybackRate: 1.5,
      enableWorker: false,
      backBufferLength: 60,
      manifestLoadPolicy: {
        default: { maxTimeToFirstByteMs: 10_000, maxLoadTimeMs: 20_000, timeoutRetry: { maxNumRetry: 1, retryDelayMs: 0, maxRetryDelayMs: 0 }, errorRetry: { maxNumRetry: 0, retryDelayMs: 0, maxRetryDelayMs: 0 } },
      },
    });
    this.#hls = hls;
    const { Events } = Library;
    hls.on(Events.LEVEL_LOADED, (_event, { details }) => {
      const told = this.#loaded && details.live === this.#live;
      this.#live = details.live;
      this.#loaded = true;
      if (!told) this.events.ready(details.live);
    });
    hls.on(Events.ERROR, (_event, data) => {
      const status = data.response?.code;
      if (!data.fatal) {
        if (data.details === "bufferStalledError") this.events.trouble("stalled");
        return;
      }
      if (status === 410 || status === 451) this.events.trouble("gone", status);
      else if (status === 401 || status === 403) this.events.trouble("refused", status);
      else if (data.type === "mediaError") hls.recoverMediaError();
      else this.#again(status === 404 ? "waiting" : navigator.onLine ? "waiting" : "offline", status);
    });
    hls.loadSource(this.url);
    hls.attachMedia(this.video);
  }

  #again(kind: Trouble, status?: number): void {
    this.events.trouble(kind, status);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => {
      if (this.#hls) this.#hls.loadSource(this.url);
      else this.video.load();
    }, RETRY_MS);
  }
}
