// The moderator's console: a queue, one item, its author; every deed by key and by button.
import { html, nothing, type TemplateResult } from "lit";
import { ApiError } from "../core/api.ts";
import { avatar, define, Element, icon, styles } from "../core/element.ts";
import { clock, grouped } from "../core/format.ts";
import { signIn } from "../core/owner.ts";
import { recall } from "../core/store.ts";
import { locale, t } from "../core/text.ts";
import { menuItems } from "../core/top.ts";
import { say, takeBack } from "../elements/toast.ts";
import { elsewhere } from "../player/keys.ts";
import { Desk } from "./desk.ts";
import "./item.ts";
import type { Detail, Item, Judgement } from "./model.ts";
import type { QueueElement } from "./queue.ts";
import "./queue.ts";
import css from "./console.css";

/** Lengths of a timeout, by the keys 1 to 5. */
export const TIMEOUTS = [60, 600, 3600, 86_400, 604_800];

type Deed = "approve" | "delete" | "timeout" | "ban" | "warn" | "hold";

export class Moderation extends Element {
  static override styles = styles(css);
  static override properties = {
    state: { reflect: true },
    selected: { state: true },
    detail: { state: true },
    filter: { state: true },
    policy: { state: true },
    note: { state: true },
    asking: { state: true },
    same: { state: true },
    alarm: { state: true },
    ticked: { state: true },
  };
  declare state: "loading" | "signed-out" | "ready" | "error";
  declare selected: string | undefined;
  declare detail: Detail | undefined;
  declare filter: string;
  declare policy: string | undefined;
  declare note: string;
  /** `timeout` waits for a length, `note` for words. */
  declare asking: "" | "timeout" | "note";
  declare same: boolean;
  declare alarm: string;
  declare ticked: Set<string>;

  desk: Desk | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  #busy = false;

  constructor() {
    super();
    this.state = "loading";
    this.filter = "";
    this.note = "";
    this.asking = "";
    this.same = false;
    this.alarm = "";
    this.ticked = new Set();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("keydown", this.#key);
    addEventListener("pagehide", this.#leave);
    this.addEventListener("headwater-pick", (event) => void this.#pick((event as CustomEvent<{ id: string }>).detail.id));
    this.addEventListener("headwater-decision", (event) => void this.#deed((event as CustomEvent<{ deed: Deed; seconds?: number }>).detail));
    this.addEventListener("headwater-policy", (event) => (this.policy = (event as CustomEvent<{ id: string }>).detail.id));
    this.#timer = setInterval(() => this.requestUpdate(), 1000);
    void this.#open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("keydown", this.#key);
    removeEventListener("pagehide", this.#leave);
    clearInterval(this.#timer);
    this.desk?.stop();
  }

  #leave = (): void => this.desk?.stop();

  async #open(): Promise<void> {
    try {
      const me = await signIn();
      if (!me) {
        this.state = "signed-out";
        return;
      }
      this.desk = new Desk(me);
      this.follow(this.desk, ["change"], () => this.#changed());
      this.follow(this.desk, ["lost"], ((event: CustomEvent<string>) => (this.alarm = event.detail)) as unknown as () => void);
      await this.desk.start();
      this.state = "ready";
      this.#changed();
    } catch (error) {
      this.state = "error";
      this.alarm = error instanceof ApiError ? t("error-other", { title: error.problem.title }) : t("error-offline");
    }
  }

  get #list(): Item[] {
    return this.shadowRoot?.querySelector<QueueElement>("headwater-queue")?.shown ?? this.desk?.items ?? [];
  }

  #changed(): void {
    const { desk } = this;
    if (!desk) return;
    if (this.selected && !desk.items.some(({ id }) => id === this.selected)) {
      this.selected = undefined;
      this.detail = undefined;
    }
    if (!this.selected && this.state === "ready") {
      const first = this.#list.find((item) => !desk.taken(item));
      if (first) void this.#pick(first.id);
    }
    this.requestUpdate();
  }

  async #pick(id: string): Promise<void> {
    const item = this.desk?.items.find((entry) => entry.id === id);
    if (!item || !this.desk || this.selected === id) return;
    this.selected = id;
    this.detail = undefined;
    this.asking = "";
    this.note = "";
    this.same = false;
    const known = this.desk.policies.find(({ key }) => item.reason_codes.includes(key));
    this.policy = (known ?? this.desk.policies[0])?.id;
    try {
      const [detail] = await Promise.all([this.desk.detail(id), this.desk.claim(item).catch(() => undefined)]);
      if (this.selected === id) this.detail = detail;
    } catch {
      this.alarm = t("error-offline");
    }
  }

  #move(by: number): void {
    const list = this.#list.filter((item) => !this.desk?.taken(item));
    const index = list.findIndex(({ id }) => id === this.selected);
    const next = list[Math.min(list.length - 1, Math.max(0, index + by))];
    if (next) void this.#pick(next.id);
  }

  async #deed({ deed, seconds }: { deed: Deed; seconds?: number }): Promise<void> {
    const { desk } = this;
    const item = desk?.items.find(({ id }) => id === this.selected);
    if (!desk || !item || this.#busy) return;
    if (deed === "timeout" && seconds === undefined) {
      this.asking = "timeout";
      return;
    }
    const judgement = this.#judgement(deed, seconds, item);
    const list = this.#list.filter((entry) => !desk.taken(entry));
    const next = list[list.findIndex(({ id }) => id === item.id) + 1] ?? list[list.findIndex(({ id }) => id === item.id) - 1];
    this.#busy = true;
    try {
      const policies = this.policy ? [this.policy] : [];
      const others = [...this.ticked].map((id) => desk.items.find((entry) => entry.id === id)).filter((entry): entry is Item => !!entry && entry.id !== item.id);
      const done = [await desk.decide(item, judgement, policies, this.note, this.same)];
      for (const other of others) done.push(await desk.decide(other, judgement, policies, this.note, false));
      const count = done.reduce((sum, { ids }) => sum + ids.length, 0);
      this.ticked = new Set();
      this.alarm = "";
      say({ text: count > 1 ? t("mod-did-many", { deed: judgement.said, count }) : judgement.said, undo: () => void this.#undo(done.map(({ undo }) => undo)) });
      if (next && desk.items.some(({ id }) => id === next.id)) await this.#pick(next.id);
    } catch (error) {
      await this.#refused(error, item);
    } finally {
      this.#busy = false;
      this.asking = "";
    }
  }

  #judgement(deed: Deed, seconds: number | undefined, item: Item): Judgement {
    const name = item.author?.display_name ?? "";
    switch (deed) {
      case "approve":
        return { outcome: "approve", actions: [], said: t("mod-did-approve", { name }) };
      case "delete":
        return { outcome: "remove", actions: [], said: t("mod-did-delete", { name }) };
      case "timeout":
        return { outcome: "remove", actions: [{ kind: "timeout", seconds: seconds ?? 600 }], said: t("mod-did-timeout", { name, time: clock((seconds ?? 600) * 1000) }) };
      case "ban":
        return { outcome: "remove", actions: [{ kind: "ban", remove_comments: true }], said: t("mod-did-ban", { name }) };
      case "warn":
        return { outcome: "remove", actions: [{ kind: "warn" }], said: t("mod-did-warn", { name }) };
      case "hold":
        return { outcome: "escalate", actions: [], said: t("mod-did-hold", { name }) };
    }
  }

  async #refused(error: unknown, item: Item): Promise<void> {
    if (!(error instanceof ApiError)) {
      this.alarm = t("error-offline");
      return;
    }
    if (error.code === "lease_lost" || error.code === "already_decided") {
      await this.desk?.refresh(true);
      this.alarm = t(error.code === "lease_lost" ? "mod-lease-lost" : "mod-already-decided");
    } else if (error.code === "policy_required") {
      this.alarm = t("mod-policy-required");
    } else {
      this.alarm = t("error-other", { title: error.problem.title });
    }
    if (this.selected === item.id) this.requestUpdate();
  }

  async #undo(undos: (() => Promise<void>)[]): Promise<void> {
    try {
      for (const undo of undos) await undo();
      say({ text: t("mod-undone") });
    } catch {
      this.alarm = t("mod-undo-failed");
    }
  }

  async #shield(): Promise<void> {
    const room = this.detail?.room_id;
    if (!room) return;
    try {
      const on = await this.desk?.shield(room);
      say({ text: t(on ? "mod-shield-on" : "mod-shield-off") });
    } catch (error) {
      this.alarm = error instanceof ApiError ? t("error-other", { title: error.problem.title }) : t("error-offline");
    }
  }

  #key = (event: KeyboardEvent): void => {
    if (event.key === "Escape") {
      this.asking = "";
      return;
    }
    if (elsewhere(event) || this.state !== "ready" || !recall("letter-keys", true)) return;
    if (event.shiftKey && event.key === "X") {
      event.preventDefault();
      this.same = !this.same;
      return;
    }
    if (/^[1-5]$/.test(event.key)) {
      event.preventDefault();
      const index = Number(event.key) - 1;
      if (this.asking === "timeout") void this.#deed({ deed: "timeout", seconds: TIMEOUTS[index] ?? 600 });
      else if (this.desk?.policies[index]) this.policy = this.desk.policies[index]?.id;
      return;
    }
    const deeds: Record<string, () => void> = {
      j: () => this.#move(1),
      k: () => this.#move(-1),
      ".": () => this.desk?.showFresh(),
      a: () => void this.#deed({ deed: "approve" }),
      d: () => void this.#deed({ deed: "delete" }),
      t: () => void this.#deed({ deed: "timeout" }),
      b: () => void this.#deed({ deed: "ban" }),
      w: () => void this.#deed({ deed: "warn" }),
      h: () => void this.#deed({ deed: "hold" }),
      u: () => void takeBack(),
      x: () => this.#tick(),
      n: () => (this.asking = "note"),
      s: () => void this.#shield(),
      "/": () => this.shadowRoot?.querySelector<HTMLInputElement>(".filter input")?.focus(),
      "?": () => this.shadowRoot?.querySelector<HTMLDialogElement>("dialog")?.showModal(),
    };
    const deed = deeds[event.key];
    if (!deed) return;
    event.preventDefault();
    deed();
  };

  #tick(): void {
    if (!this.selected) return;
    const ticked = new Set(this.ticked);
    if (!ticked.delete(this.selected)) ticked.add(this.selected);
    this.ticked = ticked;
  }

  override render(): TemplateResult {
    if (this.state !== "ready") return html`<div class="page plain">${this.#bar()}${this.#sorry()}</div>`;
    const { desk } = this;
    const claim = this.selected ? desk?.claims.get(this.selected) : undefined;
    return html`<div class="page">${this.#bar()}
      <headwater-queue role="region" aria-label=${t("mod-queue")} .desk=${desk} .selected=${this.selected} .filter=${this.filter} .ticked=${this.ticked}></headwater-queue>
      <main id="main"><h1 class="unseen-text">${t("moderation-title")}</h1>
        ${this.alarm ? html`<p class="alarm" role="alert">${icon("warn")} <span>${this.alarm}</span><button class="round" aria-label=${t("close")} @click=${() => (this.alarm = "")}>${icon("close", "small")}</button></p>` : nothing}
        ${this.detail ? html`<headwater-item .detail=${this.detail} .claim=${claim} .policies=${desk?.policies ?? []} .policy=${this.policy} .asking=${this.asking} .same=${this.same} .note=${this.note}
          @headwater-note=${(event: CustomEvent<string>) => (this.note = event.detail)} @headwater-same=${() => (this.same = !this.same)} @headwater-asked=${() => (this.asking = "")}></headwater-item>` : html`<p class="nothing">${this.#list.length ? "" : t("mod-clear-text")}</p>`}</main>
      <headwater-author .detail=${this.detail}></headwater-author>
      ${this.#keys()}</div>${this.#help()}`;
  }

  #sorry(): TemplateResult {
    if (this.state === "loading") return html`<main id="main"><h1 class="unseen-text">${t("moderation-title")}</h1></main>`;
    const signedOut = this.state === "signed-out";
    return html`<main id="main" class="sorry"><h1>${t(signedOut ? "mod-signed-out-title" : "error-title")}</h1><p>${signedOut ? t("mod-signed-out-text") : this.alarm}</p>
      ${signedOut ? nothing : html`<button class="button filled" @click=${() => void this.#open()}>${t("error-again")}</button>`}</main>`;
  }

  #bar(): TemplateResult {
    const { desk } = this;
    const waiting = desk?.queues.reduce((sum, { open, claimed }) => sum + open + claimed, 0) ?? 0;
    const oldest = (desk?.queues ?? []).map(({ oldest_at }) => oldest_at).filter((at): at is string => !!at).sort()[0];
    const figure = (name: string, value: string, tone = "") => html`<span class="figure"><small>${name}</small><b class="number ${tone}">${value}</b></span>`;
    return html`<header class="top"><a class="brand" href="/">${icon("mark", "mark")}<b>Headwater</b><span>${t("moderation-title")}</span></a>
      ${this.state === "ready" ? html`<label class="filter">${icon("search", "small")}<input type="search" placeholder=${t("mod-filter")} aria-label=${t("mod-filter")} .value=${this.filter} @input=${(event: InputEvent) => (this.filter = (event.target as HTMLInputElement).value)}><kbd>/</kbd></label>
        <span class="grow"></span>${figure(t("mod-waiting"), grouped(locale, Math.max(waiting, desk?.items.length ?? 0)))}${oldest ? figure(t("mod-oldest"), clock(Date.now() - Date.parse(oldest)), "warn") : nothing}${figure(t("mod-you"), grouped(locale, desk?.decided ?? 0))}
        <button class="button outline" @click=${() => void this.#shield()}>${icon("shield", "small")} ${t("mod-shield")} <kbd>S</kbd></button>` : html`<span class="grow"></span>`}
      <button class="face" popovertarget="mod-menu" aria-label=${t("menu-label")}>${avatar(desk?.me.id ?? "guest", 32)}</button><div id="mod-menu" class="menu" popover>${menuItems()}</div></header>`;
  }

  #keys(): TemplateResult {
    const keys: [string, string][] = [["J K", t("key-move")], ["A", t("mod-approve")], ["D", t("mod-delete")], ["T 1–5", t("mod-timeout")], ["X", t("key-select")], ["N", t("key-note")], ["U", t("undo")], ["?", t("key-all")]];
    return html`<footer class="keys">${keys.map(([key, words]) => html`<span>${key.split(" ").map((one) => html`<kbd>${one}</kbd>`)} ${words}</span>`)}<span class="grow"></span>
      <span class=${this.desk?.connected ? "good" : "warn"}><i class="dot"></i> ${t(this.desk?.connected ? "mod-connected" : "mod-connecting")}</span></footer>`;
  }

  #help(): TemplateResult {
    const keys: [string, string][] = [["J K", t("key-move")], [".", t("key-new-items")], ["A", t("mod-approve")], ["D", t("mod-delete")], ["T 1–5", t("key-timeouts")], ["B", t("mod-ban")], ["W", t("mod-warn")], ["H", t("mod-hold")], ["1–4", t("mod-policy")], ["N", t("key-note")], ["U", t("key-undo")], ["X", t("key-select")], ["Shift X", t("key-same")], ["S", t("mod-shield")], ["/", t("mod-filter")]];
    return html`<dialog aria-labelledby="keys-title"><h2 id="keys-title">${t("key-all")}</h2><dl>${keys.map(([key, words]) => html`<div><dt>${key.split(" ").map((one) => html`<kbd>${one}</kbd> `)}</dt><dd>${words}</dd></div>`)}</dl><form method="dialog"><button class="button">${t("close")}</button></form></dialog>`;
  }
}

define("headwater-moderation", Moderation);
