// Small charts of our own: the water's curve, the last value as a point, the trend as text.
import { html, svg, type TemplateResult } from "lit";
import { curve } from "./curve.ts";

export interface Spark {
  values: readonly number[];
  label: string;
  least?: number;
  most?: number;
}

export function spark({ values, label, least, most }: Spark): TemplateResult {
  const low = least ?? Math.min(...values, 0);
  const high = most ?? Math.max(...values, low + 1);
  const path = curve(values, 96, 24, { least: low, most: high });
  const last = values.at(-1);
  const y = last === undefined ? 24 : 24 - ((last - low) / (high - low || 1)) * 24;
  return html`<svg class="spark" viewBox="0 0 100 30" role="img" aria-label=${label} preserveAspectRatio="none"><g transform="translate(1 3)">
    ${svg`<path class="fill" d=${`${path} L 96 27 L 0 27 Z`}></path><path class="edge" d=${path}></path>${last === undefined ? "" : svg`<circle cx="96" cy=${y.toFixed(1)} r="2"></circle>`}`}</g></svg>`;
}

export const sparkCss = `
.spark { inline-size: 5rem; block-size: 1.875rem; overflow: visible; }
.spark .fill { fill: color-mix(in srgb, var(--tone, var(--hw-accent)) 22%, transparent); }
.spark .edge { fill: none; stroke: var(--tone, var(--hw-accent)); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
.spark circle { fill: var(--tone, var(--hw-accent)); }
`;

/** Two series over the same time: a line and, below it, a filled one. */
export function twoSeries(line: readonly number[], area: readonly number[], label: string): TemplateResult {
  const most = Math.max(...line, 1);
  const high = Math.max(...area, 1) * 2.2;
  const above = curve(line, 700, 100, { least: 0, most: most * 1.05 });
  const below = curve(area, 700, 100, { least: 0, most: high });
  return html`<svg class="two" viewBox="0 0 700 104" preserveAspectRatio="none" role="img" aria-label=${label}>
    ${[25, 50, 75].map((y) => svg`<path class="rule" d=${`M0 ${y} H700`}></path>`)}
    ${svg`<path class="area" d=${`${below} L 700 104 L 0 104 Z`}></path><path class="edge" d=${above}></path>`}</svg>`;
}
