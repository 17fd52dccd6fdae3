// The watch page: puts the room, the player and what the shell rendered together.
import { html, nothing, render } from "lit";
import { call, get } from "./core/api.ts";
import { boot, facts } from "./core/boot.ts";
import { avatar, icon } from "./core/element.ts";
import { compact, grouped } from "./core/format.ts";
import type { BroadcastState, Card, Channel, Comment, Feed, RoomEvent } from "./core/model.ts";
import { Room } from "./core/room.ts";
import { Session } from "./core/session.ts";
import { signalsAs, watchTime } from "./core/signals.ts";
import { locale, t } from "./core/text.ts";
import { onKey, top } from "./core/top.ts";
import type { Combos } from "./elements/combos.ts";
import type { Comments } from "./elements/comments.ts";
import type { Composer } from "./elements/composer.ts";
import type { Gifts } from "./elements/gifts.ts";
import type { Player } from "./player/player.ts";

interface Shell {
  channel: Channel;
  creator: string;
  comments: Comment[];
  position?: string | null;
  replay?: string | null;
}

type Tab = "comments" | "gifts" | "about" | "next";

await boot();
await import("./player/player.ts");

const shell = facts<Shell>("facts") as Shell;
const { channel } = shell;
const session = new Session(channel.room_id);
const room = new Room(channel.room_id, session);
const find = <T extends Element>(selector: string) => document.querySelector<T>(selector) as T;
const player = find<Player>("headwater-player");
const comments = find<Comments>("headwater-comments");
const composers = [...document.querySelectorAll<Composer>("headwater-composer")];
const chat = find<Composer>("headwater-composer.beside");
const row = find<Gifts>("headwater-gifts");
let tab: Tab = "comments";

const address = () => channel.hls ?? `/hls/${channel.slug}/index.m3u8`;

function startPlayer(): void {
  const { broadcast } = channel;
  player.autoplay = true;
  player.room = room;
  player.facts = {
    creator: shell.creator,
    title: channel.title,
    startsAt: channel.next_broadcast?.scheduled_at ? Date.parse(channel.next_broadcast.scheduled_at) : undefined,
    startedAt: broadcast?.started_at ? Date.parse(broadcast.started_at) : undefined,
    replay: shell.replay ?? undefined,
    address: new URL(address(), location.href).href,
  };
  // What is not on the air is not asked for: the room says when it begins.
  if (broadcast) player.url = address();
  else player.state = "waiting";
  watchTime(player, { broadcast_id: broadcast?.id });
}

async function startRoom(): Promise<void> {
  await Promise.all([import("./elements/comments.ts"), import("./elements/composer.ts"), import("./elements/gifts.ts"), import("./elements/combos.ts")]);
  room.start(shell.comments, shell.position ?? undefined);
  comments.room = room;
  row.room = room;
  row.player = player;
  find<Combos>("headwater-combos").room = room;
  for (const composer of composers) Object.assign(composer, { room, player });
  room.addEventListener("event", (event) => hear((event as CustomEvent<RoomEvent>).detail));
  room.addEventListener("counters", showViewers);
  comments.addEventListener("headwater-reply", (event) => chat.reply((event as CustomEvent<{ name: string }>).detail.name));
}

function hear(event: RoomEvent): void {
  if (!event.type.startsWith("broadcast.")) return;
  const change = event as BroadcastState & { type: string; at?: string };
  const status = change.type.slice("broadcast.".length);
  if (change.recording_id) player.facts = { ...player.facts, replay: `/replay/${change.recording_id}` };
  if (status === "ended" || status === "taken_down") channel.broadcast = null;
  if (status === "started") channel.broadcast = { id: change.broadcast_id, status: "live", channel_id: channel.id, recording_id: change.recording_id ?? null };
  drawFace();
  if (status === "started") {
    player.facts = { ...player.facts, startedAt: Date.parse(change.at ?? ""), over: false };
    player.url = address();
  }
  if (["started", "interrupted", "resumed", "ended", "taken_down"].includes(status)) {
    player.broadcastIs(status as "started", Date.parse(change.at ?? new Date().toISOString()));
  }
}

function showViewers(): void {
  const { viewers } = room.counters;
  const words = t("watching", { count: viewers, shown: compact(locale, viewers) });
  render(html`${icon("person", "small")}<span class="number">${words}</span>`, find("#watching"));
  drawFacts();
  drawTabs();
}

function drawFace(): void {
  const face = avatar(channel.id, 38);
  render(channel.broadcast ? html`<span class="on-air">${face}</span>` : face, find("#face"));
}

// Below the creator's name: on phones the viewers stand there too.
function drawFacts(): void {
  const { viewers } = room.counters;
  const small = matchMedia("(max-width: 599px)").matches;
  const count = channel.follower_count ?? 0;
  const parts = [
    small && room.countersKnown ? t("watching", { count: viewers, shown: compact(locale, viewers) }) : "",
    count > 0 ? t("followers", { count, shown: compact(locale, count) }) : "",
    channel.category ?? "",
  ];
  render(html`${parts.filter(Boolean).join(" · ")}`, find("#followers"));
}

function drawHead(): void {
  drawFace();
  find("#followers").replaceChildren();
  drawFacts();
  const follow = html`<button class="button filled" @click=${followed}>${t("follow")}</button>`;
  render(html`<button class="button optional" @click=${share}>${icon("share", "small")} ${t("share")}</button>${follow}`, find("#actions"));
  drawSwitch();
  player.addEventListener("headwater-danmaku", drawSwitch);
}

function drawSwitch(): void {
  render(html`<button class="switch" role="switch" aria-checked=${String(player.danmaku)} @click=${() => player.toggleDanmaku()}><i></i>${t("danmaku-switch")}</button>`, find("#timed"));
}

/** The water above the bar: how many comments belong to each slice of what can be reached. */
function drawHeat(): void {
  const { seekable } = player.video;
  const now = player.programmeTime;
  if (!seekable.length || now === undefined) return;
  const to = now + (seekable.end(seekable.length - 1) - player.video.currentTime) * 1000;
  const whole = (seekable.end(seekable.length - 1) - seekable.start(0)) * 1000;
  if (whole < 10_000) return;
  const slices = new Array<number>(60).fill(0);
  for (const line of room.lines) {
    if (line.kind !== "comment" || line.removed) continue;
    const at = 1 - (to - Date.parse(line.comment.pdt_at ?? line.comment.sent_at)) / whole;
    if (at < 0 || at >= 1) continue;
    const slice = Math.floor(at * 60);
    slices[slice] = (slices[slice] ?? 0) + 1;
  }
  player.heat = slices;
}

async function share(): Promise<void> {
  const { say } = await import("./elements/toast.ts");
  await navigator.clipboard.writeText(location.href).catch(() => undefined);
  say({ text: t("share-copied") });
}

async function followed(event: Event): Promise<void> {
  const button = event.currentTarget as HTMLButtonElement;
  const { say } = await import("./elements/toast.ts");
  try {
    await call(`/v1/channels/${channel.id}/followers/me`, { method: "PUT", token: await session.token() });
    button.classList.remove("filled");
    button.disabled = true;
    button.textContent = t("following");
  } catch {
    say({ text: t("follow-needs-account") });
  }
}

const phone = () => matchMedia("(max-width: 899px)").matches;

function drawTabs(): void {
  const counted: [Tab, string, string] = ["about", t("tab-viewers"), compact(locale, room.counters.viewers)];
  const shown: [Tab, string, string][] = [["comments", t("tab-comments"), ""], ["gifts", t("tab-gifts"), ""]];
  shown.push(room.countersKnown && !phone() ? counted : ["about", t("tab-about"), ""]);
  if (phone()) shown.push(["next", t("tab-next"), ""]);
  render(
    html`<div class="tabs" role="tablist" aria-label=${t("tabs-label")} @keydown=${moveTab}>${shown.map(([id, label, count]) => html`<button role="tab" id=${`tab-${id}`} aria-selected=${String(id === tab)} tabindex=${id === tab ? 0 : -1} @click=${() => void show(id)}>${label}${count ? html` <span class="count number">${count}</span>` : nothing}</button>`)}</div>`,
    find("#tabs"),
  );
}

function moveTab(event: KeyboardEvent): void {
  const tabs = [...(event.currentTarget as HTMLElement).querySelectorAll<HTMLElement>("[role=tab]")];
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const next = tabs[(tabs.indexOf(event.target as HTMLElement) + step + tabs.length) % tabs.length];
  next?.click();
  next?.focus();
}

async function show(id: Tab): Promise<void> {
  tab = id;
  document.body.dataset.tab = id;
  drawTabs();
  const panel = find<HTMLElement>("#panel");
  comments.hidden = id !== "comments";
  panel.hidden = id !== "gifts" && id !== "about";
  if (id === "gifts") {
    await drawRanks();
  } else if (id === "about") {
    render(about(), panel);
  }
}

let followsGifts = false;
async function drawRanks(): Promise<void> {
  const { follow, leaderboard } = await import("./elements/leaderboard.ts");
  if (!followsGifts) follow(room, drawRanks, () => tab === "gifts");
  followsGifts = true;
  await leaderboard(find<HTMLElement>("#panel"), channel);
}

function about(): unknown {
  const { counters } = room;
  return html`<h2 dir="auto">${channel.title}</h2><p class="hint">${t("about-by", { creator: shell.creator })}</p>
    <p class="wide-row"><span>${t("about-viewers")}</span><b class="number">${grouped(locale, counters.viewers)}</b></p>
    <p class="wide-row"><span>${t("about-address")}</span><a class="link" href=${player.facts.address ?? ""}>index.m3u8</a></p>`;
}

// Phones have one field for both kinds and the gifts in a sheet.
function drawPhoneBar(): void {
  const foot = find("#write");
  const bar = document.createElement("div");
  bar.className = "phone-bar";
  foot.append(bar);
  render(html`<headwater-composer both kind="danmaku" .room=${room} .player=${player}></headwater-composer>
    <button class="gift-open" popovertarget="sheet" aria-label=${t("gifts-title")}>${icon("gift")}</button>
    <div id="sheet" popover @toggle=${(event: ToggleEvent) => event.newState === "open" && openSheet(event.currentTarget as HTMLElement)}></div>`, bar);
}

function openSheet(sheet: HTMLElement): void {
  if (sheet.childElementCount > 0) return;
  render(html`<headwater-gifts layout="sheet" .room=${room} .player=${player}></headwater-gifts>`, sheet);
}

async function drawChannels(): Promise<void> {
  const feed = await get<Feed>("/v1/feeds/live?limit=8").catch(() => undefined);
  const cards: Card[] = feed?.data ?? [];
  render(html`${cards.map(({ channel: other }) => html`<a href=${`/watch/${other.slug}`} aria-label=${other.title} title=${other.title}><span class="on-air">${avatar(other.id, 30)}</span></a>`)}`, find("#channels"));
}

function keys(): void {
  onKey("/", () => (phone() ? find<Composer>(".phone-bar headwater-composer") : chat).focusField());
  onKey("g", () => {
    if (phone()) find<HTMLElement>("#sheet").togglePopover();
    else row.shadowRoot?.querySelector("button")?.focus();
  });
  document.addEventListener("headwater-theatre", () => document.body.classList.toggle("theatre"));
}

startPlayer();
void startRoom().then(drawPhoneBar);
signalsAs(() => session.token());
top(session);
drawHead();
drawTabs();
keys();
matchMedia("(max-width: 899px)").addEventListener("change", drawTabs);
void import("./elements/feed.ts");
void drawChannels();
setInterval(() => !document.hidden && drawHeat(), 3000);
