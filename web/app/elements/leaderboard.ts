// Who gave most in this broadcast, as a list with bars that moves while gifts come in.
import { html, render } from "lit";
import { get } from "../core/api.ts";
import { vars } from "../core/element.ts";
import { grouped } from "../core/format.ts";
import type { Author, Channel, Page, RoomEvent } from "../core/model.ts";
import { locale, t } from "../core/text.ts";
import { isolatedName } from "./person.ts";

/** Gifts come in bursts: the list is read at most so often. */
const PAUSE_MS = 1000;

export interface Rank {
  user?: Author;
  user_id?: string;
  display_name?: string;
  coins: number;
}

export async function ranks(channel: Pick<Channel, "id" | "broadcast">): Promise<Rank[]> {
  const path = channel.broadcast ? `/v1/broadcasts/${channel.broadcast.id}/leaderboard` : `/v1/channels/${channel.id}/leaderboard`;
  return (await get<Page<Rank>>(path)).data;
}

export function rankList(list: Rank[]): unknown {
  const most = list[0]?.coins ?? 1;
  return list.map((rank, index) => {
    const name = isolatedName(rank.user ?? { id: rank.user_id ?? "", display_name: rank.display_name ?? "" });
    return html`<div class="rank"><span class="number">${index + 1}</span><bdi class="line">${name}</bdi><b class="number">${grouped(locale, rank.coins)}</b><span class="meter" ${vars({ "--share": `${(rank.coins / most) * 100}%` })}></span></div>`;
  });
}

/** Draws the list into `panel`. */
export async function leaderboard(panel: HTMLElement, channel: Channel): Promise<void> {
  const list = await ranks(channel).catch(() => []);
  render(html`<h2>${t("leaderboard-title")}</h2>${list.length ? rankList(list) : html`<p class="hint">${t("leaderboard-empty")}</p>`}`, panel);
}

/** Draws it anew after each gift, while `shown` says that someone looks. */
export function follow(room: EventTarget, draw: () => Promise<void>, shown: () => boolean): void {
  let waiting = false;
  room.addEventListener("event", (event) => {
    const { type } = (event as CustomEvent<RoomEvent>).detail;
    if (!type.startsWith("gift.") || waiting || !shown()) return;
    waiting = true;
    setTimeout(() => {
      waiting = false;
      if (shown()) void draw();
    }, PAUSE_MS);
  });
}
