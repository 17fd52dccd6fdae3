// What stands in place of the picture: one honest sentence, what happens next, what one can do.
import { html, nothing, type TemplateResult } from "lit";
import { icon, vars } from "../core/element.ts";
import { clock } from "../core/format.ts";
import { isolated, locale, t } from "../core/text.ts";
import type { Player, PlayerState } from "./player.ts";

export interface SlateFacts {
  creator?: string;
  title?: string;
  startsAt?: number | undefined;
  startedAt?: number | undefined;
  interruptedAt?: number | undefined;
  chapters?: { from_ms: number; title: string }[];
  over?: boolean;
  replay?: string | undefined;
  address?: string;
  durationMs?: number | undefined;
}

/** A wait without words is allowed for this long. */
const WORDLESS_MS = 5000;

interface Slate {
  mark?: TemplateResult | typeof nothing;
  title: string;
  text?: string;
  actions?: TemplateResult | typeof nothing;
  tone?: "warn";
}

export function slate(player: Player, sinceMs: number): TemplateResult | typeof nothing {
  const { state } = player;
  if (state === "loading" || state === "stalled") return waiting(state, sinceMs);
  if (state === "offline") return offline(player);
  const shown = slates[state]?.(player);
  if (!shown) return nothing;
  return html`<div class="slate ${state}" part="slate" role="status">
    <svg class="streams ${shown.tone ?? ""}" viewBox="0 0 800 450" preserveAspectRatio="none" aria-hidden="true">${streams()}</svg>
    <div class="words">
      ${shown.mark ?? nothing}
      <p class="title">${shown.title}</p>
      ${shown.text ? html`<p class="text">${shown.text}</p>` : nothing}
      ${shown.actions ? html`<div class="actions">${shown.actions}</div>` : nothing}
      <slot name="slate-action"></slot>
    </div>
  </div>`;
}

// Many streams join into one: the mark's motif, drawn thin.
export function streams(): TemplateResult[] {
  return Array.from({ length: 10 }, (_, index) => {
    const y = 20 + index * 45.5;
    const end = 225 + (index - 4.5) * 3;
    return html`<svg><path d=${`M0 ${y} C 330 ${y}, 420 ${end}, 800 ${end}`}></path></svg>`;
  });
}

function waiting(state: PlayerState, sinceMs: number): TemplateResult {
  const words = sinceMs > WORDLESS_MS ? t(state === "loading" ? "player-loading-long" : "player-stalled-long") : "";
  return html`<div class="wait" role="status">${sinceMs > 600 ? html`<span class="turn" aria-hidden="true"></span>` : nothing}
    ${words ? html`<p>${words}</p>` : html`<span class="unseen-text">${t("player-loading")}</span>`}
  </div>`;
}

function offline(player: Player): TemplateResult {
  const { buffered, currentTime } = player.video;
  const end = buffered.length ? buffered.end(buffered.length - 1) : currentTime;
  return html`<div class="strip" role="status">
    ${icon("offline")}
    <div><p class="title">${t("player-offline-title")}</p><p class="text">${t("player-offline-text", { seconds: Math.max(0, Math.floor(end - currentTime)) })}</p></div>
    <button class="button" @click=${() => player.source?.retryNow()}>${icon("sync", "small")} ${t("now")}</button>
  </div>`;
}

function ring(left: number, whole: number): TemplateResult {
  return html`<svg class="ring" viewBox="0 0 72 72" role="img" aria-label=${t("player-reconnect-left", { time: clock(left) })}>
    <circle cx="36" cy="36" r="33"></circle>
    <circle class="left" cx="36" cy="36" r="33" pathLength="100" ${vars({ "--left": ((left / whole) * 100).toFixed(1) })}></circle>
    <text x="36" y="42" text-anchor="middle">${clock(left)}</text>
  </svg>`;
}

const slates: Partial<Record<PlayerState, (player: Player) => Slate>> = {
  waiting: ({ facts }) => {
    const starts = facts.startsAt;
    if (!starts) return { title: t("slate-not-live-title"), text: t("slate-not-live-text") };
    const when = new Intl.DateTimeFormat(locale, { weekday: "long", hour: "2-digit", minute: "2-digit" }).format(starts);
    const left = starts - Date.now();
    return {
      title: left > 0 ? clock(left) : t("slate-soon-title"),
      text: t("slate-starts", { when }),
    };
  },
  interrupted: (player) => ({
    mark: ring(player.reconnectLeft, 120_000),
    title: t("slate-interrupted-title", { creator: isolated(player.facts.creator ?? "") }),
    text: t("slate-interrupted-text"),
  }),
  ended: (player) => {
    if (player.kind === "recording" && !player.facts.over) {
      return { title: t("slate-played-title"), actions: html`<button class="button filled" @click=${() => again(player)}>${icon("replay")} ${t("slate-again")}</button>` };
    }
    const { replay, durationMs } = player.facts;
    return {
      title: durationMs ? t("slate-ended-length", { length: clock(durationMs) }) : t("slate-ended-title"),
      text: t(replay ? "slate-ended-text" : "slate-ended-no-replay"),
      actions: replay ? html`<a class="button filled" href=${replay}>${icon("replay")} ${t("slate-from-start")}</a>` : nothing,
    };
  },
  refused: () => ({ mark: icon("lock", "mark"), title: t("slate-refused-title"), text: t("slate-refused-text") }),
  gone: () => ({ mark: icon("ban", "mark"), title: t("slate-gone-title"), text: t("slate-gone-text"), tone: "warn" }),
  unsupported: ({ facts }) => ({
    mark: icon("warn", "mark"),
    title: t("slate-unsupported-title"),
    text: t("slate-unsupported-text"),
    tone: "warn",
    actions: facts.address
      ? html`<button class="button" @click=${() => void navigator.clipboard.writeText(facts.address ?? "")}>${icon("copy")} ${t("slate-address")}</button>`
      : nothing,
  }),
};

function again(player: Player): void {
  player.seek(0);
  void player.video.play();
}
