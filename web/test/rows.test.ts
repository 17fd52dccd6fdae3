import assert from "node:assert/strict";
import { test } from "node:test";
import { aloft, collide, type Flight, left, Rows, type Sky } from "../app/danmaku/rows.ts";
import { forAll, type Random } from "./chance.ts";

const sky: Sky = { width: 1280, rows: 6, travel: 8000, gap: 24, most: 60 };

function flights(random: Random, count: number, own = 0): Flight[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `f${index}`,
    at: random.whole(0, 20_000),
    width: random.whole(20, 900),
    rank: random.whole(1, 4),
    own: random() < own,
  })).sort((a, b) => a.at - b.at);
}

function fill(list: Flight[], on: Sky = sky): Rows {
  const rows = new Rows(on);
  for (const flight of list) rows.place(flight);
  return rows;
}

test("two of one row never come closer than the gap, at any time", () => {
  forAll(200, (random) => {
    const { placed } = fill(flights(random, 120, 0.05));
    for (let now = 0; now < 28_000; now += 400) {
      const up = placed.filter((flight) => aloft(sky, flight, now));
      for (const one of up) {
        for (const other of up) {
          if (one === other || one.row !== other.row) continue;
          const [a, b] = [left(sky, one, now), left(sky, other, now)];
          const apart = a < b ? b - (a + one.width) : a - (b + other.width);
          assert.ok(apart >= sky.gap - 0.001, `${one.id} and ${other.id} are ${apart} apart at ${now}`);
        }
      }
    }
  });
});

test("the same input gives the same rows", () => {
  forAll(50, (random) => {
    const list = flights(random, 80, 0.1);
    assert.deepEqual(fill(list).placed, fill(list).placed);
  });
});

test("own ones are always shown while fewer of them than rows fly", () => {
  forAll(200, (random) => {
    const rows = fill(flights(random, 200));
    const own = { id: "own", at: random.whole(0, 20_000), width: random.whole(20, 900), rank: 1, own: true };
    assert.ok(rows.place(own));
    assert.ok(rows.placed.some(({ id }) => id === "own"));
  });
});

test("no more than the set number fly at once", () => {
  forAll(100, (random) => {
    const small = { ...sky, most: 10, rows: 30 };
    const { placed } = fill(flights(random, 200), small);
    for (let now = 0; now < 28_000; now += 500) {
      assert.ok(placed.filter((flight) => aloft(small, flight, now)).length <= 10);
    }
  });
});

test("a higher rank pushes the lowest one out of a full sky", () => {
  const rows = new Rows({ ...sky, most: 1 });
  rows.place({ id: "viewer", at: 0, width: 100, rank: 1, own: false });
  assert.equal(rows.place({ id: "another", at: 100, width: 100, rank: 1, own: false }), undefined);
  assert.ok(rows.place({ id: "creator", at: 200, width: 100, rank: 4, own: false }));
  assert.deepEqual(rows.placed.map(({ id }) => id), ["creator"]);
});

test("one enters at the right edge and leaves at the left one", () => {
  const flight = { id: "a", at: 1000, width: 200, rank: 1, own: false };
  assert.equal(left(sky, flight, 1000), sky.width);
  assert.equal(left(sky, flight, 1000 + sky.travel), -200);
  assert.ok(!aloft(sky, flight, 999) && !aloft(sky, flight, 1000 + sky.travel));
});

test("a fast long one waits until it cannot catch a slow short one", () => {
  const slow = { id: "slow", at: 0, width: 40, rank: 1, own: false };
  assert.ok(collide(sky, slow, { id: "fast", at: 600, width: 900, rank: 1, own: false }));
  assert.ok(!collide(sky, slow, { id: "late", at: 4000, width: 900, rank: 1, own: false }));
});

test("a removed one gives its row back", () => {
  const rows = new Rows({ ...sky, rows: 1 });
  const one = { id: "one", at: 0, width: 100, rank: 1, own: false };
  rows.place(one);
  assert.equal(rows.place({ ...one, id: "two" }), undefined);
  rows.remove("one");
  assert.ok(rows.place({ ...one, id: "two" }));
});
