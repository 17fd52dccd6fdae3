// How one line of a room looks: a comment, a gift, a note. Words of people are text nodes only.
import { html, nothing, type TemplateResult } from "lit";
import { art, icon, isolatedName, nameClass } from "./person.ts";
import { clock, compact, cut, grouped } from "../core/format.ts";
import type { Comment } from "../core/model.ts";
import type { Line } from "../core/room.ts";
import { locale, t } from "../core/text.ts";

const NAME_MAX = 24;

const badgeIcon: Record<string, string> = { creator: "crown", moderator: "badge-shield", subscriber: "drop", vip: "star", bot: "bot" };

export function badges(names: string[] | undefined): TemplateResult[] {
  return (names ?? []).filter((name) => badgeIcon[name]).map((name) => {
    const label = t(`badge-${name}`);
    return html`<span class="badge ${name}" role="img" aria-label=${label} title=${label}>${icon(badgeIcon[name] as string)}</span> `;
  });
}

export function author(comment: Pick<Comment, "author">): TemplateResult {
  const { display_name, badges: worn } = comment.author;
  const shown = cut(display_name, NAME_MAX);
  return html`${badges(worn)}<bdi class="name ${nameClass(comment.author)}" title=${shown === display_name ? nothing : display_name}>${shown}</bdi>`;
}

// "@name" at the start of a word is shown as a mention; what it says stays text.
function words(body: string): (TemplateResult | string)[] {
  return body.split(/(?<=^|\s)(@[\p{L}\p{N}_.-]{1,40})/u).map((part) => (part.startsWith("@") ? html`<span class="mention">${part}</span>` : part));
}

export interface LineOptions {
  me?: string | undefined;
  /** Shows the media time before the line, in a replay. */
  times?: boolean;
  later?: boolean;
  act?: (line: Line) => TemplateResult | typeof nothing;
}

export function line(entry: Line, options: LineOptions): TemplateResult {
  if (entry.kind === "gift") return gift(entry);
  if (entry.kind === "note") return html`<p class="note">${icon("info", "small")} ${t("comments-gap", { count: entry.dropped })}</p>`;
  const { comment } = entry;
  const time = options.times && comment.media_ms !== undefined ? html`<button class="when number" data-seek=${comment.media_ms}>${clock(comment.media_ms)}</button>` : nothing;
  if (entry.removed) {
    return html`<div class="row removed ${options.times ? "timed" : ""}" data-id=${entry.id}>${time}<span>${t(entry.removed === "moderation" ? "comment-removed-moderator" : "comment-removed-author")}</span></div>`;
  }
  const mine = entry.own || (options.me !== undefined && comment.author.id === options.me);
  const mention = !mine && options.me !== undefined && mentions(comment.body, options.me);
  const classes = ["row", mine ? "own" : "", mention ? "mentioned" : "", options.times ? "timed" : "", options.later ? "later" : ""];
  return html`<div class=${classes.join(" ")} data-id=${entry.id}>${time}<p>${author(comment)}
    <span class="body" dir="auto" lang=${comment.lang ?? nothing}>${words(comment.body)}</span>
    ${comment.kind === "question" ? html`<span class="tag">${t("comment-question")}</span>` : nothing}
    ${(comment.count ?? 1) > 1 ? html`<span class="times number" aria-label=${t("comment-times", { count: comment.count as number })}>×${comment.count}</span>` : nothing}
    ${entry.sending ? html`<span class="sending ${entry.sending}">${t(`comment-${entry.sending}`)}</span>` : nothing}</p>
    ${options.act?.(entry) ?? nothing}</div>`;
}

function mentions(body: string, me: string): boolean {
  return body.toLowerCase().includes(`@${me.toLowerCase()}`);
}

function gift(entry: Extract<Line, { kind: "gift" }>): TemplateResult {
  const { gift: sent, count, total } = entry;
  return html`<div class="gift-row" data-id=${entry.id}>${art(sent.sku)}
    <div><p><bdi class="name">${isolatedName(sent.sender)}</bdi> ${count > 1 ? html`<b class="times number">×${compact(locale, count)}</b>` : nothing}</p>
    <p class="what">${giftName(sent.sku)} · <b class="number">${t("coins", { count: total, shown: grouped(locale, total) })}</b></p>
    ${sent.message ? html`<p class="body" dir="auto">${sent.message}</p>` : nothing}</div></div>`;
}

/** The gift's name in the page's language; the catalogue's own word when we have none. */
export function giftName(sku: string, given?: string | Record<string, string>): string {
  const id = `gift-${sku.replace(/_/g, "-")}`;
  const ours = t(id);
  if (ours !== id) return ours;
  if (typeof given === "string") return given;
  return given?.[locale] ?? given?.en ?? sku.replace(/[_-]/g, " ");
}
