// Where to go: the parts of the site, then the channels that are on the air.
import { html, type TemplateResult } from "lit";
import { get } from "../core/api.ts";
import { avatar, define, Element, icon, styles } from "../core/element.ts";
import { compact } from "../core/format.ts";
import type { Card, Feed } from "../core/model.ts";
import { locale, t } from "../core/text.ts";

const css = `
:host { padding: 10px; }
a { display: flex; align-items: center; gap: 12px; min-block-size: 38px; padding: 0 12px; border-radius: 8px; color: var(--hw-text-2); text-decoration: none; font-weight: 500; }
a:hover { background: var(--hw-hover); color: var(--hw-text); }
a[aria-current="page"] { background: var(--hw-accent-soft); color: var(--hw-accent); font-weight: 600; }
h2 { font: 600 var(--hw-small) var(--hw-font); color: var(--hw-text-2); margin: 14px 0 6px; padding: 14px 10px 0; border-block-start: 1px solid var(--hw-line); }
.channel { padding: 0 6px; min-block-size: 46px; gap: 8px; }
.channel span.names { display: grid; min-inline-size: 0; flex: 1; color: var(--hw-text); }
.channel small { color: var(--hw-text-3); font: 400 var(--hw-small) var(--hw-font); }
.count { display: inline-flex; align-items: center; gap: 5px; color: var(--hw-live); font: 600 var(--hw-small) var(--hw-font); }
.dot { inline-size: 6px; block-size: 6px; }
`;

export class Nav extends Element {
  static override styles = styles(css);
  static override properties = { cards: { state: true } };
  declare cards: Card[];

  constructor() {
    super();
    this.cards = [];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    void get<Feed>("/v1/feeds/live?limit=12").then(({ data }) => (this.cards = data)).catch(() => undefined);
  }

  override render(): TemplateResult {
    const here = new URL(location.href).searchParams;
    const part = here.has("live") ? "live" : here.has("recordings") ? "recordings" : "home";
    const link = (name: string, href: string, sign: string, words: string) => html`<a href=${href} aria-current=${part === name ? "page" : "false"}>${icon(sign)} ${words}</a>`;
    return html`${link("home", "/", "home", t("home-for-you"))}${link("live", "/?live", "live", t("nav-live"))}${link("recordings", "/?recordings", "film", t("nav-recordings"))}
      ${this.cards.length ? html`<h2>${t("nav-on-air", { count: this.cards.length })}</h2>` : ""}
      ${this.cards.map(({ channel, viewers }) => html`<a class="channel" href=${`/watch/${channel.slug}`}><span class="on-air">${avatar(channel.id, 28)}</span>
        <span class="names"><bdi class="line">${channel.display_name ?? channel.title}</bdi><small class="line">${channel.category ?? ""}</small></span>
        ${viewers === undefined ? "" : html`<span class="count number"><i class="dot"></i>${compact(locale, viewers)}</span>`}</a>`)}`;
  }
}

define("headwater-nav", Nav);
