// A drawn still for channels that have none: hills, water and a sky from the hash of the id.
import { html, svg, type TemplateResult } from "lit";
import { chance, hash } from "../core/hash.ts";

export function still(id: string): TemplateResult {
  const random = chance(hash(`still-${id}`));
  const hue = Math.floor(random() * 360);
  const warm = 10 + Math.floor(random() * 40);
  const tone = (lightness: number, shift = 0, saturation = 40) => `hsl(${(hue + shift) % 360} ${saturation}% ${lightness}%)`;
  const hill = (base: number, rise: number) => {
    let path = `M0 180 L0 ${base}`;
    for (let x = 0; x <= 320; x += 40) {
      const y = base - random() * rise;
      path += ` Q ${x + 20} ${(y - rise * 0.4).toFixed(0)} ${x + 40} ${y.toFixed(0)}`;
    }
    return `${path} L360 180 Z`;
  };
  const bend = 120 + random() * 80;
  const name = `s${hash(id).toString(36)}`;
  return html`<svg class="drawn" viewBox="0 0 320 180" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
    <defs><linearGradient id=${name} x1="0" y1="0" x2="0" y2="1">${svg`<stop offset="0" stop-color=${tone(16, 20, 50)}></stop><stop offset="0.55" stop-color=${tone(48, 60, 34)}></stop><stop offset="0.8" stop-color=${`hsl(${warm} 82% 70%)`}></stop>`}</linearGradient></defs>
    <rect width="320" height="180" fill=${`url(#${name})`}></rect>
    <circle cx=${(110 + random() * 120).toFixed(0)} cy="104" r="13" fill=${`hsl(${warm} 95% 82%)`}></circle>
    ${svg`<path d=${hill(104, 44)} fill=${tone(34, 30, 26)}></path><path d=${hill(122, 34)} fill=${tone(22, 14, 30)}></path><path d=${hill(142, 22)} fill=${tone(10, 0, 36)}></path>
    <path d=${`M${bend} 138 C ${bend - 40} 150, ${bend + 50} 158, ${bend - 30} 180 L ${bend + 30} 180 C ${bend + 80} 160, ${bend - 6} 152, ${bend + 6} 138 Z`} fill=${`hsl(${warm} 60% 66%)`} opacity="0.8"></path>`}
  </svg>`;
}
