// The replay page: picture, river and list stay in step.
import { html, nothing, render } from "lit";
import { boot, facts } from "./core/boot.ts";
import { avatar, icon } from "./core/element.ts";
import { clock, day } from "./core/format.ts";
import type { Comment } from "./core/model.ts";
import { signal, watchTime } from "./core/signals.ts";
import { locale, t } from "./core/text.ts";
import { top } from "./core/top.ts";
import type { Seek } from "./elements/seek.ts";
import type { Player } from "./player/player.ts";
import type { ReplayComments } from "./replay/comments.ts";

interface Shell {
  creator: string;
  started_at?: string | null;
  recording: { id: string; duration_ms?: number | null; created_at?: string; hls?: string; channel_id: string; broadcast_id?: string | null };
  channel?: { id: string; slug: string };
}

await boot();
await import("./player/player.ts");
await import("./replay/comments.ts");

const shell = facts<Shell>("facts") as Shell;
const { recording } = shell;
const find = <T extends Element>(selector: string) => document.querySelector<T>(selector) as T;
const player = find<Player>("headwater-player");
const river = find<Seek>("main > headwater-seek");
const list = find<ReplayComments>("headwater-replay-comments");

function startPlayer(): void {
  player.kind = "recording";
  player.autoplay = true;
  player.facts = { creator: shell.creator, durationMs: recording.duration_ms ?? undefined };
  player.url = recording.hls ?? `/vod/${recording.id}/index.m3u8`;
  river.player = player;
  river.duration = recording.duration_ms ?? 0;
  const from = new URL(location.href).searchParams.get("t");
  if (from && /^\d+$/.test(from)) player.video.addEventListener("loadedmetadata", () => player.seek(Number(from)), { once: true });
  player.addEventListener("headwater-chapter", (event) => chapter((event as CustomEvent<{ by: number }>).detail.by));
  watchTime(player, { recording_id: recording.id });
}

function chapter(by: number): void {
  const { chapters } = river;
  const now = chapters.findLastIndex(({ from_ms }) => from_ms <= player.mediaMs);
  const next = chapters[now + by];
  if (next) player.seek(next.from_ms / 1000);
}

function startList(): void {
  list.player = player;
  list.recording = recording.id;
  let said: Comment[] = [];
  const fly = async (): Promise<void> => {
    await player.updateComplete;
    player.layer?.replace(said);
  };
  list.addEventListener("headwater-comments-known", (event) => {
    said = (event as CustomEvent<{ comments: Comment[] }>).detail.comments;
    void fly();
    river.heat = heatOf(said);
  });
  // A layer that was switched on again is a new one.
  player.addEventListener("headwater-danmaku", () => void fly());
}

/** Comments in each of equal slices of the whole. */
function heatOf(comments: Comment[]): number[] {
  const slices = new Array<number>(120).fill(0);
  const whole = recording.duration_ms || player.video.duration * 1000;
  for (const { media_ms } of comments) {
    if (media_ms === undefined || !whole) continue;
    const slice = Math.min(119, Math.floor((media_ms / whole) * 120));
    slices[slice] = (slices[slice] ?? 0) + 1;
  }
  return slices;
}

function drawHead(): void {
  render(avatar(recording.channel_id, 24), find("#face"));
  const at = shell.started_at ?? recording.created_at;
  const when = at ? t("replay-recorded", { day: day(locale, Date.parse(at)) }) : t("replay-recording");
  render(html`${when}`, find("#recorded"));
  drawShare(0);
  player.addEventListener("headwater-time", () => drawShare(Math.floor(player.mediaMs / 1000)));
}

let shared = -1;
function drawShare(seconds: number): void {
  if (seconds === shared) return;
  shared = seconds;
  render(
    html`<button class="button" @click=${share}>${icon("share", "small")} <span class="number">${t("replay-share", { time: clock(seconds * 1000) })}</span></button>
      ${shell.channel ? html`<a class="button" href=${`/watch/${shell.channel.slug}`}>${icon("live", "small")} ${t("replay-channel")}</a>` : nothing}`,
    find("#actions"),
  );
}

async function share(): Promise<void> {
  const url = new URL(location.href);
  url.searchParams.set("t", String(Math.floor(player.mediaMs / 1000)));
  const { say } = await import("./elements/toast.ts");
  await navigator.clipboard.writeText(url.href).catch(() => undefined);
  say({ text: t("share-copied") });
}

startPlayer();
startList();
top();
drawHead();
void import("./elements/feed.ts");
signal({ type: "open", recording_id: recording.id });
