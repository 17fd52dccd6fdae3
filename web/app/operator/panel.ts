// The side of the board: stores, waiters, requests, the machine, and what happened.
import { html, nothing, svg, type TemplateResult } from "lit";
import { vars } from "../core/element.ts";
import { grouped, percent, timeOfDay } from "../core/format.ts";
import { coded, locale, t } from "../core/text.ts";
import { curve } from "../elements/curve.ts";
import { bytes, span } from "./figures.ts";
import type { Happening, Second } from "./model.ts";

const ROWS_SHOWN = 12;

/** A curve over the last minute, as wide as the panel; its last value stands beside it as text. */
function area(values: readonly number[], label: string, tone: string): TemplateResult {
  const path = curve(values, 300, 44, { least: 0, most: Math.max(...values, 1) * 1.1 });
  return html`<svg class="area ${tone}" viewBox="0 0 300 48" preserveAspectRatio="none" role="img" aria-label=${label}>${svg`<path class="fill" d=${`${path} L 300 48 L 0 48 Z`}></path><path class="edge" d=${path}></path>`}</svg>`;
}

function meter(name: string, used: number, most: number, tone = ""): TemplateResult {
  const share = most > 0 ? Math.min(1, used / most) : 0;
  return html`<div class="meter ${tone}" role="meter" aria-label=${name} aria-valuemin="0" aria-valuemax="100" aria-valuenow=${Math.round(share * 100)}><i ${vars({ "--share": `${(share * 100).toFixed(1)}%` })}></i></div>`;
}

const head = (name: string, value: unknown, tone = "") => html`<h3><span>${name}</span><span class="value ${tone}">${value}</span></h3>`;
const of = (used: number, most: number) => html`<b>${bytes(locale, used)}</b> ${t("of-most", { most: bytes(locale, most) })}`;

function stores({ gauges: { cache, spool, store }, history, alarms }: Second): TemplateResult {
  const has = (...codes: string[]) => alarms.some(({ code }) => codes.includes(code));
  const [word, tone] = has("store_down") ? ["store-down", "bad"] : has("disk_full") ? ["store-full", "bad"] : has("store_slow", "disk_low") ? ["store-slow", "warn"] : ["store-good", "good"];
  const reads = cache.hits + cache.loads;
  const filling = spool.bytes * 2 >= spool.bytes_max ? "bad" : "";
  const grows = spool.full_in_ms === null ? t("spool-steady") : t("spool-full-in", { time: span(locale, spool.full_in_ms) });
  return html`<section><h2>${t("stores-title")}<span class="chip ${tone}">${t(word as string)}</span></h2>
    ${head(t("cache-title"), of(cache.bytes, cache.bytes_max))}${meter(t("cache-title"), cache.bytes, cache.bytes_max)}
    <p class="hint">${t("cache-facts", { hit: reads ? percent(locale, cache.hits / reads) : "–", ring: bytes(locale, cache.ring_bytes), loads: grouped(locale, cache.loads) })}</p>
    ${head(t("spool-title"), of(spool.bytes, spool.bytes_max), filling)}${meter(t("spool-title"), spool.bytes, spool.bytes_max, filling)}
    <p class="hint">${grows} · ${t("spool-facts", { objects: grouped(locale, spool.objects), lost: grouped(locale, spool.lost) })}</p>
    ${head(t("put-title"), store.p95_ms === null ? "–" : html`<b>${span(locale, store.p95_ms)}</b> p95`, tone === "good" ? "" : tone)}
    ${area(history.put_p95_ms, t("put-label", { p95: span(locale, store.p95_ms ?? 0) }), tone === "good" ? "" : (tone as string))}
    <p class="hint">${t("put-facts", { puts: grouped(locale, store.puts), failures: grouped(locale, store.failures) })}</p></section>`;
}

function waiters({ gauges, history, alarms }: Second): TemplateResult {
  const { now, held_avg_ms, held_max_ms, timed_out } = gauges.waiters;
  const high = alarms.some(({ code }) => code === "waiters_high");
  return html`<section>${head(t("waiters-title"), html`<b>${grouped(locale, now)}</b> ${t("waiters-now")}`, high ? "warn" : "")}
    ${area(history.waiters, t("waiters-label", { now: grouped(locale, now) }), high ? "warn" : "")}
    <p class="hint">${t("waiters-facts", { average: held_avg_ms === null ? "–" : span(locale, held_avg_ms), most: span(locale, held_max_ms), late: grouped(locale, timed_out) })}</p></section>`;
}

const rowOf = (up: number | null) => (up === null ? t("age-older") : t("age-up-to", { time: span(locale, up * 1000) }));

/** One column a second, one row an age; the more requests, the brighter. */
function ages({ history }: Second): TemplateResult {
  const rows = history.ages;
  const most = Math.max(1, ...rows.flatMap(({ requests }) => requests));
  const shade = (value: number) => (value === 0 ? 0 : 1 + Math.min(3, Math.floor((Math.log1p(value) / Math.log1p(most)) * 3.99)));
  const said = rows.map(({ up_to_s, requests }) => `${rowOf(up_to_s)} ${grouped(locale, requests.at(-1) ?? 0)}`).join(", ");
  return html`<section><h2>${t("ages-title")}<small class="hint">${t("ages-span")}</small></h2>
    <svg class="ages" viewBox="0 0 300 ${rows.length * 12}" preserveAspectRatio="none" role="img" aria-label=${t("ages-label", { rows: said })}>${rows.map(({ requests }, row) =>
      [...Array<number>(60 - requests.length).fill(0), ...requests].map((value, column) => svg`<rect class=${`h${shade(value)}`} x=${column * 5 + 0.3} y=${row * 12 + 0.5} width="4.4" height="11" rx="1"></rect>`))}</svg>
    <p class="hint">${t("ages-facts")}</p></section>`;
}

function requests({ gauges }: Second): TemplateResult {
  const columns: ("given" | "unchanged" | "refused" | "failed")[] = ["given", "unchanged", "refused", "failed"];
  return html`<section><h2>${t("requests-title")}<small class="hint">${t("requests-span")}</small></h2>
    <table><thead><tr><th scope="col">${t("requests-kind")}</th>${columns.map((column) => html`<th scope="col">${t(`outcome-${column}`)}</th>`)}</tr></thead>
    <tbody>${gauges.requests.map((line) => html`<tr><th scope="row">${coded("kind", line.kind, "kind-unknown")}</th>${columns.map((column) => html`<td class=${line[column] === 0 ? "zero" : column === "failed" ? "bad" : ""}>${grouped(locale, line[column])}</td>`)}</tr>`)}</tbody></table></section>`;
}

function machine({ gauges: { machine, connections } }: Second): TemplateResult {
  const tile = (name: string, value: string, used: number, most: number, tone = "") => html`<div><p><span>${name}</span><b>${value}</b></p>${most > 0 ? meter(name, used, most, tone) : nothing}</div>`;
  const { cores, busy_permille: busy, memory_used_bytes: memory, memory_bytes, resident_bytes, disk_free_bytes: free, disk_bytes } = machine;
  const shown = (value: number | null, write: (value: number) => string) => (value === null ? "–" : write(value));
  return html`<section><h2 class="unseen-text">${t("machine-title")}</h2><div class="tiles">
    ${tile(t("machine-cpu", { cores }), shown(busy, (value) => percent(locale, value / 1000)), busy ?? 0, 1000, (busy ?? 0) > 900 ? "bad" : "")}
    ${tile(t("machine-memory"), shown(memory, (value) => bytes(locale, value)), memory ?? 0, memory_bytes ?? 0)}
    ${tile(t("machine-disk"), shown(free, (value) => bytes(locale, value)), (disk_bytes ?? 0) - (free ?? 0), disk_bytes ?? 0)}
    ${tile(t("machine-connections"), grouped(locale, connections), 0, 0)}
    ${tile(t("machine-process"), shown(resident_bytes, (value) => bytes(locale, value)), resident_bytes ?? 0, memory_bytes ?? 0)}</div></section>`;
}

function said({ what, code }: Happening, name: string): string {
  if (what === "ingest") return coded("happened", code, "happened-other", { name, code });
  return t(what === "raised" ? "happened-raised" : "happened-cleared", { name, alarm: coded("alarm-name", code, "alarm-name-other", { code }) });
}

function happened(lines: Happening[], name: (channel?: string) => string): TemplateResult {
  const tone = ({ what, severity, code }: Happening) =>
    what === "cleared" || code === "accepted" || code === "resumed" ? "good" : what === "raised" ? (severity === "bad" ? "bad" : "warn") : code === "ended" ? "" : "warn";
  return html`<section><h2>${t("happened-title")}</h2>${lines.length === 0 ? html`<p class="hint">${t("happened-nothing")}</p>` : nothing}
    <ol class="happened">${lines.slice(-ROWS_SHOWN).reverse().map((line) => html`<li><time class="number" datetime=${line.at}>${timeOfDay(locale, Date.parse(line.at))}</time><i class="dot ${tone(line)}"></i><span dir="auto">${said(line, name(line.channel_id))}</span></li>`)}</ol></section>`;
}

export function panel(second: Second, name: (channel?: string) => string): TemplateResult {
  return html`<aside class="panel" aria-label=${t("panel-label")}>${stores(second)}${waiters(second)}${ages(second)}${machine(second)}${happened(second.happened, name)}${requests(second)}
    <p class="hint same">${t("same-numbers")} <a class="mono" href="/metrics">/metrics</a></p></aside>`;
}
