import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes, rate, span } from "../app/operator/figures.ts";
import { CELLS, cells, grade } from "../app/operator/model.ts";

test("lateness has a grade for each colour", () => {
  const grades = [0, 1, 49, 50, 99, 100, 199, 200, 332, 333, 9000].map((late) => grade(late, 333));
  assert.deepEqual(grades, ["q0", "q1", "q1", "q2", "q2", "q3", "q3", "q4", "q4", "q5", "q5"]);
  assert.equal(grade(null, 333), "gap");
});

test("the newest parts stand at the end of the row", () => {
  const few = cells([{ msn: 4, part: 5, late_ms: [0, null] }, { msn: 5, part: 0, late_ms: [400] }], 333);
  assert.equal(few.length, CELLS);
  assert.deepEqual(few.slice(-4), [undefined, "q0", "gap", "q5"]);
  const many = cells([{ msn: 4, part: 0, late_ms: [...Array<number>(CELLS).fill(0), 70] }], 333);
  assert.deepEqual([many.length, many.at(0), many.at(-1)], [CELLS, "q0", "q2"]);
});

test("figures have the unit that fits", () => {
  assert.deepEqual([0, 999, 1000, 3_140_000_000, 412_000_000_000].map((value) => bytes("en", value)), ["0 B", "999 B", "1.0 kB", "3.1 GB", "412 GB"]);
  assert.equal(rate("en", 2_100_000_000), "2.1 Gbit/s");
  assert.deepEqual([38, 4200, 120_000, 2_460_000].map((value) => span("en", value)), ["38 ms", "4.2 s", "2 min", "41 min"]);
  assert.deepEqual([38, 4200, 2_460_000].map((value) => span("zh-CN", value)), ["38毫秒", "4.2 秒", "41分钟"]);
});
