// Comments over the picture. Place follows media time alone: pause freezes, a seek rebuilds, replay agrees with live.
import { html, type PropertyValues, type TemplateResult } from "lit";
import { define, Element, styles } from "../core/element.ts";
import { cut } from "../core/format.ts";
import type { Comment, RoomEvent } from "../core/model.ts";
import type { Room } from "../core/room.ts";
import type { Player } from "../player/player.ts";
import { look } from "../player/settings.ts";
import { bitmap, type Bitmap, measure } from "./bitmap.ts";
import { aloft, left, type Placed, Rows, type Sky } from "./rows.ts";

const AT_ONCE = { low: 20, normal: 60, high: 150, all: 300 };
const AREA = { quarter: 0.25, half: 0.5, most: 0.75, full: 1 };
/** Live ones that come later than this after their media time fly from now, in whole. */
const LATE_MS = 1000;
/** Live ones that come later than this speak of a picture that is forgotten, and are left out. */
const MISSED_MS = 10_000;
const GAP = 24;
const GRAPHEMES_MAX = 80;
/** Words of a live room that a page keeps, the newest. */
const WORDS_MAX = 3000;
/** Frames slower than this, for three seconds, halve what flies. */
const SLOW_FRAME_MS = 24;

interface Word {
  id: string;
  /** Own words are known by the page's id first, by the server's later. */
  also: string | undefined;
  at: number;
  text: string;
  colour: string;
  own: boolean;
  rank: number;
}

const css = `:host { display: block; } canvas { inline-size: 100%; block-size: 100%; display: block; }`;

export class Danmaku extends Element {
  static override styles = styles(css);
  static override properties = { player: { attribute: false }, room: { attribute: false } };
  declare player: Player | undefined;
  declare room: Room | undefined;

  #words: Word[] = [];
  #byId = new Map<string, Word>();
  #rows: Rows | undefined;
  #size = 20;
  #opacity = 0.9;
  #font = "sans-serif";
  #frame = 0;
  #last = Number.NaN;
  /** Words up to this media time have had their chance of a row. */
  #reach = Number.NaN;
  #share = 1;
  #slow = 0;
  #stamp = 0;
  #resize = new ResizeObserver(() => this.rebuild());

  override connectedCallback(): void {
    super.connectedCallback();
    this.setAttribute("aria-hidden", "true");
    this.#resize.observe(this);
    this.#frame = requestAnimationFrame(this.#draw);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resize.disconnect();
    cancelAnimationFrame(this.#frame);
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("room") || !this.room) return;
    this.follow(this.room, ["event"], this.#hear as () => void);
    for (const line of this.room.lines) if (line.kind === "comment" && !line.removed) this.add(line.comment, line.own ?? false);
  }

  override render(): TemplateResult {
    return html`<canvas></canvas>`;
  }

  /** How many fly now, for tests. */
  get flying(): number {
    const now = this.#now();
    const rows = this.#rows;
    return rows ? rows.placed.filter((flight) => aloft(rows.sky, flight, now)).length : 0;
  }

  /** What is on the picture now and where, in CSS pixels, for tests. */
  get shown(): { id: string; text: string; x: number; y: number; width: number; height: number }[] {
    const now = this.#now();
    const rows = this.#rows;
    if (!rows) return [];
    const height = this.#size * 1.4;
    return rows.placed.filter((flight) => aloft(rows.sky, flight, now)).map(({ id, row, width, at }) => {
      const flight = { id, at, width, rank: 0, own: false };
      return { id, text: this.#byId.get(id)?.text ?? "", x: left(rows.sky, flight, now), y: 8 + row * height, width, height };
    });
  }

  /** Takes a comment; a fresh one that its author saw long ago is left out, own fresh ones fly from now. */
  add(comment: Comment, own: boolean, fresh = false): void {
    if (comment.kind !== "danmaku" || !comment.body) return;
    const known = this.#words.find(({ id, also }) => id === comment.id || (also !== undefined && also === comment.client_id));
    if (known) {
      // What flies keeps the id that it took off with.
      if (known.id !== comment.id) known.also = comment.id;
      return;
    }
    const now = this.#now();
    const word = toWord(comment, own);
    // Its author may be further behind live than this page: then the frame is gone here, the words are not.
    if (fresh && (own || (now - word.at > LATE_MS && now - word.at < MISSED_MS))) word.at = now;
    else if (fresh && now - word.at >= MISSED_MS) return;
    this.#words.push(word);
    this.#byId.set(word.id, word);
    this.#words.sort((a, b) => a.at - b.at);
    if (this.#words.length > WORDS_MAX) for (const { id } of this.#words.splice(0, this.#words.length - WORDS_MAX)) this.#byId.delete(id);
    // What lies ahead is launched when its time is near.
    if (!(word.at > this.#reach)) this.#launch(word);
  }

  /** Gone from the next frame on. */
  drop(id: string): void {
    const word = this.#words.find((entry) => entry.id === id || entry.also === id);
    if (!word) return;
    this.#words = this.#words.filter((entry) => entry !== word);
    this.#byId.delete(word.id);
    this.#rows?.remove(word.id);
  }

  /** Replaces everything: a recording's comments around the shown moment. */
  replace(comments: Comment[], ownId?: string): void {
    const flying = comments.filter(({ kind, body }) => kind === "danmaku" && body);
    this.#words = flying.map((comment) => toWord(comment, comment.author.id !== undefined && comment.author.id === ownId));
    this.#words.sort((a, b) => a.at - b.at);
    this.#byId = new Map(this.#words.map((word) => [word.id, word]));
    this.rebuild();
  }

  /** Lays everything out anew: after a seek, another size, other settings. */
  rebuild(): void {
    const { clientWidth: width, clientHeight: height } = this;
    if (!width || !height) return;
    const { area, density, speed, size, opacity } = look();
    this.#opacity = opacity;
    this.#font = getComputedStyle(this).fontFamily;
    const phone = width < 560;
    this.#size = Math.round(Math.min(28, Math.max(14, height / 24)) * size);
    const usable = area === "full" ? height : Math.min(height * AREA[area], height * 0.66);
    const rows = phone ? 3 : Math.max(1, Math.floor(usable / (this.#size * 1.4)));
    const sky: Sky = { width, rows, travel: (phone ? 6000 : 8000) / speed, gap: GAP, most: Math.max(4, Math.floor(AT_ONCE[density] * this.#share)) };
    this.#rows = new Rows(sky);
    const now = this.#now();
    this.#reach = now - sky.travel;
    this.#follow(now);
  }

  // Words get a row shortly before they enter, so that a long recording is never laid out whole.
  #follow(now: number): void {
    const rows = this.#rows;
    if (!rows || now + rows.sky.travel / 2 < this.#reach) return;
    const [from, to] = [this.#reach, now + rows.sky.travel];
    this.#reach = to;
    for (const word of this.#words) if (word.at > from && word.at <= to) this.#launch(word);
  }

  #hear = (event: Event): void => {
    const detail = (event as CustomEvent<RoomEvent>).detail;
    if (detail.type === "comment.created" || detail.type === "comment.restored") {
      this.add(detail.comment, detail.comment.author.id !== undefined && detail.comment.author.id === this.room?.session.guest?.user_id, true);
    } else if (detail.type === "comment.deleted") {
      this.drop(detail.comment_id);
    } else if (detail.type === "room.cleared") {
      this.#words = [];
      this.#byId.clear();
      this.rebuild();
    }
  };

  #now(): number {
    const { player } = this;
    if (!player) return 0;
    return player.live ? (player.programmeTime ?? player.room?.clock.now() ?? Date.now()) : player.mediaMs;
  }

  #launch(word: Word): Placed | undefined {
    const rows = this.#rows;
    if (!rows) return undefined;
    const width = Math.min(measure(word.text, this.#size, this.#font) + 6, rows.sky.width * 1.5);
    return rows.place({ id: word.id, at: word.at, width, rank: word.rank, own: word.own });
  }

  #draw = (stamp: number): void => {
    this.#frame = requestAnimationFrame(this.#draw);
    const canvas = this.shadowRoot?.querySelector("canvas");
    const rows = this.#rows;
    if (!canvas || !rows || document.hidden) return;
    const now = this.#now();
    if (Math.abs(now - this.#last) > 1500) this.rebuild();
    else this.#follow(now);
    this.#watch(stamp);
    this.#last = now;
    this.#paint(canvas, this.#rows ?? rows, now);
    rows.forget(now - 1000);
  };

  #paint(canvas: HTMLCanvasElement, rows: Rows, now: number): void {
    const scale = Math.min(2, devicePixelRatio);
    const { clientWidth: width, clientHeight: height } = this;
    if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
    }
    const context = canvas.getContext("2d") as CanvasRenderingContext2D;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    context.globalAlpha = this.#opacity;
    for (const flight of rows.placed) {
      const word = this.#byId.get(flight.id);
      if (!word || !aloft(rows.sky, flight, now)) continue;
      const drawn = this.#bitmap(word, scale);
      context.drawImage(drawn.image, left(rows.sky, flight, now), 8 + flight.row * this.#size * 1.4, drawn.width, drawn.height);
    }
  }

  #bitmap({ text, colour: tone, own }: Word, scale: number): Bitmap {
    return bitmap({ text, size: this.#size, colour: tone, own, scale, font: this.#font });
  }

  // A machine that cannot keep up gets fewer of them.
  #watch(stamp: number): void {
    const took = stamp - this.#stamp;
    this.#stamp = stamp;
    if (took < SLOW_FRAME_MS || took > 500) this.#slow = Math.max(0, this.#slow - 1);
    else this.#slow += 1;
    if (this.#slow > 90 && this.#share > 0.25) {
      this.#share /= 2;
      this.#slow = 0;
      this.rebuild();
    }
  }
}

function toWord(comment: Comment, own: boolean): Word {
  const at = comment.media_ms ?? Date.parse(comment.pdt_at ?? comment.sent_at);
  const text = cut(comment.body.replace(/\s+/g, " "), GRAPHEMES_MAX);
  return { id: comment.id, also: comment.client_id ?? undefined, at, text, colour: colour(comment), own, rank: rank(comment) };
}

function colour({ author, danmaku }: Comment): string {
  if (author.badges?.includes("creator")) return "#cdbcff";
  if (author.badges?.includes("moderator")) return "#8be6ae";
  if (danmaku && danmaku.color !== 0xffffff) return `#${(danmaku.color & 0xffffff).toString(16).padStart(6, "0")}`;
  return "#ffffff";
}

function rank({ author }: Comment): number {
  const badges = author.badges ?? [];
  if (badges.includes("creator")) return 4;
  if (badges.includes("moderator")) return 3;
  return badges.length > 0 ? 2 : 1;
}

define("headwater-danmaku", Danmaku);
