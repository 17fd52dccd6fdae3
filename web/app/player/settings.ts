// Quality, speed and how danmaku look: a popover above the bar.
import { html, nothing, type TemplateResult } from "lit";
import { percent } from "../core/format.ts";
import { keep, recall } from "../core/store.ts";
import { locale, t } from "../core/text.ts";
import type { Player } from "./player.ts";

/** How danmaku look, as the viewer set it. */
export interface Look {
  density: "low" | "normal" | "high" | "all";
  area: "quarter" | "half" | "most" | "full";
  opacity: number;
  speed: number;
  size: number;
}

const plain: Look = { density: "normal", area: "half", opacity: 0.9, speed: 1, size: 1 };

export const look = (): Look => ({ ...plain, ...recall<Partial<Look>>("danmaku-look", {}) });

function change(player: Player, part: Partial<Look>): void {
  keep("danmaku-look", { ...look(), ...part });
  player.layer?.rebuild();
  player.requestUpdate();
}

function choice<T extends string | number>(legend: string, name: string, options: [T, string][], chosen: T, act: (value: T) => void): TemplateResult {
  return html`<fieldset><legend>${legend}</legend><div class="segments">
    ${options.map(([value, label]) => html`<label><input type="radio" name=${name} .checked=${value === chosen} @change=${() => act(value)}><span>${label}</span></label>`)}
  </div></fieldset>`;
}

function slider(label: string, value: number, [least, most]: [number, number], act: (value: number) => void): TemplateResult {
  return html`<label class="slider"><span>${label}</span><output class="number">${percent(locale, value)}</output>
    <input type="range" min=${least} max=${most} step="0.1" .value=${String(value)} aria-valuetext=${percent(locale, value)}
      @input=${(event: InputEvent) => act(Number((event.target as HTMLInputElement).value))}></label>`;
}

function qualities(player: Player): TemplateResult | typeof nothing {
  const levels = player.source?.levels ?? [];
  if (levels.length < 2) return nothing;
  const options: [number, string][] = levels.map(({ index, height }) => [index, t("player-quality", { height })]);
  const chosen = player.source?.level.auto ? -1 : levels.findIndex(({ height }) => height === player.source?.level.height);
  return choice(t("settings-quality"), "quality", [[-1, t("settings-auto")], ...options], chosen, (index) => player.source?.setLevel(index));
}

export function settings(player: Player): TemplateResult {
  const now = look();
  const rates: [number, string][] = [0.5, 1, 1.25, 1.5, 2, 3].map((rate) => [rate, `${rate}×`]);
  return html`<div id="settings" class="popover" popover>
    ${qualities(player)}
    ${player.live ? nothing : choice(t("settings-speed"), "rate", rates, player.video.playbackRate, (rate) => (player.video.playbackRate = rate))}
    ${choice(t("settings-density"), "density", [["low", t("settings-low")], ["normal", t("settings-normal")], ["high", t("settings-high")], ["all", t("settings-all")]], now.density, (density) => change(player, { density }))}
    ${choice(t("settings-area"), "area", [["quarter", "¼"], ["half", "½"], ["most", "¾"], ["full", t("settings-full")]], now.area, (area) => change(player, { area }))}
    ${slider(t("settings-opacity"), now.opacity, [0.3, 1], (opacity) => change(player, { opacity }))}
    ${slider(t("settings-danmaku-speed"), now.speed, [0.5, 2], (speed) => change(player, { speed }))}
    ${slider(t("settings-size"), now.size, [0.5, 2], (size) => change(player, { size }))}
    <label class="check"><input type="checkbox" .checked=${recall("letter-keys", true)} @change=${(event: Event) => keep("letter-keys", (event.target as HTMLInputElement).checked)}> ${t("settings-letter-keys")}</label>
  </div>`;
}
