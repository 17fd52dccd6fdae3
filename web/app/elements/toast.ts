// One toast at a time, in the top layer; a toast that can be taken back counts down and stops under the pointer.
import { html, nothing, type TemplateResult } from "lit";
import { define, Element, icon, styles } from "../core/element.ts";
import { t } from "../core/text.ts";

export interface Toast {
  text: string;
  undo?: () => void;
  ms?: number;
}

const css = `
:host { position: fixed; inset: auto; inset-block-end: 56px; inset-inline: 0; margin: 0 auto; inline-size: fit-content; max-inline-size: calc(100vw - 24px); border: 0; padding: 0; border-radius: 12px; background: var(--hw-text); color: var(--hw-bg); box-shadow: var(--hw-shadow); }
:host(:not(:popover-open)) { display: none; }
div { display: flex; align-items: center; gap: 12px; padding: 8px 14px; min-block-size: 2.75rem; font-weight: 600; }
button { display: inline-flex; gap: 8px; align-items: center; padding: 5px 10px; border-radius: 8px; border: 1px solid currentColor; color: inherit; }
kbd { background: color-mix(in srgb, var(--hw-bg) 20%, transparent); color: inherit; }
.left { font-weight: 400; font-variant-numeric: tabular-nums; }
`;

export class ToastElement extends Element {
  static override styles = styles(css);
  static override properties = { toast: { attribute: false } };
  declare toast: Toast | undefined;
  #left = 0;
  #timer: ReturnType<typeof setInterval> | undefined;
  #paused = false;

  override connectedCallback(): void {
    super.connectedCallback();
    this.popover = "manual";
    this.setAttribute("role", "status");
    this.addEventListener("pointerenter", () => (this.#paused = true));
    this.addEventListener("pointerleave", () => (this.#paused = false));
  }

  show(toast: Toast): void {
    this.toast = toast;
    this.#left = toast.ms ?? (toast.undo ? 10_000 : 4000);
    clearInterval(this.#timer);
    if (this.matches(":popover-open")) this.hidePopover();
    this.showPopover();
    this.#timer = setInterval(() => {
      if (!this.#paused) this.#left -= 250;
      if (this.#left <= 0) this.close();
      else this.requestUpdate();
    }, 250);
  }

  /** Takes the last deed back, if it still can be. */
  undo(): boolean {
    const act = this.toast?.undo;
    if (!act) return false;
    this.close();
    act();
    return true;
  }

  close(): void {
    clearInterval(this.#timer);
    this.toast = undefined;
    if (this.matches(":popover-open")) this.hidePopover();
  }

  override render(): TemplateResult | typeof nothing {
    const { toast } = this;
    if (!toast) return nothing;
    return html`<div>${icon(toast.undo ? "check" : "info")}<span>${toast.text}</span>
      ${toast.undo ? html`<button @click=${() => this.undo()}>${t("undo")} <kbd>U</kbd></button><span class="left">${t("seconds-left", { seconds: Math.ceil(this.#left / 1000) })}</span>` : nothing}</div>`;
  }
}

define("headwater-toast", ToastElement);

function element(): ToastElement {
  const known = document.querySelector<ToastElement>("headwater-toast");
  return known ?? document.body.appendChild(document.createElement("headwater-toast") as ToastElement);
}

export const say = (toast: Toast): void => element().show(toast);
export const takeBack = (): boolean => element().undo();
