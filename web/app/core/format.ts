// Numbers, times and spans as people of the page's language write them. No state but caches.

const numbers = new Map<string, Intl.NumberFormat>();

function number(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = locale + JSON.stringify(options);
  let format = numbers.get(key);
  if (!format) numbers.set(key, (format = new Intl.NumberFormat(locale, options)));
  return format;
}

/** 1240 → "1,240". */
export const grouped = (locale: string, value: number): string => number(locale, {}).format(value);

/** 48210 → "48K", "4.8万"; below ten thousand in full. */
export function compact(locale: string, value: number): string {
  if (value < 10_000) return grouped(locale, value);
  return number(locale, { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

/** 0.41 → "41%". */
export const percent = (locale: string, share: number): string => number(locale, { style: "percent" }).format(share);

/** 1.08 → "1.1"; from ten on without a decimal, unless `always`. */
export function decimal(locale: string, value: number, digits = 1, always = false): string {
  const fraction = Math.abs(value) >= 10 && !always ? 0 : digits;
  return number(locale, { minimumFractionDigits: fraction, maximumFractionDigits: fraction }).format(value);
}

/** Seconds behind live → "1.1 s", "1.1 秒". */
export function seconds(locale: string, value: number): string {
  const fraction = value < 10 ? 1 : 0;
  const shown = number(locale, { minimumFractionDigits: fraction, maximumFractionDigits: fraction }).format(value);
  return `${shown} ${locale.startsWith("zh") ? "秒" : "s"}`;
}

/** Milliseconds → "2:14:07", "3:20"; never negative. */
export function clock(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const [h, m, s] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Milliseconds → "2 hours, 1 minute, 18 seconds", for those who listen. */
export function spoken(locale: string, ms: number): string {
  const total = Math.max(0, Math.round(ms / 1000));
  const parts: [number, string][] = [
    [Math.floor(total / 3600), "hour"],
    [Math.floor(total / 60) % 60, "minute"],
    [total % 60, "second"],
  ];
  const said = parts
    .filter(([value], index) => value > 0 || (index === 2 && total === 0))
    .map(([value, unit]) => number(locale, { style: "unit", unit, unitDisplay: "long" }).format(value));
  return new Intl.ListFormat(locale, { type: "unit" }).format(said);
}

/** Time of day in the viewer's zone: "12:41:07". */
export function timeOfDay(locale: string, at: number, withSeconds = true): string {
  const options: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  if (withSeconds) options.second = "2-digit";
  return new Intl.DateTimeFormat(locale, options).format(at);
}

/** "14 June", "6月14日". */
export const day = (locale: string, at: number): string =>
  new Intl.DateTimeFormat(locale === "en" ? "en-GB" : locale, { day: "numeric", month: "long" }).format(at);

/** How long ago, in the largest fitting unit: "3 minutes ago". */
export function ago(locale: string, ms: number): string {
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const steps: [Intl.RelativeTimeFormatUnit, number][] = [["day", 86_400_000], ["hour", 3_600_000], ["minute", 60_000]];
  for (const [unit, size] of steps) if (ms >= size) return format.format(-Math.floor(ms / size), unit);
  return format.format(-Math.floor(ms / 1000), "second");
}

/** Graphemes of a text: what a reader counts. */
export function graphemes(text: string): string[] {
  if (!("Segmenter" in Intl)) return [...text];
  const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

/** At most `most` graphemes, the last an ellipsis when something was cut. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const parts = graphemes(text);
  return parts.length <= most ? text : `${parts.slice(0, most - 1).join("")}…`;
}
