// What all elements share: the sheets, icons, a directive that sets custom properties without inline style.
import { css, LitElement, noChange, svg, html, unsafeCSS, type CSSResult, type TemplateResult } from "lit";
import { Directive, directive, type ElementPart } from "lit/directive.js";
import controls from "../../styles/controls.css";
import { chance, hash } from "./hash.ts";

export const sheet = (text: string): CSSResult => unsafeCSS(text);
const shared = sheet(controls);
const host = css`:host{display:block;font:400 var(--hw-body) var(--hw-font);color:var(--hw-text)}`;

/** Shared sheets first, then the element's own. */
export const styles = (own: string): CSSResult[] => [host, shared, sheet(own)];

/** Base of all our elements: reflects `state` and sends `headwater-*` events. */
export class Element extends LitElement {
  /** Sends an event that crosses shadow roots; its detail is plain data. */
  send(name: string, detail?: unknown): void {
    this.dispatchEvent(new CustomEvent(`headwater-${name}`, { detail, bubbles: true, composed: true }));
  }

  /** Renders again whenever `target` says one of these; ends with the element. */
  follow(target: EventTarget, names: string[], then: () => void = () => this.requestUpdate()): void {
    for (const name of names) {
      target.addEventListener(name, then);
      this.#leave.push(() => target.removeEventListener(name, then));
    }
  }

  #leave: (() => void)[] = [];

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const leave of this.#leave.splice(0)) leave();
  }
}

export function define(name: string, element: CustomElementConstructor): void {
  if (!customElements.get(name)) customElements.define(name, element);
}

class Vars extends Directive {
  render(_values: Record<string, string | number>): typeof noChange {
    return noChange;
  }
  override update(part: ElementPart, [values]: [Record<string, string | number>]): typeof noChange {
    const { style } = part.element as HTMLElement;
    for (const [name, value] of Object.entries(values)) style.setProperty(name, String(value));
    return noChange;
  }
}

/** Sets style properties through the object model, which the content policy allows. */
export const vars = directive(Vars);

export function icon(name: string, kind = ""): TemplateResult {
  return html`<svg class="icon ${kind}" aria-hidden="true"><use href=${`${SPRITE}#${name}`}></use></svg>`;
}

export function art(sku: string, kind = ""): TemplateResult {
  return html`<svg class="art ${kind}" aria-hidden="true"><use href=${`${ART}#${artOf(sku)}`}></use></svg>`;
}

const drawn = ["pebble", "leaf-boat", "river-lantern", "heron", "waterfall"];

/** The drawing of a gift; one that we did not draw is shown as coins. */
export function artOf(sku: string): string {
  const name = sku.replace(/_/g, "-");
  if (drawn.includes(name)) return name;
  return drawn.find((known) => name.includes(known.split("-").pop() as string)) ?? "coins";
}

/** Contour rings from a hash of the user id: a face for everyone, no request. */
export function avatar(id: string, size: number): TemplateResult {
  const random = chance(hash(id));
  const hue = Math.floor(random() * 360);
  const spin = (random() - 0.5) * 56;
  const ring = (index: number) => {
    const [cx, cy] = [20 + (random() - 0.5) * 3 * index, 20 + (random() - 0.5) * 3 * index];
    const r = 25 - index * 5;
    const tone = `hsl(${Math.round(hue + index * spin + 360) % 360} ${58 + index * 6}% ${30 + index * 8}%)`;
    const turn = Math.floor(random() * 180);
    return svg`<ellipse cx=${cx.toFixed(1)} cy=${cy.toFixed(1)} rx=${(r * (0.9 + random() * 0.35)).toFixed(1)} ry=${(r * (0.75 + random() * 0.3)).toFixed(1)} transform=${`rotate(${turn} 20 20)`} fill=${tone}></ellipse>`;
  };
  return html`<svg class="avatar" width=${size} height=${size} viewBox="0 0 40 40" aria-hidden="true">
    <rect width="40" height="40" fill=${`hsl(${hue} 60% 26%)`}></rect>${[0, 1, 2, 3, 4].map(ring)}
  </svg>`;
}
