// The part timeline: one cell a part, late above and warm, on time below and cool.
import { html, svg, type TemplateResult } from "lit";
import { compact, decimal, grouped } from "../core/format.ts";
import { locale, t } from "../core/text.ts";
import { spark } from "../elements/chart.ts";
import { rate, span } from "./figures.ts";
import { CELLS, cells, type Grade, type OnAir } from "./model.ts";

const WIDTH = 8;
const ROW = 16;
/** Where the cells of a row stand. */
const BASE = 14;
/** How high a cell of each grade is. */
const HEIGHT: Record<Grade, number> = { q0: 4, q1: 6, q2: 8, q3: 10, q4: 11, q5: 13, gap: 11 };
const LEGEND: [Grade, string][] = [["q0", "legend-on-time"], ["q1", "legend-50"], ["q2", "legend-100"], ["q3", "legend-200"], ["q4", "legend-part"], ["q5", "legend-late"], ["gap", "legend-gap"]];

export function legend(): TemplateResult {
  return html`<ul class="legend" aria-label=${t("legend-label")}>${LEGEND.map(([grade, words]) => html`<li><i class=${grade}></i>${t(words)}</li>`)}</ul>`;
}

const lane = (height: number | null) => (height ? `${height}p` : t("lane-sound"));

function lanes({ renditions, part_ms, late_p95_ms }: OnAir): TemplateResult {
  const rows = renditions.map(({ parts }) => cells(parts, part_ms));
  const all = rows.flat();
  const count = (...wanted: Grade[]) => all.filter((grade) => grade && wanted.includes(grade)).length;
  const label = t("lanes-label", { parts: all.filter(Boolean).length, late: count("q5"), gaps: count("gap"), p95: span(locale, late_p95_ms ?? 0) });
  const cell = (grade: Grade | undefined, column: number, row: number) => {
    const height = grade ? HEIGHT[grade] : 4;
    return svg`<rect class=${grade ?? "none"} x=${column * WIDTH + 0.5} y=${row * ROW + BASE - height} width=${WIDTH - 1} height=${height} rx="1.5"></rect>`;
  };
  return html`<div class="lanes"><div class="names" aria-hidden="true">${renditions.map(({ height }) => html`<span>${lane(height)}</span>`)}</div>
    <svg class="cells" viewBox="0 0 ${CELLS * WIDTH} ${Math.max(1, rows.length) * ROW}" preserveAspectRatio="none" role="img" aria-label=${label}><defs><pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="2" height="4"></rect></pattern></defs>${rows.map((row, index) => row.map((grade, column) => cell(grade, column, index)))}</svg></div>`;
}

function lateness(row: OnAir): TemplateResult {
  if (row.state === "interrupted") return html`<p class="figure bad"><b>–</b><small>${t("row-missing")}</small></p>`;
  const late = row.late_p95_ms ?? 0;
  return html`<p class="figure ${late >= row.part_ms ? "bad" : late >= 100 ? "warn" : ""}"><b>${span(locale, late)}</b><small>p95</small></p>`;
}

/** One broadcast; `title` is what its channel is called. */
export function row(air: OnAir, title: string): TemplateResult {
  const now = air.requests.at(-1) ?? 0;
  const late = (air.late_p95_ms ?? 0) >= air.part_ms;
  const tone = air.state === "interrupted" ? "bad" : late ? "warn" : "good";
  const facts = air.state === "interrupted"
    ? t("row-lost")
    : t("row-facts", { encoder: air.encoder ?? "RTMP", rate: rate(locale, air.bitrate_bps), viewers: compact(locale, air.viewers) });
  return html`<li class="row"><div class="who"><i class="dot ${tone}" role="img" aria-label=${t(tone === "bad" ? "tone-lost" : tone === "warn" ? "tone-late" : "tone-good")}></i>
      <div class="names"><a class="line" dir="auto" href=${`/watch/${air.channel_slug}`}>${title}</a><small class="line">${facts}</small></div></div>
    ${lanes(air)}${lateness(air)}
    <p class="figure"><b>${grouped(locale, air.waiters)}</b><small>${t("row-waiters")}</small></p>
    <div class="asked ${tone}">${spark({ values: air.requests, label: t("row-requests-label", { now: grouped(locale, now) }) })}<small>${t("row-requests", { now: decimal(locale, now, 0) })}</small></div></li>`;
}
