// Where one writes: to the list or onto the picture. The draft is never lost; Enter of an input method never sends.
import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { ApiError, call, freshId, Offline } from "../core/api.ts";
import { define, Element, icon, styles } from "../core/element.ts";
import { graphemes, timeOfDay } from "../core/format.ts";
import type { Comment } from "../core/model.ts";
import type { Room } from "../core/room.ts";
import { keep, recall } from "../core/store.ts";
import { coded, locale, t } from "../core/text.ts";
import type { Player } from "../player/player.ts";
import css from "./composer.css";

const MOST = { chat: 500, danmaku: 80, question: 500 };
const UNSENT_RETRY_MS = 3000;

export class Composer extends Element {
  static override styles = styles(css);
  static override properties = {
    room: { attribute: false },
    player: { attribute: false },
    kind: { reflect: true },
    state: { reflect: true },
    disabled: { type: Boolean },
    both: { type: Boolean },
    draft: { state: true },
    said: { state: true },
  };
  declare room: Room | undefined;
  declare player: Player | undefined;
  declare kind: "chat" | "danmaku" | "question";
  declare state: "ready" | "sending" | "slow" | "held" | "refused";
  /** On phones one field serves both, with a switch. */
  declare both: boolean;
  declare draft: string;
  declare said: string;
  #until = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #composing = false;

  constructor() {
    super();
    this.kind = "chat";
    this.state = "ready";
    this.both = false;
    this.draft = "";
    this.said = "";
  }

  override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("room") || !this.room) return;
    this.follow(this.room, ["settings"]);
    this.follow(this.room.session, ["change"]);
    this.draft = recall(`draft-${this.kind}-${this.room.id}`, "");
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
  }

  /** Starts a reply: the name goes in front of what is already written. */
  reply(name: string): void {
    this.#write(`@${name.replace(/\s+/g, "_")} ${this.draft}`);
    this.focusField();
  }

  focusField(): void {
    this.shadowRoot?.querySelector("input")?.focus();
  }

  get #wait(): number {
    return Math.max(0, Math.ceil((this.#until - Date.now()) / 1000));
  }

  override render(): TemplateResult {
    const { kind } = this;
    const most = MOST[kind];
    const length = graphemes(this.draft).length;
    const name = this.room?.session.guest?.display_name;
    const placeholder = kind === "danmaku" ? t("composer-danmaku") : name ? t("composer-chat-as", { name }) : t("composer-chat");
    const wait = this.#wait;
    const slow = Math.ceil((this.room?.settings.slow_mode_ms ?? 0) / 1000);
    return html`<form class="box" @submit=${this.#submit}>
      ${kind === "danmaku" && !this.both ? html`<span class="mark">${icon("text", "small")}</span>` : nothing}
      <input type="text" autocomplete="off" enterkeyhint="send" maxlength=${most * 4} placeholder=${placeholder} aria-label=${placeholder} .value=${this.draft}
        @input=${(event: InputEvent) => this.#write((event.target as HTMLInputElement).value)}
        @compositionstart=${() => (this.#composing = true)} @compositionend=${() => (this.#composing = false)}
        @keydown=${this.#key}>
      ${(kind === "danmaku" && !this.both) || length > most * 0.8 ? html`<span class="count number ${length > most ? "over" : ""}">${length} / ${most}</span>` : nothing}
      ${this.both ? html`<button type="button" class="chip" aria-pressed=${String(kind === "danmaku")} @click=${() => (this.kind = kind === "danmaku" ? "chat" : "danmaku")}>${icon("danmaku", "small")} ${t("composer-danmaku-switch")}</button>` : nothing}
      ${kind === "danmaku" && !this.both
        ? html`<button class="button filled dense send" ?disabled=${wait > 0 || length > most}>${wait > 0 ? t("composer-wait", { seconds: wait }) : html`${t("composer-send")} <kbd>↵</kbd>`}</button>`
        : html`<button class="send icon-send" ?disabled=${wait > 0 || length > most} aria-label=${wait > 0 ? t("composer-wait", { seconds: wait }) : t("composer-send")}>${wait > 0 ? html`<span class="number">${wait}</span>` : icon("send", "small")}</button>`}
    </form>
    ${kind === "danmaku" && !this.said ? nothing : html`<p class="hint" role="status"><span>${this.said || (slow ? t("composer-slow", { seconds: slow }) : "")}</span>${this.both || kind === "danmaku" ? nothing : html`<span class="keys"><kbd>/</kbd> ${t("composer-key")}</span>`}</p>`}`;
  }

  #write(text: string): void {
    this.draft = text;
    if (this.said) this.said = "";
    if (this.room) keep(`draft-${this.kind}-${this.room.id}`, text);
  }

  // Enter that ends a composition belongs to the input method.
  #key = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.key === "Enter" && (event.isComposing || this.#composing || event.keyCode === 229)) event.preventDefault();
    if (event.key === "Escape") (event.target as HTMLElement).blur();
  };

  #submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (this.#composing || this.#wait > 0) return;
    const body = this.draft.trim();
    if (!body || graphemes(body).length > MOST[this.kind]) return;
    void this.#send(body, freshId());
  };

  async #send(body: string, clientId: string, again = false): Promise<void> {
    const { room, kind, player } = this;
    if (!room) return;
    this.state = "sending";
    if (!again) this.#write("");
    const pdt = player?.live ? player.programmeTime : undefined;
    const author = { id: room.session.guest?.user_id ?? "", display_name: room.session.guest?.display_name ?? "" };
    const own: Comment = { id: clientId, client_id: clientId, author, kind, body, sent_at: new Date().toISOString() };
    if (pdt !== undefined) own.pdt_at = new Date(pdt).toISOString();
    try {
      const token = await room.session.token();
      own.author = { id: room.session.guest?.user_id ?? "", display_name: room.session.guest?.display_name ?? "" };
      room.addOwn(own, "sending");
      const request: Record<string, unknown> = { body, kind, client_id: clientId };
      if (own.pdt_at) request.pdt_at = own.pdt_at;
      const { status, value } = await call<{ id: string; status: string; seq?: number }>(`/v1/rooms/${room.id}/comments`, { body: request, token });
      room.addOwn({ ...own, id: value.id }, status === 202 ? "held" : undefined);
      this.state = status === 202 ? "held" : "ready";
      this.said = status === 202 ? t("composer-held") : "";
      this.send("sent", { id: value.id, kind });
      if (room.settings.slow_mode_ms) this.#slow(room.settings.slow_mode_ms);
    } catch (error) {
      this.#failed(error, own, body, clientId);
    }
  }

  #failed(error: unknown, own: Comment, body: string, clientId: string): void {
    const { room } = this;
    if (error instanceof Offline) {
      // Kept and sent again with the same client id, so that it arrives once.
      room?.addOwn(own, "failed");
      this.said = t("composer-unsent");
      setTimeout(() => void this.#send(body, clientId, true), UNSENT_RETRY_MS);
      return;
    }
    room?.dropOwn(clientId);
    if (!this.draft) this.#write(body);
    this.state = "refused";
    if (!(error instanceof ApiError)) {
      this.said = t("composer-refused");
      return;
    }
    const { code, problem, retryAfterMs } = error;
    if (error.status === 429) this.#slow(retryAfterMs ?? 5000);
    const until = typeof problem.until === "string" ? timeOfDay(locale, Date.parse(problem.until), false) : "";
    this.said = coded("composer-refused", code, "composer-refused", { until });
  }

  #slow(ms: number): void {
    this.#until = Date.now() + ms;
    this.state = "slow";
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      if (this.#wait === 0) {
        clearInterval(this.#timer);
        this.state = "ready";
      }
      this.requestUpdate();
    }, 250);
  }
}

define("headwater-composer", Composer);
