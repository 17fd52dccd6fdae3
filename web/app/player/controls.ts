// The bar under the picture: what can be done, and how far behind live one is.
import { html, nothing, type TemplateResult } from "lit";
import { icon, vars } from "../core/element.ts";
import { clock, percent } from "../core/format.ts";
import { locale, t } from "../core/text.ts";
import "../elements/latency.ts";
import "../elements/seek.ts";
import { settings } from "./settings.ts";
import type { Player } from "./player.ts";

function button(name: string, label: string, act: () => void, options: { pressed?: boolean; extra?: string } = {}): TemplateResult {
  const pressed = options.pressed === undefined ? nothing : String(options.pressed);
  return html`<button class="control ${options.extra ?? ""}" part="button" aria-label=${label} title=${label} aria-pressed=${pressed} @click=${act}>${icon(name)}</button>`;
}

function volume(player: Player): TemplateResult {
  const { muted, volume: loud } = player.video;
  const value = muted ? 0 : loud;
  return html`<span class="volume">
    ${button(value === 0 ? "muted" : "sound", t(value === 0 ? "player-unmute" : "player-mute"), () => player.mute())}
    <input type="range" min="0" max="1" step="0.05" .value=${String(value)} aria-label=${t("player-volume")} aria-valuetext=${percent(locale, value)}
      ${vars({ "--value": `${value * 100}%` })}
      @input=${(event: InputEvent) => player.setVolume(Number((event.target as HTMLInputElement).value))}>
  </span>`;
}

function times(player: Player): TemplateResult | typeof nothing {
  const { video, facts } = player;
  if (player.live) {
    return html`<headwater-latency part="latency" .player=${player}></headwater-latency>
      ${player.elapsedMs > 0 ? html`<span class="time number wide">${clock(player.elapsedMs)}</span>` : nothing}`;
  }
  const whole = Number.isFinite(video.duration) ? video.duration * 1000 : (facts.durationMs ?? 0);
  return html`<span class="time number"><b>${clock(video.currentTime * 1000)}</b> / ${clock(whole)}</span>
    <span class="chapter line wide">${player.chapter}</span>`;
}

function captions(player: Player): TemplateResult | typeof nothing {
  const tracks = [...player.video.textTracks].filter(({ kind }) => kind === "captions" || kind === "subtitles");
  if (tracks.length === 0) return nothing;
  const on = tracks.some(({ mode }) => mode === "showing");
  return button("captions", t("player-captions"), () => player.toggleCaptions(), { pressed: on });
}

function quality(player: Player): string {
  const level = player.source?.level;
  if (!level?.height) return "";
  return level.auto ? t("player-quality-auto", { height: level.height }) : t("player-quality", { height: level.height });
}

export function controls(player: Player): TemplateResult {
  const { video } = player;
  const dead = ["refused", "gone", "unsupported", "waiting", "idle"].includes(player.state);
  if (dead) return html``;
  const full = document.fullscreenElement !== null;
  const rate = video.playbackRate;
  return html`<div class="controls" part="controls">
    ${player.live ? html`<headwater-seek part="seek" kind="live" compact .player=${player} .heat=${player.heat}></headwater-seek>` : nothing}
    <div class="bar">
      ${button(video.paused ? "play" : "pause", t(video.paused ? "player-play" : "player-pause"), () => player.toggle())}
      ${volume(player)} ${times(player)}
      <span class="grow"></span>
      ${player.live || rate === 1 ? nothing : html`<span class="time number">${rate}×</span>`}
      <span class="time wide">${quality(player)}</span>
      ${player.bare ? nothing : button("danmaku", t("player-danmaku"), () => player.toggleDanmaku(), { pressed: player.danmaku })}
      ${captions(player)}
      <button class="control" aria-label=${t("player-settings")} title=${t("player-settings")} popovertarget="settings">${icon("settings")}</button>
      ${document.pictureInPictureEnabled ? button("pip", t("player-pip"), () => void player.togglePip(), { extra: "wide" }) : nothing}
      ${player.embedded ? nothing : button("theatre", t("player-theatre"), () => player.toggleTheatre(), { extra: "wide" })}
      ${document.fullscreenEnabled ? button(full ? "unfull" : "full", t("player-full"), () => void player.toggleFull(), { pressed: full }) : nothing}
    </div>
    ${settings(player)}
  </div>`;
}
