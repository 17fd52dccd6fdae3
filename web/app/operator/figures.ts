// Bytes, rates and spans as operators read them.
import { decimal, grouped, seconds } from "../core/format.ts";

const STEPS = ["B", "kB", "MB", "GB", "TB", "PB"];
const RATES = ["bit/s", "kbit/s", "Mbit/s", "Gbit/s"];

function stepped(locale: string, value: number, steps: readonly string[]): string {
  let step = 0;
  let rest = value;
  while (rest >= 999.5 && step < steps.length - 1) {
    rest /= 1000;
    step += 1;
  }
  return `${step === 0 ? grouped(locale, Math.round(rest)) : decimal(locale, rest)} ${steps[step]}`;
}

/** 3100000000 → "3.1 GB". */
export const bytes = (locale: string, value: number): string => stepped(locale, value, STEPS);

/** 2100000000 → "2.1 Gbit/s". */
export const rate = (locale: string, value: number): string => stepped(locale, value, RATES);

/** 38 → "38 ms"; 4200 → "4.2 s"; 2460000 → "41 min"; in days from two days on. */
export function span(locale: string, ms: number): string {
  const unit = (value: number, name: string) =>
    new Intl.NumberFormat(locale, { style: "unit", unit: name, unitDisplay: "short", maximumFractionDigits: 0 }).format(Math.floor(value));
  if (ms < 1000) return unit(ms, "millisecond");
  if (ms < 60_000) return seconds(locale, ms / 1000);
  if (ms < 5_400_000) return unit(ms / 60_000, "minute");
  if (ms < 172_800_000) return unit(ms / 3_600_000, "hour");
  return unit(ms / 86_400_000, "day");
}
