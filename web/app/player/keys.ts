// Keys of the player. Single letters act outside text fields only, and can be turned off.
import { recall } from "../core/store.ts";
import type { Player } from "./player.ts";

/** Whether a key press is meant for a text field or with a modifier for the browser. */
export function elsewhere(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return true;
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName);
}

/** A press that the focused control itself answers. */
function answered(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  if (!(target instanceof HTMLElement)) return false;
  if (event.key === " ") return /^(button|a|summary)$/i.test(target.tagName);
  return target.getAttribute("role") === "slider" && /^(Arrow|Home|End|Page)/.test(event.key);
}

const frame = 1 / 30;

const always: Record<string, (player: Player) => void> = {
  " ": (player) => player.toggle(),
  k: (player) => player.toggle(),
  j: (player) => player.seek(player.video.currentTime - 10),
  l: (player) => player.seek(player.video.currentTime + 10),
  ArrowLeft: (player) => player.seek(player.video.currentTime - 5),
  ArrowRight: (player) => player.seek(player.video.currentTime + 5),
  ",": (player) => player.seek(player.video.currentTime - frame),
  ".": (player) => player.seek(player.video.currentTime + frame),
  ArrowUp: (player) => player.setVolume(player.video.volume + 0.1),
  ArrowDown: (player) => player.setVolume(player.video.volume - 0.1),
  m: (player) => player.mute(),
  f: (player) => void player.toggleFull(),
  t: (player) => player.toggleTheatre(),
  i: (player) => void player.togglePip(),
  c: (player) => player.toggleCaptions(),
  d: (player) => player.toggleDanmaku(),
  End: (player) => player.goLive(),
};

const recorded: Record<string, (player: Player) => void> = {
  "<": (player) => (player.video.playbackRate = Math.max(0.5, player.video.playbackRate - 0.25)),
  ">": (player) => (player.video.playbackRate = Math.min(3, player.video.playbackRate + 0.25)),
  n: (player) => player.send("chapter", { by: 1 }),
  p: (player) => player.send("chapter", { by: -1 }),
};

export function keys(player: Player, event: KeyboardEvent): void {
  if (elsewhere(event) || answered(event)) return;
  if (player.embedded && !player.matches(":focus-within")) return;
  const letter = event.key.length === 1 && event.key !== " ";
  if (letter && !recall("letter-keys", true)) return;
  const act = always[event.key] ?? (player.live ? undefined : recorded[event.key]);
  const tenth = !player.live && /^[0-9]$/.test(event.key) ? Number(event.key) : undefined;
  if (tenth !== undefined) player.seek((player.video.duration * tenth) / 10);
  else if (act) act(player);
  else return;
  event.preventDefault();
}
