import assert from "node:assert/strict";
import { test } from "node:test";
import { Place, position } from "../app/core/events.ts";
import { SseParser } from "../app/core/sse.ts";
import { forAll } from "./chance.ts";

const parse = (text: string) => new SseParser().push(text);
const event = (id: string, data: string, name = "message") => ({ id, event: name, data });

const cases: [string, string, ReturnType<typeof event>[]][] = [
  ["one event", "id: a-1\ndata: x\n\n", [event("a-1", "x")]],
  ["a named event", "event: stream.hello\ndata: {}\n\n", [event("", "{}", "stream.hello")]],
  ["several data lines", "data: a\ndata: b\n\n", [event("", "a\nb")]],
  ["CR and CRLF", "data: a\r\rdata: b\r\n\r\n", [event("", "a"), event("", "b")]],
  ["comments are no events", ": still here\n\ndata: a\n\n", [event("", "a")]],
  ["no data, no event", "id: a-1\n\ndata: b\n\n", [event("a-1", "b")]],
  ["only one space is dropped", "data:  a\n\n", [event("", " a")]],
  ["a byte order mark", "\ufeffdata: a\n\n", [event("", "a")]],
  ["an unfinished event waits", "data: a\n", []],
  ["a field without a colon", "data\n\n", [event("", "")]],
];

for (const [name, text, events] of cases) {
  test(`the parser reads ${name}`, () => assert.deepEqual(parse(text), events));
}

test("cuts anywhere change nothing", () => {
  const text = "retry: 3000\nid: k-1\nevent: x\ndata: ä\r\n\r\nid: k-2\ndata: 中文\ndata: b\n\n: ping\n\nid: k-3\ndata: c\n\n";
  const whole = parse(text);
  forAll(300, (random) => {
    const parser = new SseParser();
    const events = [];
    for (let from = 0; from < text.length; ) {
      const to = Math.min(text.length, from + random.whole(1, 9));
      events.push(...parser.push(text.slice(from, to)));
      from = to;
    }
    assert.deepEqual(events, whole);
    assert.equal(parser.retry, 3000);
  });
});

const deleted = (seq: number) => ({ type: "comment.deleted", seq, comment_id: "c", by: "author" }) as const;

test("a place drops what was seen and takes what is new", () => {
  const place = new Place("k-5");
  assert.equal(place.take("k-5", deleted(5)), false);
  assert.equal(place.take("k-4", deleted(4)), false);
  assert.equal(place.take("k-7", deleted(7)), true);
  assert.equal(place.last, "k-7");
});

test("counters carry the id of what came before them and are taken all the same", () => {
  const place = new Place("k-5");
  assert.equal(place.take("k-5", { type: "room.counters", viewers: 1, likes: 0, sampled_1_in: 1 }), true);
  assert.equal(place.last, "k-5");
});

test("a new epoch begins anew", () => {
  const place = new Place("old-900");
  place.take("new-3", { type: "stream.reset", reason: "epoch_changed" });
  assert.equal(place.take("new-4", deleted(4)), true);
});

test("a position is an epoch and a place", () => {
  assert.deepEqual(position("k7f3q2ab-18240"), { epoch: "k7f3q2ab", seq: 18_240 });
  assert.equal(position("nonsense"), undefined);
});
