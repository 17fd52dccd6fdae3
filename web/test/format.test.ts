import assert from "node:assert/strict";
import { test } from "node:test";
import { ago, clock, compact, cut, decimal, grouped, seconds, spoken } from "../app/core/format.ts";
import { curve, worn } from "../app/elements/curve.ts";

const check = (name: string, shown: string, wanted: string) => test(name, () => assert.equal(shown, wanted));

check("a short time", clock(200_000), "3:20");
check("a long time", clock(8_047_000), "2:14:07");
check("no time is negative", clock(-5), "0:00");
check("coins are grouped", grouped("en", 1240), "1,240");
check("small numbers are whole", compact("en", 3482), "3,482");
check("large numbers are short in English", compact("en", 48_210), "48.2K");
check("large numbers are short in Chinese", compact("zh-CN", 35_000), "3.5万");
check("latency has one decimal", seconds("en", 1.08), "1.1 s");
check("latency in Chinese", seconds("zh-CN", 1.08), "1.1 秒");
check("from ten seconds on no decimal", seconds("en", 12.4), "12 s");
check("a decimal", decimal("en", 8.34), "8.3");
check("a position is spoken in full", spoken("en", 7_278_000), "2 hours, 1 minute, 18 seconds");
check("zero is spoken", spoken("en", 0), "0 seconds");
check("how long ago", ago("en", 180_000), "3 minutes ago");
check("names are cut by graphemes", cut("👩‍👩‍👧‍👦".repeat(3), 2), "👩‍👩‍👧‍👦…");
check("short names stay", cut("Ngọc Ánh", 24), "Ngọc Ánh");
check("no values are a flat line", curve([], 10, 5), "M 0 5 L 10 5");
check("a curve goes through its values", curve([0, 1], 10, 5), "M 0.0 5.00 C 5.0 5.00 5.0 0.00 10.0 0.00");

test("worn edges keep level water level", () => assert.deepEqual(worn([2, 2, 2]), [2, 2, 2]));
test("worn edges spread a peak over its neighbours", () => {
  const [first, , peak] = worn([0, 0, 9, 0, 0]);
  assert.ok((first as number) > 0 && (peak as number) < 9);
});
