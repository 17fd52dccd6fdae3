import assert from "node:assert/strict";
import { test } from "node:test";
import { ServerClock } from "../app/core/serverclock.ts";
import { forAll } from "./chance.ts";

test("no time is known before the first lesson", () => assert.equal(new ServerClock().now(5), undefined));

test("the clock is never ahead, and as near as the quickest lesson", () => {
  forAll(200, (random) => {
    const [clock, offset] = [new ServerClock(), random.whole(-50_000, 50_000)];
    const delays = Array.from({ length: 20 }, () => random.whole(1, 900));
    delays.forEach((delay, index) => clock.learn(index * 1000 + offset - delay, index * 1000));
    assert.equal(clock.now(100_000), 100_000 + offset - Math.min(...delays));
  });
});

test("a clock that was set anew is learnt anew", () => {
  const clock = new ServerClock();
  clock.learn(60_000, 0);
  clock.learn(0, 0);
  assert.equal(clock.now(1), 60_001);
  clock.learn(0, 0, true);
  assert.equal(clock.now(1), 1);
});
